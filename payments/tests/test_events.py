"""Events are only a reason to look: order, number and content do not matter."""

import json
import uuid
from datetime import timedelta

import pytest

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments.errors import ProviderUnavailable, UnknownPayment
from payments.models import DemoIntent, Payment, Refund, WebhookEvent
from payments.operations.events import Stored, process_event, read_event, retry_event, store_event
from payments.tests.makers import (
    at_provider,
    dashboard_refund,
    event,
    opened,
    post,
    refunded,
    state_of,
    succeeded,
)

pytestmark = pytest.mark.django_db
SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"


@pytest.fixture
def deliver(client):
    """Return a function that posts an event and processes it as the worker would."""

    def run(payment, kind, *, now=None, **changes):
        facts = event(payment, kind, **changes)
        assert post(client, facts).status_code == 200
        return process_event(facts["id"], now=now or clock.now())

    return run


def pay(payment):
    at_provider(payment, status="succeeded", amount_received=payment.amount)


def test_success_pays_the_booking(deliver, heard):
    payment = opened()
    pay(payment)

    stored = deliver(payment, SUCCEEDED)

    assert (stored.state, stored.note) == ("done", "")
    assert stored.processed_at is not None
    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "paid")
    assert heard.said == ["payment_succeeded"]


def test_webhook_job_and_worker_confirm_the_booking(client, run_jobs):
    payment = opened()
    pay(payment)
    post(client, event(payment, SUCCEEDED))

    ran = run_jobs()

    assert ran[:2] == [
        "payments.process_payment_webhook",
        "bookings.confirm_booking_with_operator",
    ]
    assert state_of(payment.booking) == "confirmed"


def test_processing_twice_acts_once(deliver, heard):
    payment = opened()
    pay(payment)
    stored = deliver(payment, SUCCEEDED)

    process_event(stored.event_id, now=clock.now())
    deliver(payment, SUCCEEDED)

    assert heard.said == ["payment_succeeded"]
    assert Booking.objects.get().paid == 1000


def test_claim_of_success_without_money_at_the_provider_pays_nothing(deliver):
    payment = opened()

    deliver(payment, SUCCEEDED)

    assert (state_of(payment), state_of(payment.booking)) == ("open", "payment_pending")


def test_failure_keeps_payment_and_hold_open(deliver, heard):
    payment = opened()
    expires_at = Booking.objects.get().expires_at
    at_provider(payment, last_error="insufficient_funds")

    deliver(payment, FAILED)

    payment.refresh_from_db()
    assert (payment.state, payment.failures) == ("open", 1)
    assert payment.last_failure == "insufficient_funds"
    booking = Booking.objects.get()
    assert (booking.state, booking.expires_at) == ("payment_pending", expires_at)
    assert heard.said == ["payment_failed"]


def test_a_burst_of_failures_is_told_once_and_counted_each(deliver, heard):
    payment = opened()
    start = clock.now()

    for minutes in (0, 1, 9, 18, 40):
        deliver(payment, FAILED, now=start + timedelta(minutes=minutes))

    assert Payment.objects.get().failures == 5
    assert heard.said == ["payment_failed", "payment_failed"]


def test_failure_told_twice_is_counted_once(deliver, client):
    payment = opened()
    facts = event(payment, FAILED)
    for _ in range(2):
        post(client, facts)
        process_event(facts["id"], now=clock.now())

    assert Payment.objects.get().failures == 1


def test_failure_after_success_changes_nothing(deliver, heard):
    payment = opened()
    pay(payment)
    deliver(payment, SUCCEEDED)

    deliver(payment, FAILED)

    payment.refresh_from_db()
    assert (payment.state, payment.failures) == ("succeeded", 0)
    assert heard.said == ["payment_succeeded"]


def test_success_after_failure_pays(deliver):
    payment = opened()
    deliver(payment, FAILED)
    pay(payment)

    deliver(payment, SUCCEEDED)

    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "paid")


