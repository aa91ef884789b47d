"""What the provider says becomes the state of payment and booking, exactly once."""

from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from bookings.operations.expire import expire_holds
from bookings.tests.makers import held, used
from ferries.tests import makers as ferries
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments import queries
from payments.models import DemoIntent, Payment, Refund
from payments.operations.settle import close_payment, settle
from payments.operations.start import start_payment
from payments.tests.makers import at_provider, opened, refunded, state_of, succeeded

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


def pay(payment, **facts):
    return at_provider(payment, status="succeeded", amount_received=payment.amount, **facts)


def test_money_pays_the_booking(heard):
    payment = opened()
    pay(payment)

    payment = settle(payment.pk, now=clock.now())

    booking = Booking.objects.get()
    assert (payment.state, payment.captured, payment.counted) == ("succeeded", 1000, True)
    assert (booking.state, booking.paid, booking.refunded) == ("paid", 1000, 0)
    assert heard.said == ["payment_succeeded"]


def test_settling_again_changes_nothing(heard):
    payment = succeeded()
    heard.said.clear()

    settle(payment.pk, now=clock.now())

    assert Booking.objects.get().paid == 1000
    assert heard.said == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", "open"),
        ("requires_confirmation", "open"),
        ("requires_action", "open"),
        ("a_status_of_tomorrow", "open"),
        ("processing", "processing"),
        ("canceled", "canceled"),
    ],
)
def test_other_answers_never_touch_the_booking(status, state):
    payment = opened()
    at_provider(payment, status=status)

    assert settle(payment.pk, now=clock.now()).state == state
    assert Booking.objects.values_list("state", "paid").get() == ("payment_pending", 0)


def test_processing_payment_may_fail_and_succeed_later():
    payment = opened()
    for status, state in (("processing", "processing"), ("requires_payment_method", "open")):
        at_provider(payment, status=status, last_error="card_declined")
        assert settle(payment.pk, now=clock.now()).state == state

    pay(payment)
    assert settle(payment.pk, now=clock.now()).state == "succeeded"
    assert Payment.objects.get().last_failure == "card_declined"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_received": 999},
        {"amount_received": 1001},
        {"currency": "EUR"},
        {"metadata": {}},
        {"metadata": {"payment": "00000000-0000-0000-0000-000000000000"}},
    ],
)
def test_money_that_does_not_match_is_quarantined(wrong, heard):
    payment = opened()
    pay(payment)
    at_provider(payment, **wrong)

    payment = settle(payment.pk, now=clock.now())

    assert payment.state == "quarantined"
    assert payment.problem.split(", ")[0] in ("amount", "currency", "payment")
    assert payment.captured == wrong.get("amount_received", 1000)
    assert payment.currency == wrong.get("currency", "USD")
    task = StaffTask.objects.get()
    assert (task.key, task.kind) == (f"payment:{payment.public_id}", "quarantine")
    assert task.path == f"/admin/payments/payment/{payment.pk}/change/"
    assert Booking.objects.values_list("state", "paid").get() == ("payment_pending", 0)
    assert heard.said == []


def test_money_with_the_name_of_another_booking_is_quarantined():
    payment = opened()
    pay(payment)
    metadata = at_provider(payment).metadata
    at_provider(payment, metadata={**metadata, "booking": "OTHER"})

    assert settle(payment.pk, now=clock.now()).problem == "booking"
    assert Booking.objects.get().paid == 0


def test_money_for_an_old_price_is_quarantined():
    payment = opened()
    Booking.objects.update(total=2000)
    pay(payment)

    payment = settle(payment.pk, now=clock.now())

    assert (payment.state, payment.problem) == ("quarantined", "price")
    assert Booking.objects.get().paid == 0


def expired_payment(sailing):
    """Return an open payment whose booking expired."""
    payment = opened(held(sailing, now=clock.now()))
    expire_holds(now=clock.now() + LATER)
    assert state_of(payment.booking) == "expired"
    return payment


