"""Look once more, live, before money moves."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from bookings import queries
from bookings.errors import HoldExpired, WrongState
from bookings.models import Booking, JourneyLeg
from ferries import refusals
from ferries.errors import NotBookable
from ferries.operators import calls
from ferries.operators.base import Refusal

CLAIMS = """
SELECT bool_or(state = 'held' AND expires_at > %s) AND NOT bool_or(state = 'released')
FROM ferries_capacityclaim WHERE holder = %s
"""


def space_lost() -> Refusal:
    """Say that the places of the booking are no longer held."""
    return Refusal("space_lost", _("Your places on this sailing are gone. Please book again."))


def check_space(booking_id: int, *, now: datetime) -> None:
    """Make sure that the booking's space is still held and its sailings still go.

    Our own legs are looked up in the database, remote ones at their operator (network, so never
    inside a transaction). Raises HoldExpired, WrongState, NotBookable, OperatorUnavailable.
    """
    check_space_of(queries.booking_with_legs(booking_id), now=now)


def check_space_of(booking: Booking, *, now: datetime) -> None:
    """Do as `check_space` for a booking that has been read with its legs."""
    if booking.state_at(now) == Booking.State.EXPIRED:
        raise HoldExpired
    if booking.state not in (Booking.State.HELD, Booking.State.PAYMENT_PENDING):
        raise WrongState(state=booking.state)
    legs = list(booking.legs.all())
    against = [refusal for leg in legs for refusal in _against(leg, now)]
    if any(leg.is_local for leg in legs) and not _claims_stand(booking, now):
        against.append(space_lost())
    if against:
        raise NotBookable([refusal.as_dict() for refusal in against])


def _against(leg: JourneyLeg, now: datetime) -> tuple[Refusal, ...]:
    if leg.sailing is None:
        state = calls.status(leg.operator, reference=leg.reference).state
        # A system that cannot be asked has promised to hold until our hold is over.
        return () if state in ("held", "untold") else (space_lost(),)
    return refusals.on_sale(
        status=leg.sailing.status,
        has_vessel=leg.sailing.configuration_id is not None,
        departs_at=leg.departs_at,
        # Who holds a place before the sale closes may still pay for it.
        closes_minutes=0,
        now=now,
    )


def _claims_stand(booking: Booking, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(CLAIMS, [now, booking.public_id])
        return bool(cursor.fetchone()[0])