def test_refund_before_success_gives_the_same_end(deliver):
    payment = opened()
    pay(payment)
    dashboard_refund(payment, 300)

    deliver(payment, "charge.refunded")
    deliver(payment, SUCCEEDED)

    booking = Booking.objects.get()
    assert (booking.state, booking.paid, booking.refunded) == ("paid", 1000, 300)
    assert Payment.objects.values_list("state", "refunded").get() == ("succeeded", 300)


def test_refund_made_in_the_dashboard_is_adopted_once(deliver, heard):
    payment = succeeded()
    made = dashboard_refund(payment, 250)
    heard.said.clear()

    deliver(payment, "charge.refunded")
    deliver(payment, "refund.updated")

    refund = Refund.objects.get()
    assert (refund.amount, refund.state, refund.actor) == (250, "succeeded", "demo")
    assert (refund.refund_id, refund.request_key) == (
        made.refund_id, f"external:{made.refund_id}",
    )  # fmt: skip
    assert Booking.objects.get().refunded == 250
    assert heard.said == ["refund_settled 250"]


def test_several_refunds_made_at_once_are_all_seen(deliver):
    payment = succeeded()
    dashboard_refund(payment, 250)
    dashboard_refund(payment, 250)

    deliver(payment, "charge.refunded")

    assert Refund.objects.count() == 2
    assert Booking.objects.get().refunded == 500


def test_failed_refund_of_the_dashboard_is_not_adopted(deliver):
    payment = succeeded()
    dashboard_refund(payment, 250, status="failed")

    deliver(payment, "refund.failed")

    assert Refund.objects.count() == 0
    assert Booking.objects.get().refunded == 0


def test_refund_that_the_bank_sends_back_is_taken_off_again(deliver):
    payment = succeeded()
    refund = refunded(payment, 400)
    assert Booking.objects.get().refunded == 400
    payment_row = DemoIntent.objects.get()
    payment_row.refunds.update(status="failed")

    deliver(payment, "refund.failed")

    assert state_of(refund) == "failed"
    assert Booking.objects.get().refunded == 0
    assert Payment.objects.get().refunded == 0


def test_bank_check_keeps_payment_and_hold_open(deliver):
    payment = opened()
    at_provider(payment, status="requires_action")

    stored = deliver(payment, "payment_intent.requires_action")

    assert (stored.state, stored.note) == ("done", "")
    assert (state_of(payment), state_of(payment.booking)) == ("open", "payment_pending")


def test_other_types_are_kept_and_ignored(deliver):
    payment = opened()

    stored = deliver(payment, "payment_intent.created")

    assert (stored.state, stored.note) == ("ignored", "type not used")


@pytest.mark.django_db(transaction=True)
def test_other_types_get_no_job_and_are_known_when_they_come_again():
    facts = read_event(b'{"id": "evt_1", "type": "charge.updated", "data": {"object": {}}}')

    first, again = (store_event(facts, now=clock.now()) for _ in range(2))

    event = WebhookEvent.objects.get()
    assert (first, again) == (Stored(is_new=True, job=None), Stored(is_new=False, job=None))
    assert (event.state, event.note, Job.objects.count()) == ("ignored", "type not used", 0)
    assert event.processed_at is not None


def test_event_of_the_wrong_mode_is_kept_and_ignored(deliver):
    payment = opened()
    pay(payment)

    stored = deliver(payment, SUCCEEDED, livemode=True)

    assert (stored.state, stored.note) == ("ignored", "wrong mode")
    assert state_of(payment) == "open"
    deliver(payment, SUCCEEDED, livemode=True)
    assert StaffTask.objects.values_list("key", "kind").get() == ("webhook_mode", "webhook")