def test_late_money_takes_the_space_again_while_there_is_some(heard):
    sailing = ferries.sailing(persons=1)
    payment = expired_payment(sailing)
    assert used(sailing) == 0
    pay(payment)

    payment = settle(payment.pk, now=clock.now() + LATER)

    assert (payment.state, payment.counted) == ("succeeded", True)
    assert (state_of(payment.booking), used(sailing)) == ("paid", 1)
    assert heard.said == ["payment_succeeded"]


def test_late_money_goes_back_when_the_space_is_sold(heard, run_jobs):
    sailing = ferries.sailing(persons=1)
    payment = expired_payment(sailing)
    held(sailing, now=clock.now())
    pay(payment)

    payment = settle(payment.pk, now=clock.now())

    refund = Refund.objects.get()
    assert (payment.state, payment.captured, payment.counted) == ("succeeded", 1000, False)
    assert (refund.amount, refund.state, refund.actor) == (1000, "requested", "system")
    assert heard.said == ["refund_opened 1000"]
    assert (state_of(payment.booking), used(sailing)) == ("expired", 1)

    run_jobs()
    assert state_of(refund) == "succeeded"
    assert DemoIntent.objects.get(intent_id=payment.intent_id).amount_refunded == 1000
    booking = Booking.objects.get(pk=payment.booking_id)
    assert (booking.state, booking.paid, booking.refunded) == ("expired", 0, 0)


def test_money_for_a_cancelled_booking_goes_back():
    payment = opened()
    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())
    pay(payment)

    settle(payment.pk, now=clock.now())

    assert Refund.objects.get().amount == 1000
    assert (state_of(payment.booking), Booking.objects.get().paid) == ("cancelled", 0)


def test_second_payment_of_one_booking_goes_back():
    first = opened()
    at_provider(first, status="canceled")
    second = start_payment(first.booking_id, now=clock.now()).payment
    pay(second)
    settle(second.pk, now=clock.now())
    pay(first)

    settle(first.pk, now=clock.now())

    refund = Refund.objects.get()
    assert (refund.payment, refund.amount) == (first, 1000)
    assert Booking.objects.get().paid == 1000
    assert queries.payment_of(first.booking) == second


def test_close_cancels_the_intent():
    payment = opened()

    close_payment(payment.pk, now=clock.now())

    assert state_of(payment) == "canceled"
    assert DemoIntent.objects.get().status == "canceled"


def test_close_takes_in_the_money_of_a_customer_who_was_quicker():
    payment = opened()
    pay(payment)

    close_payment(payment.pk, now=clock.now())

    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "paid")


def test_close_leaves_a_payment_that_the_bank_is_working_on():
    payment = opened()
    at_provider(payment, status="processing")

    close_payment(payment.pk, now=clock.now())

    assert state_of(payment) == "processing"
    assert DemoIntent.objects.get().status == "processing"


def test_end_of_the_hold_closes_the_payment(run_jobs):
    payment = opened()

    expire_holds(now=clock.now() + LATER)

    assert Job.objects.get(task="payments.close_payment").arguments == {"payment_id": payment.pk}
    run_jobs()
    assert state_of(payment) == "canceled"


def test_cancelling_an_unpaid_booking_closes_the_payment(run_jobs):
    payment = opened()

    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())
    run_jobs()

    assert (state_of(payment), Refund.objects.count()) == ("canceled", 0)


def test_payment_without_an_intent_is_given_up_after_two_minutes():
    payment = opened()
    Payment.objects.update(intent_id=None)

    assert settle(payment.pk, now=clock.now()).state == "open"
    assert settle(payment.pk, now=clock.now() + timedelta(minutes=3)).state == "canceled"


def test_payment_of_another_gateway_is_left_alone(settings):
    payment = opened()
    pay(payment)
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"

    assert settle(payment.pk, now=clock.now()).state == "open"
    assert close_payment(payment.pk, now=clock.now()).state == "open"
    assert Booking.objects.get().paid == 0


def test_settling_follows_open_refunds_too():
    payment = succeeded()
    refund = refunded(payment, 400)
    Refund.objects.update(state="pending")

    settle(payment.pk, now=clock.now())

    assert state_of(refund) == "succeeded"
