"""What a change of ship means for bookings: their vehicles' sizes, disruptions, what they show."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bookings import queries, signals, states
from bookings.models import Booking, BookingEvent, Disruption, JourneyLeg, Vehicle
from ferries.models import CapacityClaim, Sailing
from ferries.operations.swap_facts import Claimed, Misfit, Sizes
from ferries.operations.swap_vessel import SwapPlan
from ferries.party import VehicleSize

ENDED = (Booking.State.CANCELLED, Booking.State.CANCELLED_BY_OPERATOR, Booking.State.EXPIRED)
CHANGED = "vessel_changed"


@dataclass(frozen=True)
class SwapLine:
    """One item of a booking under a swap, as staff read it; `note` says where it goes or why not."""

    reference: str
    contact: str
    item: str
    state: str
    fits: bool
    note: str


def sizes_of(holders: Collection[UUID]) -> Sizes:
    """Return the vehicles of bookings, by holder and item; changes under way are not among them."""
    vehicles = Vehicle.objects.filter(booking__public_id__in=holders).select_related("booking")
    return {
        (vehicle.booking.public_id, vehicle.item): VehicleSize(
            kind=vehicle.kind,
            length_cm=vehicle.length_cm,
            height_cm=vehicle.height_cm,
            trailer_length_cm=vehicle.trailer_length_cm,
            width_cm=vehicle.width_cm,
            weight_kg=vehicle.weight_kg,
            charges=vehicle.charges,
        )
        for vehicle in vehicles
    }


def describe(plan: SwapPlan) -> list[SwapLine]:
    """Return what does not fit, then what moves, with the bookings' names; one query."""
    outcome = plan.outcome
    shown = [
        *((bad.claimed, bad.refusal.message, False) for bad in outcome.misfits),
        *((fit.claimed, f"{fit.before} to {fit.after}", True) for fit in outcome.moves),
    ]
    bookings = Booking.objects.filter(public_id__in={claimed.holder for claimed, *_ in shown})
    known = {booking.public_id: booking for booking in bookings}
    return [
        _line(claimed, known.get(claimed.holder), note, fits=fits) for claimed, note, fits in shown
    ]


def open_disruptions(sailing: Sailing, plan: SwapPlan, *, now: datetime) -> int:
    """Open a disruption for each leg of which something does not fit; return how many.

    Inside the transaction of the swap. It locks no booking, which others lock before the claims
    that the swap has.
    """
    displaced = plan.displaced
    legs = JourneyLeg.objects.filter(sailing=sailing, booking__public_id__in=displaced)
    opened = Disruption.objects.bulk_create(
        Disruption(
            leg=leg,
            kind=Disruption.Kind.VESSEL_CHANGE,
            items=sorted({misfit.claimed.item for misfit in found}),
            reason=_sentences(found),
            created_at=now,
        )
        for leg in legs.select_related("booking").order_by("pk")
        if (found := _on(leg, displaced[leg.booking.public_id]))
    )
    return len(opened)


def record_vessel_change(sailing_id: int, *, version: int, actor: str, now: datetime) -> int:
    """Write the new ship and cabins into the bookings of a sailing; return how many changed.

    One transaction for each booking, which locks it, appends an event and sends crossing_changed.
    Running it again changes nothing; after a later swap (another `version`) this one has nothing left to say.
    """
    sailing = Sailing.objects.select_related("configuration__vessel").get(pk=sailing_id)
    if sailing.version != version or sailing.configuration is None:
        return 0
    bookings = Booking.objects.filter(legs__sailing=sailing).exclude(state__in=ENDED)
    ids = list(bookings.order_by("pk").distinct().values_list("pk", flat=True))
    return sum(_record(booking_id, sailing, actor, now) for booking_id in ids)


@transaction.atomic
def _record(booking_id: int, sailing: Sailing, actor: str, now: datetime) -> bool:
    booking = queries.booking_for_update(booking_id)
    mark = f"{sailing.service_date} v{sailing.version}: "
    told = BookingEvent.objects.filter(booking=booking, name=CHANGED, reason__startswith=mark)
    if booking.state in ENDED or told.exists():
        return False
    assert sailing.configuration is not None  # noqa: S101 - `record_vessel_change` has looked
    words, changes = [str(sailing.configuration)], []
    for leg in JourneyLeg.objects.filter(booking=booking, sailing=sailing).order_by("position"):
        changes.append({"leg": leg.pk, "what": "vessel", "before": leg.vessel})
        leg.vessel = sailing.configuration.vessel.name
        before, leg.accommodation = leg.accommodation, _accommodation(leg, booking.public_id)
        leg.save(update_fields=["vessel", "accommodation"])
        words += [
            f"{old} becomes {new}"
            for old, new in zip(before, leg.accommodation, strict=True)
            if old != new
        ]
        open_now = Disruption.objects.filter(leg=leg, resolved_at=None)
        words += [f"no place for {', '.join(each.items)}" for each in open_now.order_by("pk")]
    reason = (mark + "; ".join(words))[:200]
    event = states.note(booking, name=CHANGED, actor=actor, reason=reason, now=now)
    signals.crossing_changed.send(sender=Booking, booking=booking, event=event, changes=changes)
    return True


def _accommodation(leg: JourneyLeg, holder: UUID) -> list[str]:
    """Return the type of each unit as it is claimed now; what has no claim keeps its name."""
    claims = CapacityClaim.objects.filter(
        holder=holder,
        state__in=("held", "confirmed"),
        pool__sailing=leg.sailing_id,
        pool__sector__in=list(leg.sectors),
        pool__resource__startswith="acc:",
    )
    codes = {
        item: resource.removeprefix("acc:")
        for item, resource in claims.values_list("item", "pool__resource")
    }
    return [codes.get(f"a{index}", code) for index, code in enumerate(leg.accommodation)]


def _line(claimed: Claimed, booking: Booking | None, note: str, *, fits: bool) -> SwapLine:
    return SwapLine(
        reference=booking.reference if booking else "change under way",
        contact=f"{booking.contact_given_name} {booking.contact_surname}" if booking else "",
        item=claimed.item,
        state="confirmed" if claimed.confirmed else "held",
        fits=fits,
        note=note,
    )


def _on(leg: JourneyLeg, misfits: Iterable[Misfit]) -> list[Misfit]:
    sectors = set(leg.sectors)
    return [misfit for misfit in misfits if sectors.intersection(misfit.claimed.sectors)]


def _sentences(misfits: Iterable[Misfit]) -> str:
    items: dict[str, list[str]] = defaultdict(list)
    for misfit in misfits:
        items[misfit.refusal.message].append(misfit.claimed.item)
    return " ".join(f"{', '.join(names)}: {message}" for message, names in items.items())[:300]
