"""Involuntary cancellations: a code sets the conditions aside."""

import pytest

from bookings.errors import InvalidOverrule, NotCancellable
from bookings.operations.cancel import Overrule, cancel_in_full
from bookings.tests.cancel_worlds import Refunds, before, cancel, family, live_sum, pools, ships
from bookings.tests.makers import held

pytestmark = pytest.mark.django_db
OF_THE_OPERATOR = [Overrule.OPERATOR_CANCELLED, Overrule.DELAY]
OTHERS = [Overrule.STAFF_ERROR, Overrule.DEATH, Overrule.STRIKE]


def overrule(booking, code, *, now):
    with Refunds() as refunds:
        after = cancel_in_full(
            booking.pk, actor="staff:7", reason="see letter", now=now, overrule=code
        )
    return after, refunds.due


@pytest.mark.parametrize("code", Overrule.values)
def test_before_departure_everything_goes_back_whatever_the_bands_say(now, code):
    runs = ships()
    booking = family(*runs, now=now)

    after, due = overrule(booking, code, now=before(runs[0], 1))

    assert (after.state, after.total, due) == ("cancelled", 0, [17000])
    assert pools(*runs) == {}
    event = booking.events.latest("pk")
    assert event.reason == (f"{code}: see letter: crossing 1; crossing 2 (refund USD 170.00)")
    assert event.actor == "staff:7"


@pytest.mark.parametrize("code", OTHERS)
def test_of_a_journey_that_has_begun_the_unused_part_goes_back(now, code):
    runs = ships()
    booking = family(*runs, now=now)

    after, due = overrule(booking, code, now=runs[0].departs_at)

    assert (after.state, after.total, due) == ("confirmed", 8500, [8500])
    assert {number for number, _ in pools(*runs)} == {1}


@pytest.mark.parametrize("code", OF_THE_OPERATOR)
def test_when_the_operator_is_the_cause_the_used_part_goes_back_too(now, code):
    runs = ships()
    booking = family(*runs, now=now)

    after, due = overrule(booking, code, now=runs[0].departs_at)

    assert (after.state, after.total, due) == ("cancelled", 0, [17000])


@pytest.mark.parametrize(("code", "due", "left"), [("strike", 16000, 500), ("delay", 16500, 0)])
def test_a_charge_that_was_kept_before_goes_back_only_if_the_operator_is_the_cause(
    now, code, due, left
):
    runs = ships()
    booking = family(*runs, now=now)
    cancel(booking, "p1", legs=[1], now=before(runs[0], 2))

    after, found = overrule(booking, code, now=before(runs[0], 1))

    assert (after.state, found, after.total, live_sum(booking)) == ("cancelled", [due], left, left)


def test_after_the_last_departure_nothing_is_unused(now):
    runs = ships()
    booking = family(*runs, now=now)

    with pytest.raises(NotCancellable):
        overrule(booking, "death", now=runs[1].departs_at)

    assert live_sum(booking) == 17000


def test_an_unknown_code_overrules_nothing(now):
    booking = family(*ships(), now=now)

    with pytest.raises(InvalidOverrule):
        overrule(booking, "weather", now=now)

    assert live_sum(booking) == 17000


def test_of_an_unpaid_booking_nothing_goes_back(now):
    booking = held(now=now)

    after, due = overrule(booking, "strike", now=now)

    assert (after.state, after.total, due) == ("cancelled", 1000, [0])
