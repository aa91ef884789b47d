from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from bookings.models import Booking
from bookings.operations.cancel import cancel_booking, cancel_in_full, quote_cancellation
from bookings.tests.makers import held
from ferries.tests import makers as ferries
from maritime.lib import clock
from maritime.ops.models import Job
from payments import queries
from payments.errors import NothingToRefund, RefundsDisagree, RefundTooLarge, RequestKeyReused
from payments.models import DemoIntent, DemoRefund, Payment, Refund
from payments.operations.refund import open_refund, refund_booking
from payments.operations.send import send_refund, settle_refunds
from payments.tests.makers import dashboard_refund, opened, refunded, state_of, succeeded

pytestmark = pytest.mark.django_db


def staff_refund(payment, amount, key="k"):
    return refund_booking(
        payment.booking_id, amount=amount, request_key=key, reason="goodwill", actor="staff:7"
    )


def test_opens_a_refund_with_the_job_that_sends_it(heard):
    payment = succeeded()
    heard.said.clear()

    (refund,) = staff_refund(payment, 400)

    assert (refund.amount, refund.state, refund.reason, refund.actor) == (
        400, "requested", "goodwill", "staff:7",
    )  # fmt: skip
    assert Payment.objects.get().refunded == 400
    assert Booking.objects.get().refunded == 0
    job = Job.objects.get(key=f"refund:{refund.pk}")
    assert (job.task, job.arguments) == ("payments.send_refund", {"refund_id": refund.pk})
    assert heard.said == ["refund_opened 400"]


def test_sends_the_refund_and_settles_it(heard, run_jobs, settings):
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)

    run_jobs()

    made = DemoRefund.objects.get()
    refund.refresh_from_db()
    assert (refund.state, refund.refund_id) == ("succeeded", made.refund_id)
    assert (made.amount, made.idempotency_key) == (400, f"re:{refund.public_id}")
    assert made.metadata == {
        "app": "maritime", "environment": settings.BASE_URL,
        "booking": payment.booking.reference, "payment": str(payment.public_id),
        "refund": str(refund.public_id),
    }  # fmt: skip
    assert Booking.objects.values_list("paid", "refunded").get() == (1000, 400)
    assert heard.said[-1] == "refund_settled 400"


def test_refunds_all_that_is_left():
    payment = succeeded()
    refunded(payment, 300)

    (refund,) = staff_refund(payment, None, key="rest")

    assert refund.amount == 700


def test_two_equal_partial_refunds_are_two_refunds():
    payment = succeeded()
    refunded(payment, 300, key="a")
    refunded(payment, 300, key="b")

    assert DemoIntent.objects.get().amount_refunded == 600
    assert Booking.objects.get().refunded == 600


def test_the_same_request_refunds_once():
    payment = succeeded()

    first = staff_refund(payment, 1000)
    second = staff_refund(payment, None)

    assert first == second
    assert (Refund.objects.count(), Payment.objects.get().refunded) == (1, 1000)


def test_the_same_key_with_another_amount_is_refused():
    payment = succeeded()
    staff_refund(payment, 300)

    with pytest.raises(RequestKeyReused):
        staff_refund(payment, 200)

    assert Payment.objects.get().refunded == 300


@pytest.mark.parametrize(("amount", "error"), [(701, RefundTooLarge), (0, NothingToRefund)])
def test_refuses_more_than_is_left_and_nothing(amount, error):
    payment = succeeded()
    refunded(payment, 300)

    with pytest.raises(error):
        staff_refund(payment, amount, key="other")

    assert (Refund.objects.count(), Payment.objects.get().refunded) == (1, 300)


def test_too_large_says_how_much_is_left():
    payment = succeeded()

    with pytest.raises(RefundTooLarge) as refused:
        staff_refund(payment, 1001)

    assert refused.value.details == {"left": 1000}


def test_refuses_for_a_booking_without_money():
    payment = opened()

    with pytest.raises(NothingToRefund):
        staff_refund(payment, None)

    assert Refund.objects.count() == 0


def test_open_refund_never_exceeds_the_payment_itself():
    payment = succeeded()

    with pytest.raises(RefundTooLarge):
        open_refund(payment.pk, amount=1001, request_key="k", reason="r", actor="staff:1")

    assert Refund.objects.count() == 0


def test_database_is_the_last_word_on_the_sum():
    payment = succeeded()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(refunded=F("captured") + 1)


def test_cancellation_opens_the_refund_in_its_own_transaction():
    payment = succeeded()

    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())

    refund = Refund.objects.get()
    assert (refund.amount, refund.request_key) == (1000, f"cancel:{payment.booking_id}")
    assert refund.reason == "storm"


