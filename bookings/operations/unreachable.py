"""When an operator is not reached for long about a booking, a person takes over.

Jobs that ask operators are tried `ATTEMPTS` times, the last time 10 to 20 minutes after the first.
Nothing is given up silently: the job is a dead letter that can be retried, and the task names what
the operator has to be asked.
"""

from django.db import transaction
from django.urls import reverse

from bookings import queries
from bookings.models import JourneyLeg
from maritime.ops import staff
from maritime.ops.models import Job

ATTEMPTS = 8
KIND = "operator"
OperatorState = JourneyLeg.OperatorState
OPEN = {
    "confirm": frozenset({OperatorState.HELD}),
    "cancel": frozenset({OperatorState.HELD, OperatorState.CONFIRMED}),
}
ADVICE = {
    "confirm": (
        "The traveller has paid and waits. Ask the operator by the references above, then retry the "
        "job (dead letters): it asks by reference before it confirms, so nothing is confirmed "
        "twice. If the operator does not take the reservation, cancel the booking in full."
    ),
    "cancel": (
        "The booking or these legs are cancelled here, and the operator may still hold the places. "
        "Ask the operator by the references above, then retry the job (dead letters), or discard it "
        "when the operator has cancelled by hand."
    ),
}


def tell_staff(booking_id: int, *, job_id: int, purpose: str, error: Exception) -> None:
    """Open a task that names the booking and its open legs, if the job is given up.

    `purpose` is confirm or cancel.
    """
    if not Job.objects.filter(pk=job_id, state=Job.State.DEAD).exists():
        return
    booking = queries.booking_with_legs(booking_id)
    legs = [leg for leg in booking.legs.all() if _is_open(leg, purpose)]
    numbers = ", ".join(str(leg.position + 1) for leg in legs)
    with transaction.atomic():
        staff.open_task(
            _key(booking_id, purpose),
            kind=KIND,
            title=f"Booking {booking.reference}, leg {numbers}: no operator's word to {purpose}",
            detail="\n".join(
                [*map(_line, legs), f"Last error: {type(error).__name__}.", ADVICE[purpose]]
            ),
            path=reverse("admin:bookings_booking_change", args=[booking_id]),
        )


def settle(booking_id: int, *, purpose: str) -> None:
    """Close the task of a booking, since the operator has answered after all."""
    staff.close_task(_key(booking_id, purpose), by="system", note="the operator has answered")


def _is_open(leg: JourneyLeg, purpose: str) -> bool:
    return not leg.is_local and leg.operator_state in OPEN[purpose]


def _line(leg: JourneyLeg) -> str:
    return (
        f"{leg.reference}: {leg.operator.code}, {leg.origin} to {leg.destination}, departure "
        f"{leg.departs_at:%Y-%m-%d %H:%M} UTC, their reference {leg.operator_ref or 'unknown'}"
    )


def _key(booking_id: int, purpose: str) -> str:
    return f"operator:{purpose}:{booking_id}"
