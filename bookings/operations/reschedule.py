"""What new times of a sailing mean for its bookings: their legs, tickets and calendar files."""

from datetime import datetime

from django.db import transaction

from bookings import queries, signals, states
from bookings.models import Booking, JourneyLeg
from ferries.models import Leg
from maritime.lib import clock

MOVED = "times_changed"
ENDED = (Booking.State.CANCELLED, Booking.State.CANCELLED_BY_OPERATOR, Booking.State.EXPIRED)


def record_new_times(sailing_id: int, *, now: datetime) -> int:
    """Write the times that a sailing has now into its bookings; return how many changed.

    One transaction for each booking, which locks it, appends an event and sends crossing_changed.
    Conditions count from the new departure. Running it again changes nothing.
    """
    times = {
        (leg.from_sequence, leg.to_sequence): (leg.departs_at, leg.arrives_at)
        for leg in Leg.objects.filter(sailing_id=sailing_id)
    }
    bookings = Booking.objects.filter(legs__sailing_id=sailing_id).exclude(state__in=ENDED)
    ids = list(bookings.order_by("pk").distinct().values_list("pk", flat=True))
    return sum(_record(booking_id, sailing_id, times, now) for booking_id in ids)


@transaction.atomic
def _record(
    booking_id: int,
    sailing_id: int,
    times: dict[tuple[int, int], tuple[datetime, datetime]],
    now: datetime,
) -> bool:
    booking = queries.booking_for_update(booking_id)
    if booking.state in ENDED:
        return False
    changes, words = [], []
    legs = JourneyLeg.objects.filter(booking=booking, sailing_id=sailing_id)
    for leg in legs.order_by("position"):
        departs_at, arrives_at = times.get(
            (leg.sectors.start, leg.sectors.stop), (leg.departs_at, leg.arrives_at)
        )
        if (leg.departs_at, leg.arrives_at) == (departs_at, arrives_at):
            continue
        changes.append({"leg": leg.pk, "what": "times", "before": leg.departs_at.isoformat()})
        words.append(f"{_clock(leg, leg.departs_at)} becomes {_clock(leg, departs_at)}")
        leg.departs_at, leg.arrives_at = departs_at, arrives_at
        leg.save(update_fields=["departs_at", "arrives_at"])
    if not changes:
        return False
    event = states.note(
        booking, name=MOVED, actor="timetable", reason="; ".join(words)[:200], now=now
    )
    signals.crossing_changed.send(sender=Booking, booking=booking, event=event, changes=changes)
    return True


def _clock(leg: JourneyLeg, moment: datetime) -> str:
    return f"{clock.local(moment, leg.origin_zone):%Y-%m-%d %H:%M}"