def test_cancellation_by_the_customer_gives_back_what_the_quote_said(run_jobs):
    company = ferries.operator()
    soon = clock.now() + timedelta(hours=12)
    payment = succeeded(held(ferries.sailing(company=company, departs_at=soon), now=clock.now()))
    run_jobs()
    booking = Booking.objects.get()
    quote = quote_cancellation(booking, now=clock.now())
    assert (quote.refund, quote.charge) == (500, 500)

    cancel_booking(
        booking.pk,
        token=quote.token,
        expected_refund=500,
        expected_charge=500,
        actor="customer",
        now=clock.now(),
    )
    run_jobs()

    booking.refresh_from_db()
    assert (booking.state, booking.paid, booking.refunded) == ("cancelled", 1000, 500)
    assert Payment.objects.get(pk=payment.pk).refunded == 500


def test_cancellation_after_a_partial_refund_gives_back_the_rest_only():
    payment = succeeded()
    staff_refund(payment, 300)

    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())

    assert sorted(refund.amount for refund in queries.refunds_of(payment.booking)) == [300, 700]
    assert Payment.objects.get().refunded == 1000


def test_sending_twice_gives_back_once():
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)

    send_refund(refund.pk, now=clock.now())
    Refund.objects.update(state="requested", refund_id=None)
    send_refund(refund.pk, now=clock.now())

    assert DemoRefund.objects.count() == 1


def test_old_refund_is_looked_for_before_it_is_asked_again():
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)
    send_refund(refund.pk, now=clock.now())
    Refund.objects.update(state="requested", refund_id=None)
    # The provider forgets keys after a day.
    DemoRefund.objects.update(idempotency_key="forgotten")

    refund = send_refund(refund.pk, now=clock.now() + timedelta(hours=25))

    assert (refund.state, DemoRefund.objects.count()) == ("succeeded", 1)


def test_refund_that_the_provider_refuses_fails_and_frees_its_amount():
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)
    DemoIntent.objects.update(amount_refunded=1000)

    refund = send_refund(refund.pk, now=clock.now())

    assert refund.state == "failed"
    assert (Payment.objects.get().refunded, Booking.objects.get().refunded) == (0, 0)


def test_refund_of_another_gateway_is_not_sent(settings):
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"

    assert send_refund(refund.pk, now=clock.now()).state == "requested"
    assert DemoRefund.objects.count() == 0


def test_pending_refund_is_not_told_as_done(heard):
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)
    send_refund(refund.pk, now=clock.now())
    Refund.objects.update(state="requested", refund_id=None)
    Booking.objects.update(refunded=0)
    DemoRefund.objects.update(status="pending")
    heard.said.clear()

    settle_refunds(payment.pk)

    assert state_of(refund) == "pending"
    assert (heard.said, Booking.objects.get().refunded) == ([], 0)

    DemoRefund.objects.update(status="succeeded")
    settle_refunds(payment.pk)
    assert (heard.said, Booking.objects.get().refunded) == (["refund_settled 400"], 400)


def test_event_that_overtakes_the_answer_finds_our_own_row(heard):
    payment = succeeded()
    (refund,) = staff_refund(payment, 400)
    DemoRefund.objects.create(
        refund_id="re_1", idempotency_key="x", intent=DemoIntent.objects.get(), amount=400,
        metadata={"refund": str(refund.public_id)},
    )  # fmt: skip

    settle_refunds(payment.pk)

    assert Refund.objects.values_list("pk", "state", "refund_id").get() == (
        refund.pk, "succeeded", "re_1",
    )  # fmt: skip


def test_dashboard_refund_and_ours_together_above_the_payment_wait_for_the_provider():
    payment = succeeded()
    (ours,) = staff_refund(payment, 800)
    dashboard_refund(payment, 1000)
    DemoIntent.objects.update(amount_refunded=1000)

    with pytest.raises(RefundsDisagree) as waiting:
        settle_refunds(payment.pk)
    assert waiting.value.permanent is False
    assert Refund.objects.count() == 1

    send_refund(ours.pk, now=clock.now())
    settle_refunds(payment.pk)
    assert state_of(ours) == "failed"
    assert (Payment.objects.get().refunded, Booking.objects.get().refunded) == (1000, 1000)


def test_queries_name_the_payment_and_refunds_of_a_booking():
    payment = succeeded()
    refund = refunded(payment, 100)
    booking = payment.booking

    assert queries.payment_of(booking) == payment
    assert queries.refunds_of(booking) == [refund]
    assert queries.payment_of(held(now=clock.now())) is None
