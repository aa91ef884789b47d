"""Each cancellation of a part opens its own refund, and together never more than was paid."""

import pytest

from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import hold_booking
from bookings.tests.cancel_worlds import before, cancel, ships, wish
from maritime.lib import clock
from payments.models import Payment, Refund
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund
from payments.tests.makers import succeeded

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs():
    return ships()


@pytest.fixture
def booking(runs):
    payment = succeeded(hold_booking(wish(*runs), now=clock.now()))
    confirm_with_operator(payment.booking_id, now=clock.now())
    payment.booking.refresh_from_db()
    return payment.booking


def refunds(booking):
    rows = Refund.objects.filter(payment__booking=booking).order_by("pk")
    return [(row.amount, row.request_key) for row in rows]


def test_each_part_opens_its_own_refund_until_nothing_is_left(runs, booking):
    late = before(runs[0], 2)

    cancel(booking, "p1", legs=[1], now=clock.now())
    first = booking.events.latest("pk").pk
    cancel(booking, "p2", "a0", legs=[1], now=late)
    second = booking.events.latest("pk").pk
    cancel(booking, now=late)

    assert refunds(booking) == [
        (1000, f"cancel:{booking.pk}:{first}"),
        (2250, f"cancel:{booking.pk}:{second}"),
        # Half of what was left of the way there (3000), and all of the way back.
        (1500 + 8500, f"cancel:{booking.pk}"),
    ]
    booking.refresh_from_db()
    assert Payment.objects.get().refunded == 13250 == booking.paid - booking.total


def test_refunds_that_have_arrived_are_not_taken_off_twice(runs, booking):
    now = clock.now()
    cancel(booking, "p1", legs=[1], now=now)
    send_refund(Refund.objects.get().pk, now=now)
    booking.refresh_from_db()
    assert booking.refunded == 1000

    cancel(booking, "p1", legs=[2], now=now)
    cancel_in_full(booking.pk, actor="staff:1", reason="storm", now=now)

    assert [amount for amount, _ in refunds(booking)] == [1000, 1000, 15000]
    assert Payment.objects.get().refunded == 17000


def test_with_goodwill_together_no_more_than_was_paid(runs, booking):
    now = clock.now()
    refund_booking(booking.pk, amount=16500, request_key="k", reason="goodwill", actor="staff:1")

    cancel(booking, "p1", legs=[1], now=now)
    cancel(booking, now=now)

    assert [amount for amount, _ in refunds(booking)] == [16500, 500]
    assert Payment.objects.get().refunded == 17000


def test_a_part_that_gives_nothing_back_opens_no_refund(runs, booking):
    booking.legs.update(conditions=[])

    cancel(booking, "p1", now=clock.now())

    assert refunds(booking) == []
    booking.refresh_from_db()
    assert booking.total == 17000
