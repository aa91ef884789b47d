"""The states of a booking: the table of allowed moves, and the one function that makes them."""

from datetime import datetime

from bookings.errors import WrongState
from bookings.models import Booking, BookingEvent
from maritime.lib import rows
from maritime.ops import counters

State = Booking.State

MOVES: dict[str, frozenset[str]] = {
    State.HELD: frozenset({State.PAYMENT_PENDING, State.PAID, State.EXPIRED, State.CANCELLED}),
    State.PAYMENT_PENDING: frozenset({State.PAID, State.EXPIRED, State.CANCELLED}),
    State.PAID: frozenset({State.CONFIRMED, State.CANCELLED, State.CANCELLED_BY_OPERATOR}),
    State.CONFIRMED: frozenset({State.CANCELLED, State.CANCELLED_BY_OPERATOR}),
    # Late money: the space is taken again, or the money goes back and the state stays.
    State.EXPIRED: frozenset({State.PAID}),
    State.CANCELLED: frozenset(),
    State.CANCELLED_BY_OPERATOR: frozenset(),
}
UNPAID = frozenset({State.HELD, State.PAYMENT_PENDING})


def begin(booking: Booking, *, actor: str, now: datetime) -> BookingEvent:
    """Return the event of a new booking that is held; the caller saves both."""
    counters.count("maritime_bookings", step="held")
    return BookingEvent(booking=booking, name="held", to_state=booking.state, actor=actor, at=now)


def move(
    booking: Booking, to: str, *, name: str, actor: str, now: datetime, reason: str = ""
) -> BookingEvent:
    """Move a locked booking to a state and append the event; raises WrongState.

    Saves `expires_at` and `paid` too, since they change together with the state only.
    """
    if to not in MOVES[booking.state]:
        raise WrongState(
            f"A booking that is {State(booking.state).label} cannot become {State(to).label}.",
            state=booking.state,
        )
    came_from, booking.state = booking.state, to
    booking.version += 1
    rows.update(booking, "state", "version", "expires_at", "paid")
    counters.count("maritime_bookings", step=name)
    event = BookingEvent(
        booking=booking,
        name=name,
        from_state=came_from,
        to_state=to,
        actor=actor,
        reason=reason,
        at=now,
    )
    rows.insert(event)
    return event


def note(
    booking: Booking, *, name: str, actor: str, now: datetime, reason: str = ""
) -> BookingEvent:
    """Append an event to a locked booking that stays in its state.

    Saves `total` too, since a change of a part changes the price.
    """
    booking.version += 1
    booking.save(update_fields=["version", "total", "updated_at"])
    return BookingEvent.objects.create(
        booking=booking,
        name=name,
        from_state=booking.state,
        to_state=booking.state,
        actor=actor,
        reason=reason,
        at=now,
    )
