"""Parts are cancelled as quoted, once, or answered with a new quote."""

from datetime import timedelta

import pytest

from bookings.errors import AlreadyCancelled, QuoteOutdated
from bookings.operations.cancel import Selection, cancel_booking, quote_cancellation
from bookings.operations.refunds import record_refund
from bookings.tests.cancel_worlds import (
    ALL_TICKETS,
    Refunds,
    agree,
    before,
    cancel,
    family,
    ships,
    tickets,
)

pytestmark = pytest.mark.django_db


def outdated(booking, quote, *, now, **expected):
    sums = {"expected_refund": quote.refund, "expected_charge": quote.charge, **expected}
    with pytest.raises(QuoteOutdated) as error:
        cancel_booking(booking.pk, token=quote.token, actor="customer", now=now, **sums)
    booking.refresh_from_db()
    assert tickets(booking) == ALL_TICKETS
    assert booking.items.filter(cancelled_at=None).count() == 12
    return error.value.details["quote"]


def test_a_quote_from_before_the_band_changed_is_answered_with_a_new_one(now):
    runs = ships()
    booking = family(*runs, now=now)
    asked_at = before(runs[0], 24) - timedelta(minutes=1)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=asked_at)
    assert quote.expires_at == before(runs[0], 24)

    fresh = outdated(booking, quote, now=asked_at + timedelta(minutes=2))

    assert (fresh["refund"], fresh["charge"]) == (500, 500)
    assert fresh["selection"] == {"legs": [1], "items": ["p1"]}


def test_a_quote_does_not_survive_another_change(now):
    booking = family(*ships(), now=now)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=now)
    record_refund(booking.pk, amount_change=100)

    fresh = outdated(booking, quote, now=now)

    assert fresh["refund"] == 1000


@pytest.mark.parametrize("expected", [{"expected_refund": 999}, {"expected_charge": 1}])
def test_other_sums_than_those_of_the_quote_cancel_nothing(now, expected):
    booking = family(*ships(), now=now)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=now)

    fresh = outdated(booking, quote, now=now, **expected)

    assert fresh["refund"] == 1000


def test_a_quote_for_something_that_another_cancelled_says_so(now):
    booking = family(*ships(), now=now)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=now)
    cancel(booking, "p1", "p2", legs=[1], now=now)

    with Refunds() as refunds, pytest.raises(AlreadyCancelled):
        agree(booking, quote, now=now)

    assert refunds.due == []


def test_a_double_click_cancels_once(now):
    booking = family(*ships(), now=now)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=now)

    with Refunds() as refunds:
        answers = [agree(booking, quote, now=now) for _ in range(2)]

    assert [answer.total for answer in answers] == [16000, 16000]
    assert refunds.due == [1000]
