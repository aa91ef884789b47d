from datetime import timedelta

import pytest

from bookings.operations.confirm import begin_payment
from bookings.operations.expire import expire_holds
from bookings.tests.makers import confirmed, events, held, used
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def test_expires_what_is_over_and_nothing_else(now, heard):
    sailing = makers.sailing()
    over = held(sailing, now=now - timedelta(minutes=15))
    running = held(sailing, now=now - timedelta(minutes=14))
    firm = confirmed(sailing, now=now - timedelta(minutes=60))

    assert expire_holds(now=now) == 1

    for booking, state in ((over, "expired"), (running, "held"), (firm, "confirmed")):
        booking.refresh_from_db()
        assert booking.state == state
    assert used(sailing) == 2
    assert heard.expired == [over.reference]
    assert events(over)[-1] == ("held", "expired", "system")


def test_a_second_sweep_finds_nothing(now, heard):
    held(now=now - timedelta(minutes=15))
    expire_holds(now=now)

    assert expire_holds(now=now) == 0

    assert len(heard.expired) == 1


def test_an_unfinished_payment_expires_too(now, heard):
    booking = held(now=now - timedelta(minutes=20))
    begin_payment(booking.pk, now=now - timedelta(minutes=15))

    assert expire_holds(now=now) == 1

    assert heard.expired == [booking.reference]


def test_counts_as_expired_before_any_sweep(now):
    booking = held(now=now - timedelta(minutes=15))

    assert booking.state == "held"
    assert booking.state_at(now) == "expired"
    assert booking.state_at(now - timedelta(seconds=1)) == "held"
