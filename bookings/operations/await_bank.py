"""Holds while a bank works on a payment: longer once, and short again when it said no."""

from datetime import datetime, timedelta

from django.db import connection

from bookings import queries, states
from bookings.models import Amendment, Booking, JourneyLeg
from ferries import inventory, offer_codes

FIRST_LEG = """
SELECT departs_at, check_in_minutes FROM bookings_journeyleg
WHERE booking_id = %s ORDER BY position LIMIT 1
"""
AWAITED, REFUSED = "bank_awaited", "bank_refused"
AMENDMENT_AWAITED, AMENDMENT_REFUSED = "amendment_bank_awaited", "amendment_bank_refused"


def hold_limit(booking: Booking) -> datetime | None:
    """Return the moment after which no unpaid place is held: check-in of the first crossing closes.

    Where an operator has no check-in, it is the departure. None for a booking without legs.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_LEG, [booking.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    first = JourneyLeg(departs_at=row[0], check_in_minutes=row[1])
    return first.check_in_closes_at or first.departs_at


def await_bank(booking_id: int, *, hold: timedelta, now: datetime) -> bool:
    """Keep the places of an unpaid booking, or of its outstanding change, while a bank is at work.

    Extends the hold once to now + `hold`, never beyond `hold_limit`; returns whether it did. In the
    caller's transaction: locks the booking, then its claims. A hold that is over stays over.
    """
    booking = queries.booking_for_update(booking_id)
    limit = hold_limit(booking)
    until = min(now + hold, limit) if limit else now + hold
    if booking.state_at(now) == Booking.State.PAYMENT_PENDING:
        return _await_booking(booking, until=until, now=now)
    amendment = queries.outstanding_amendment(booking, now=now)
    return amendment is not None and _await_amendment(booking, amendment, until=until, now=now)


def bank_refused(booking_id: int, *, hold: timedelta, now: datetime) -> None:
    """Take a hold that a bank was waited for back to now + `hold`, time for another try.

    In the caller's transaction: locks the booking, then its claims. Never makes a hold longer;
    nothing happens where `await_bank` did not extend it.
    """
    booking = queries.booking_for_update(booking_id)
    until = now + hold
    if booking.state_at(now) == Booking.State.PAYMENT_PENDING:
        if _is_longer(booking.expires_at, until) and _has(booking, AWAITED):
            _move_hold(booking, until)
            states.note(booking, name=REFUSED, actor="system", now=now)
        return
    amendment = queries.outstanding_amendment(booking, now=now)
    if amendment and _is_longer(amendment.expires_at, until) and _was_awaited(booking, amendment):
        _move_amendment(amendment, until)
        states.note(booking, name=AMENDMENT_REFUSED, actor="system", now=now)


def _await_booking(booking: Booking, *, until: datetime, now: datetime) -> bool:
    if not _is_longer(until, booking.expires_at) or _has(booking, AWAITED):
        return False
    _move_hold(booking, until)
    states.note(booking, name=AWAITED, actor="system", now=now)
    return True


def _await_amendment(
    booking: Booking, amendment: Amendment, *, until: datetime, now: datetime
) -> bool:
    if not _is_longer(until, amendment.expires_at) or _was_awaited(booking, amendment):
        return False
    _move_amendment(amendment, until)
    reason = _name(amendment)
    states.note(booking, name=AMENDMENT_AWAITED, actor="system", now=now, reason=reason)
    return True


def _move_hold(booking: Booking, until: datetime) -> None:
    booking.expires_at = until
    booking.save(update_fields=["expires_at", "updated_at"])
    inventory.extend(booking.public_id, expires_at=until)
    if booking.offer_code:
        offer_codes.extend(booking.public_id, expires_at=until)


def _move_amendment(amendment: Amendment, until: datetime) -> None:
    amendment.expires_at = until
    amendment.save(update_fields=["expires_at"])
    inventory.extend(amendment.holder, expires_at=until)


def _is_longer(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other


def _has(booking: Booking, name: str) -> bool:
    return booking.events.filter(name=name).exists()


def _was_awaited(booking: Booking, amendment: Amendment) -> bool:
    """Tell whether this change, not an earlier one, has had its extension."""
    return booking.events.filter(name=AMENDMENT_AWAITED, reason=_name(amendment)).exists()


def _name(amendment: Amendment) -> str:
    return f"change {amendment.pk}"
