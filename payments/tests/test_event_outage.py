"""Events while the provider does not answer, and events that need no answer."""

from datetime import timedelta

import pytest
from django.test import override_settings

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops.models import Job
from payments.errors import ProviderUnavailable
from payments.models import DemoIntent, Payment, WebhookEvent
from payments.operations.events import process_event
from payments.tests.makers import at_provider, event, opened, post, state_of

pytestmark = pytest.mark.django_db
SUCCEEDED = "payment_intent.succeeded"


def told(payment, **changes):
    """Return the intent as Stripe's event of its success shows it."""
    return {
        "id": payment.intent_id,
        "object": "payment_intent",
        "status": "succeeded",
        "amount": payment.amount,
        "amount_received": payment.amount,
        "currency": "usd",
        "metadata": at_provider(payment).metadata,
        **changes,
    }


@pytest.fixture
def stripe_away(settings):
    """Stripe is the gateway in use, and nobody listens at its address."""
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"


def opened_before():
    """Return a payment that was opened while the provider still answered."""
    with override_settings(PAYMENTS_DEMO=True):
        return opened()


def stored_event(client, payment, kind=SUCCEEDED, *, attempts, about=None, **changes):
    """Post an event whose job has had so many attempts."""
    Payment.objects.update(gateway="stripe")
    facts = event(payment, kind, data={"object": about or told(payment)}, **changes)
    assert post(client, facts).status_code == 200
    Job.objects.filter(key=f"event:{facts['id']}").update(attempts=attempts)
    return facts["id"]


def process(event_id):
    return process_event(event_id, now=clock.now())


def test_first_attempts_wait_for_the_provider(client, stripe_away):
    payment = opened_before()
    event_id = stored_event(client, payment, attempts=3)

    with pytest.raises(ProviderUnavailable):
        process(event_id)

    assert state_of(payment) == "open"
    assert WebhookEvent.objects.get().state == "failed"


def test_after_four_attempts_a_signed_success_counts_by_itself(client, stripe_away, heard):
    payment = opened_before()
    event_id = stored_event(client, payment, attempts=4)

    assert process(event_id).state == "done"

    payment.refresh_from_db()
    assert (payment.state, payment.captured, payment.counted) == ("succeeded", 1000, True)
    assert Booking.objects.values_list("state", "paid").get() == ("paid", 1000)
    assert heard.said == ["payment_succeeded"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_received": 999},
        {"amount_received": True},
        {"amount_received": "1000"},
        {"amount_received": None},
        {"amount": None},
        {"currency": "eur"},
        {"currency": None},
        {"status": "processing"},
        {"metadata": {}},
        {"metadata": {"app": "maritime", "environment": "http://127.0.0.1:9"}},
    ],
)
def test_word_of_an_event_that_does_not_match_is_not_taken(client, stripe_away, wrong):
    payment = opened_before()
    event_id = stored_event(client, payment, attempts=9, about=told(payment, **wrong))

    with pytest.raises(ProviderUnavailable):
        process(event_id)

    assert (state_of(payment), Payment.objects.get().captured) == ("open", 0)


@pytest.mark.parametrize("kind", ["payment_intent.processing", "payment_intent.canceled"])
def test_only_success_is_taken_by_word(client, stripe_away, kind):
    payment = opened_before()
    event_id = stored_event(client, payment, kind, attempts=9)

    with pytest.raises(ProviderUnavailable):
        process(event_id)


def test_word_of_another_version_is_not_taken(client, stripe_away):
    payment = opened_before()
    event_id = stored_event(client, payment, attempts=9, api_version="2031-01-01.zinnia")

    with pytest.raises(ProviderUnavailable):
        process(event_id)


@pytest.mark.parametrize("version", ["2022-11-15", "2031-01-01.zinnia", None])
def test_event_of_another_version_is_processed_by_asking(client, caplog, version):
    payment = opened()
    at_provider(payment, status="succeeded", amount_received=1000)
    facts = event(payment, SUCCEEDED, api_version=version)
    post(client, facts)

    assert process(facts["id"]).state == "done"

    assert state_of(payment) == "succeeded"
    assert f"version={version or 'unknown'}" in caplog.text


def test_burst_about_one_payment_asks_once(client):
    payment = opened()
    first, second = (event(payment, "payment_intent.processing") for _ in range(2))
    for facts in (first, second):
        post(client, facts)
    at_provider(payment, status="processing")
    later = clock.now() + timedelta(seconds=20)
    process_event(first["id"], now=later)
    DemoIntent.objects.all().delete()

    assert process_event(second["id"], now=later).state == "done"

    assert state_of(payment) == "processing"


def test_answer_of_the_same_seconds_may_be_older_than_the_event(client):
    payment = opened()
    first, second = (event(payment, SUCCEEDED) for _ in range(2))
    for facts in (first, second):
        post(client, facts)
    process_event(first["id"], now=clock.now() + timedelta(seconds=4))
    at_provider(payment, status="succeeded", amount_received=1000)

    process_event(second["id"], now=clock.now() + timedelta(seconds=4))

    assert state_of(payment) == "succeeded"


def test_failure_is_counted_without_asking_again(client):
    payment = opened()
    facts = event(payment, "payment_intent.payment_failed")
    post(client, facts)
    Payment.objects.update(checked_at=clock.now() + timedelta(seconds=20))
    DemoIntent.objects.all().delete()

    process(facts["id"])

    assert Payment.objects.values_list("state", "failures").get() == ("open", 1)
