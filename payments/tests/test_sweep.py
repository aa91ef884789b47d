from datetime import timedelta

import pytest

from maritime.lib import clock
from maritime.ops.models import Job
from payments.models import DemoRefund, Dispute, Payment, Refund, WebhookEvent
from payments.operations.refund import refund_booking
from payments.operations.sweep import queue_checks
from payments.tasks import verify_open_payments
from payments.tests.makers import at_provider, event, opened, post, refunded, state_of, succeeded

pytestmark = pytest.mark.django_db


def aged(model, **age):
    model.objects.update(created_at=clock.now() - timedelta(**age))


def verify_jobs():
    return list(Job.objects.filter(key__startswith="verify:").values_list("task", "arguments"))


def test_payment_whose_events_were_lost_is_settled(run_jobs):
    payment = opened()
    at_provider(payment, status="succeeded", amount_received=1000)
    aged(Payment, minutes=6)

    assert verify_open_payments() == 1
    assert verify_jobs() == [("payments.verify_payment_status", {"payment_id": payment.pk})]

    run_jobs()
    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "confirmed")


def test_asks_once_in_an_interval_however_often_it_runs():
    opened()
    aged(Payment, minutes=6)
    now = clock.now()

    for _ in range(3):
        queue_checks(now=now)
    assert len(verify_jobs()) == 1

    queue_checks(now=now + timedelta(minutes=5))
    assert len(verify_jobs()) == 2


def test_leaves_young_and_settled_payments_alone():
    opened()
    succeeded()
    Payment.objects.filter(state="succeeded").update(created_at=clock.now() - timedelta(hours=9))

    assert verify_open_payments() == 0
    assert verify_jobs() == []


def test_refund_whose_job_died_is_sent_again(run_jobs):
    payment = succeeded()
    (refund,) = refund_booking(
        payment.booking_id, amount=400, request_key="k", reason="r", actor="staff:1"
    )
    Job.objects.filter(key=f"refund:{refund.pk}").update(state="dead")
    aged(Refund, minutes=6)

    verify_open_payments()
    run_jobs()

    assert (state_of(refund), DemoRefund.objects.count()) == ("succeeded", 1)


def test_pending_refund_is_looked_at_every_hour(run_jobs):
    payment = succeeded()
    refund = refunded(payment, 400)
    Refund.objects.update(state="pending")
    aged(Refund, minutes=30)
    assert verify_open_payments() == 0

    aged(Refund, minutes=61)
    assert verify_open_payments() == 1
    run_jobs()

    assert state_of(refund) == "succeeded"


def test_refund_whose_outcome_is_unknown_is_sent_again(run_jobs):
    payment = succeeded()
    (refund,) = refund_booking(
        payment.booking_id, amount=400, request_key="k", reason="r", actor="staff:1"
    )
    Job.objects.all().delete()
    Refund.objects.update(state="unknown", asked_at=clock.now())
    aged(Refund, minutes=6)

    assert verify_open_payments() == 1
    run_jobs()

    assert (state_of(refund), DemoRefund.objects.count()) == ("succeeded", 1)


def test_jobs_about_money_are_patient():
    opened()
    aged(Payment, minutes=6)

    verify_open_payments()

    assert set(Job.objects.filter(key__startswith="verify:").values_list("max_attempts")) == {(10,)}


def test_bank_at_work_is_asked_every_hour():
    payment = opened()
    Payment.objects.update(state="processing")
    now = clock.now()
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)

    for minutes in (0, 5, 10, 55, 60):
        queue_checks(now=start + timedelta(minutes=minutes))

    assert verify_jobs() == [("payments.verify_payment_status", {"payment_id": payment.pk})] * 2


def test_payments_of_a_gateway_that_is_switched_off_are_left_alone(settings):
    opened()
    aged(Payment, minutes=6)
    settings.PAYMENTS_DEMO = False
    assert verify_open_payments() == 0

    settings.STRIPE_SECRET_KEY = "sk_test_1"
    assert verify_open_payments() == 0
    assert verify_jobs() == []


@pytest.mark.parametrize(
    ("state", "hours", "asked"),
    [("needs_response", 25, 1), ("needs_response", 23, 0), ("lost", 25, 0), ("won", 25, 0)],
)
def test_open_disputes_are_looked_at_every_day(state, hours, asked):
    payment = succeeded()
    now = clock.now()
    Dispute.objects.create(
        payment=payment,
        dispute_id="dp_1",
        state=state,
        amount=1000,
        opened_at=now,
        checked_at=now - timedelta(hours=hours),
    )

    for _ in range(2):
        queue_checks(now=now)

    jobs = Job.objects.filter(task="payments.settle_dispute")
    assert [job.arguments for job in jobs] == [{"dispute_id": "dp_1"}] * asked


@pytest.mark.parametrize("state", ["received", "failed"])
def test_event_whose_job_is_gone_is_processed(client, run_jobs, state):
    payment = opened()
    at_provider(payment, status="succeeded", amount_received=1000)
    post(client, event(payment, "payment_intent.succeeded"))
    Job.objects.all().delete()
    WebhookEvent.objects.update(state=state, received_at=clock.now() - timedelta(minutes=6))

    assert verify_open_payments() == 1
    run_jobs()

    assert WebhookEvent.objects.get().state == "done"
    assert state_of(payment) == "succeeded"


@pytest.mark.parametrize(
    ("event_state", "job_state", "minutes"),
    [
        ("received", None, 4),
        ("done", None, 6),
        ("ignored", None, 6),
        ("failed", "pending", 6),
        ("failed", "dead", 6),
        ("failed", "discarded", 6),
        ("failed", None, 8 * 24 * 60),
    ],
)
def test_other_events_are_left_alone(client, event_state, job_state, minutes):
    post(client, event(opened(), "payment_intent.processing"))
    Job.objects.filter(key__startswith="event:").update(state=job_state or "pending")
    if job_state is None:
        Job.objects.all().delete()
    before = Job.objects.count()
    WebhookEvent.objects.update(
        state=event_state, received_at=clock.now() - timedelta(minutes=minutes)
    )

    assert verify_open_payments() == 0
    assert Job.objects.count() == before
