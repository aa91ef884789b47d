"""Tidy up holds and changes that ran out; their space has been free since the moment they did."""

from datetime import datetime

from django.db import transaction

from bookings import signals, states
from bookings.models import Booking
from bookings.operations import amend
from ferries import inventory

BATCH = 200


def expire_holds(*, now: datetime) -> int:
    """Move bookings whose hold is over to expired and release their claims; return how many.

    Changes of confirmed bookings that were not paid in time end too, and are counted with them.

    One transaction for each booking, which locks the booking (skipping locked ones, so any number
    of sweeps may run at once), then its claims. Sends booking_expired.
    """
    overdue = Booking.objects.filter(state__in=states.UNPAID, expires_at__lte=now)
    ids = overdue.order_by("expires_at", "pk").values_list("pk", flat=True)[:BATCH]
    expired = sum(_expire(booking_id, now) for booking_id in list(ids))
    return expired + amend.expire_amendments(now=now)


def end_hold(booking_id: int, *, now: datetime) -> bool:
    """End an unpaid hold before its time, as the sweep does after it; False if it is no hold.

    The demo shows by it what late money does. Locks and sends as `expire_holds` does.
    """
    unpaid = Booking.objects.filter(pk=booking_id, state__in=states.UNPAID, expires_at__gt=now)
    unpaid.update(expires_at=now)
    return bool(_expire(booking_id, now))


def _expire(booking_id: int, now: datetime) -> int:
    with transaction.atomic():
        overdue = Booking.objects.filter(
            pk=booking_id, state__in=states.UNPAID, expires_at__lte=now
        )
        booking = overdue.select_for_update(skip_locked=True).first()
        if booking is None:
            return 0
        inventory.release(booking.public_id, now=now)
        states.move(booking, Booking.State.EXPIRED, name="expired", actor="system", now=now)
        signals.booking_expired.send(sender=Booking, booking=booking)
    return 1
