from datetime import timedelta

import pytest

from maritime.lib import clock
from maritime.ops.models import Job
from payments.models import DemoRefund, Payment, Refund
from payments.operations.refund import refund_booking
from payments.operations.sweep import queue_checks
from payments.tasks import verify_open_payments
from payments.tests.makers import at_provider, opened, refunded, state_of, succeeded

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
