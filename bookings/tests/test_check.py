from datetime import timedelta

import pytest

from bookings.errors import HoldExpired, WrongState
from bookings.operations.check import check_space
from bookings.tasks import check_ferry_availability
from bookings.tests.makers import confirmed, held
from ferries import inventory
from ferries.errors import NotBookable
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def codes(refused):
    return [refusal["code"] for refusal in refused.value.details["refusals"]]


def test_is_content_with_a_running_hold(now):
    booking = held(now=now)

    check_space(booking.pk, now=now)
    check_ferry_availability(booking.pk)


def test_says_that_the_time_is_over(now):
    booking = held(now=now)

    with pytest.raises(HoldExpired):
        check_space(booking.pk, now=now + timedelta(minutes=15))


def test_sees_a_cancelled_sailing(now):
    sailing = makers.sailing()
    booking = held(sailing, now=now)
    sailing.status = "cancelled"
    sailing.save()

    with pytest.raises(NotBookable) as refused:
        check_space(booking.pk, now=now)

    assert codes(refused) == ["cancelled"]


def test_sees_lost_claims(now):
    booking = held(now=now)
    inventory.release(booking.public_id, now=now)

    with pytest.raises(NotBookable) as refused:
        check_space(booking.pk, now=now)

    assert codes(refused) == ["space_lost"]


def test_has_nothing_to_say_about_a_confirmed_booking(now):
    booking = confirmed(now=now)

    with pytest.raises(WrongState):
        check_space(booking.pk, now=now)