@pytest.mark.parametrize(
    "about",
    [
        {"id": "pi_other"},
        {"id": "pi_other", "metadata": None},
        {"id": "pi_other", "metadata": {"app": "shop"}},
        {"id": "pi_other", "metadata": {"app": "maritime", "environment": "https://test"}},
        {},
    ],
)
def test_money_of_others_is_kept_and_ignored(deliver, about):
    payment = opened()

    stored = deliver(payment, SUCCEEDED, data={"object": about})

    assert (stored.state, stored.note) == ("ignored", "not our payment")
    assert state_of(payment) == "open"


def test_event_that_overtook_our_own_commit_is_tried_again(client, run_jobs):
    payment = opened()
    pay(payment)
    facts = event(payment, SUCCEEDED)
    public_id = payment.public_id
    Payment.objects.update(intent_id=None, public_id=uuid.uuid4())
    post(client, facts)

    run_jobs()
    stored, job = WebhookEvent.objects.get(), Job.objects.get(key=f"event:{facts['id']}")
    assert (stored.state, stored.note) == ("failed", "UnknownPayment")
    assert (job.state, job.attempts) == ("pending", 1)
    assert job.next_at > clock.now()

    Payment.objects.update(public_id=public_id)
    Job.objects.update(next_at=clock.now())
    run_jobs()
    assert WebhookEvent.objects.get().state == "done"
    assert Payment.objects.get().state == "succeeded"


def test_event_that_never_finds_its_payment_becomes_a_dead_letter(client, run_jobs):
    payment = opened()
    facts = event(payment, SUCCEEDED)
    Payment.objects.update(intent_id=None, public_id=uuid.uuid4())
    post(client, facts)

    for _ in range(10):
        Job.objects.filter(state="pending").update(next_at=clock.now())
        run_jobs()

    job = Job.objects.get(key=f"event:{facts['id']}")
    assert (job.state, job.attempts) == ("dead", 10)
    assert retry_event(facts["id"]) is True
    assert Job.objects.get(pk=job.pk).state == "pending"
    assert retry_event(facts["id"]) is False


def test_provider_that_does_not_answer_leaves_the_event_failed(client, settings):
    payment = opened()
    Payment.objects.update(gateway="stripe")
    facts = event(payment, SUCCEEDED)
    post(client, facts)
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(ProviderUnavailable):
        process_event(facts["id"], now=clock.now())

    stored = WebhookEvent.objects.get()
    assert (stored.state, stored.note) == ("failed", "ProviderUnavailable")
    assert state_of(payment) == "open"


def test_unknown_payment_is_worth_another_try():
    assert UnknownPayment.permanent is False


@pytest.mark.django_db(transaction=True)
def test_store_reports_whether_the_event_is_new():
    facts = read_event(b'{"id": "evt_1", "type": "charge.refunded", "data": {"object": {}}}')

    first = store_event(facts, now=clock.now())
    assert (first.is_new, first.job) == (True, Job.objects.get())
    assert store_event(facts, now=clock.now()) == Stored(is_new=False, job=None)
    assert Job.objects.values_list("task", "published_at").get() == (
        "payments.process_payment_webhook", None,
    )  # fmt: skip
    assert WebhookEvent.objects.values_list("object_id", "api_version").get() == ("", "unknown")


@pytest.mark.parametrize(
    ("kind", "about", "intent_id"),
    [
        ("payment_intent.succeeded", {"id": "pi_1"}, "pi_1"),
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_1"}, "pi_1"),
        ("charge.succeeded", {"id": "ch_1", "payment_intent": {"id": "pi_1"}}, "pi_1"),
        ("refund.created", {"id": "re_1", "payment_intent": None}, ""),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": ["pi_1"]}, ""),
        ("refund.failed", {"id": "re_1", "payment_intent": "pi\u0000"}, ""),
    ],
)
def test_event_is_filed_under_the_intent_that_it_names(db, kind, about, intent_id):
    text = json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}})

    store_event(read_event(text.encode()), now=clock.now())

    assert WebhookEvent.objects.values_list("object_id", "intent_id").get() == (
        about["id"], intent_id,
    )  # fmt: skip
