"""Whose money an event is about, when it does not say so by itself."""

import pytest

from maritime.lib import clock
from payments.errors import UnknownPayment
from payments.models import DemoIntent, Payment, Refund, WebhookEvent
from payments.operations.events import process_event
from payments.tests.makers import (
    at_provider,
    dashboard_refund,
    event,
    opened,
    post,
    state_of,
    succeeded,
)

pytestmark = pytest.mark.django_db
SUCCEEDED = "payment_intent.succeeded"


@pytest.fixture
def deliver(client):
    """Return a function that posts an event about an object and processes it."""

    def run(payment, kind, about=None):
        facts = event(payment, kind, **({"data": {"object": about}} if about is not None else {}))
        assert post(client, facts).status_code == 200
        return process_event(facts["id"], now=clock.now())

    return run


def foreign_intent():
    """Return the id of an intent that another program made with the same account."""
    row = DemoIntent.objects.create(
        intent_id="pi_shop", client_secret="s", idempotency_key="k", amount=5, currency="USD"
    )
    return row.intent_id


@pytest.mark.parametrize("kind", ["charge.refunded", "refund.created", "charge.dispute.created"])
def test_object_of_another_program_is_ignored_after_a_look_at_its_intent(deliver, kind):
    payment = opened()
    about = {"id": "xx_1", "payment_intent": foreign_intent()}

    assert (deliver(payment, kind, about).state) == "ignored"


@pytest.mark.parametrize("kind", ["charge.refunded", "refund.created", "charge.dispute.created"])
def test_object_of_an_intent_that_the_provider_does_not_know_is_ignored(deliver, kind):
    about = {"id": "xx_1", "payment_intent": "pi_nowhere"}

    assert deliver(opened(), kind, about).note == "not our payment"


def test_refund_of_our_intent_that_is_not_here_is_tried_again(client):
    payment = succeeded()
    dashboard_refund(payment, 100)
    facts = event(payment, "charge.refunded")
    Payment.objects.update(intent_id="pi_lost")
    post(client, facts)

    with pytest.raises(UnknownPayment):
        process_event(facts["id"], now=clock.now())

    assert WebhookEvent.objects.values_list("state", "note").get() == ("failed", "UnknownPayment")


def test_payment_whose_creation_was_never_answered_gets_its_intent_from_the_event(deliver):
    payment = opened()
    intent_id = payment.intent_id
    at_provider(payment, status="succeeded", amount_received=1000)
    facts = {"id": intent_id, "metadata": at_provider(payment).metadata}
    Payment.objects.update(intent_id=None)

    stored = deliver(payment, SUCCEEDED, facts)

    payment.refresh_from_db()
    assert (stored.state, payment.intent_id) == ("done", intent_id)
    assert (payment.state, state_of(payment.booking)) == ("succeeded", "paid")


def test_dashboard_refund_finds_a_payment_without_intent_too(deliver):
    payment = opened()
    intent_id = payment.intent_id
    at_provider(payment, status="succeeded", amount_received=1000)
    dashboard_refund(payment, 300)
    Payment.objects.update(intent_id=None)

    deliver(payment, "charge.refunded", {"id": "ch_1", "payment_intent": {"id": intent_id}})

    assert Payment.objects.values_list("state", "captured", "refunded").get() == (
        "succeeded", 1000, 300,
    )  # fmt: skip
    assert Refund.objects.values_list("amount", "state").get() == (300, "succeeded")


def test_second_intent_that_names_the_same_payment_is_never_mixed_in(client):
    payment = opened()
    about = {"id": "pi_second", "metadata": at_provider(payment).metadata}
    facts = event(payment, SUCCEEDED, data={"object": about})
    post(client, facts)

    with pytest.raises(UnknownPayment):
        process_event(facts["id"], now=clock.now())

    assert state_of(payment) == "open"


@pytest.mark.parametrize(
    "named", ["", "no uuid", None, 7, "\x00", "\ud800", "00000000-0000-4000-8000-000000000000"]
)
def test_metadata_that_name_no_payment_are_tried_again(client, named):
    payment = opened()
    metadata = {**at_provider(payment).metadata, "payment": named}
    facts = event(payment, SUCCEEDED, data={"object": {"id": "pi_x", "metadata": metadata}})
    post(client, facts)

    with pytest.raises(UnknownPayment):
        process_event(facts["id"], now=clock.now())


@pytest.mark.parametrize(
    "intent", ["pi_\x00", "\ud800", "", "p" * 81, 7, [], {"id": "\x00"}, {"id": None}, None, True]
)
def test_names_that_no_database_takes_are_nobodys(deliver, intent):
    payment = opened()

    stored = deliver(payment, "refund.created", {"id": "re_1", "payment_intent": intent})

    assert (stored.state, stored.note) == ("ignored", "not our payment")
