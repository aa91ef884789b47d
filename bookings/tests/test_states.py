import itertools

import pytest

from bookings import states
from bookings.errors import WrongState
from bookings.models import Booking
from bookings.tests.makers import held

pytestmark = pytest.mark.django_db
State = Booking.State

ALLOWED = {
    ("held", "payment_pending"),
    ("held", "paid"),
    ("held", "expired"),
    ("held", "cancelled"),
    ("payment_pending", "paid"),
    ("payment_pending", "expired"),
    ("payment_pending", "cancelled"),
    ("paid", "confirmed"),
    ("paid", "cancelled"),
    ("paid", "cancelled_by_operator"),
    ("confirmed", "cancelled"),
    ("confirmed", "cancelled_by_operator"),
    ("expired", "paid"),
}


def test_allows_exactly_the_moves_of_the_table(now):
    booking = held(now=now)

    made = set()
    for come_from, to in itertools.product(State.values, State.values):
        booking.state = come_from
        try:
            states.move(booking, to, name="test", actor="system", now=now)
        except WrongState:
            assert booking.state == come_from
        else:
            assert booking.state == to
            made.add((come_from, to))

    assert made == ALLOWED
    assert booking.events.count() == 1 + len(ALLOWED)


def test_every_state_can_be_reached():
    reached = {"held"}.union(*states.MOVES.values())

    assert reached == set(State.values)


def test_writes_who_when_and_why_and_counts_the_version(now):
    booking = held(now=now)

    states.move(
        booking, State.CANCELLED, name="cancelled", actor="staff:7", reason="storm", now=now
    )

    event = booking.events.latest("pk")
    assert (event.name, event.from_state, event.to_state) == ("cancelled", "held", "cancelled")
    assert (event.actor, event.reason, event.at) == ("staff:7", "storm", now)
    booking.refresh_from_db()
    assert (booking.state, booking.version) == ("cancelled", 2)


def test_refused_move_writes_nothing(now):
    booking = held(now=now)

    with pytest.raises(WrongState, match="A booking that is held cannot become confirmed") as error:
        states.move(booking, State.CONFIRMED, name="confirmed", actor="system", now=now)

    assert error.value.details == {"state": "held"}
    booking.refresh_from_db()
    assert (booking.state, booking.version, booking.events.count()) == ("held", 1, 1)
