"""The demo gateway tells its news by signed events over real HTTP to a real server."""

import json

import pytest

from bookings.models import Booking
from payments import demo_events, demo_gateway
from payments.errors import PaymentClosed, ProviderRefused, UnknownOutcome
from payments.gateways import gateway
from payments.models import DemoIntent, WebhookEvent
from payments.operations.events import read_event
from payments.tests.makers import at_provider, opened, refunded, state_of, succeeded


@pytest.fixture
def server(live_server, settings):
    settings.BASE_URL = live_server.url
    settings.STRIPE_WEBHOOK_SECRETS = []
    return live_server


def told() -> list[str]:
    return list(WebhookEvent.objects.order_by("pk").values_list("type", flat=True))


ENDS = {
    "succeed": ("succeeded", "confirmed", "", ["succeeded"]),
    "decline": ("open", "payment_pending", "card_declined", ["payment_failed"]),
    "insufficient_funds": ("open", "payment_pending", "insufficient_funds", ["payment_failed"]),
    "3ds_ok": ("succeeded", "confirmed", "", ["requires_action", "succeeded"]),
    "3ds_refused": (
        "open", "payment_pending", "payment_intent_authentication_failure",
        ["requires_action", "payment_failed"],
    ),
    "delayed_ok": ("succeeded", "confirmed", "", ["processing", "succeeded"]),
    "delayed_fail": (
        "open", "payment_pending", "payment_method_provider_decline",
        ["processing", "payment_failed"],
    ),
    "pay_twice": ("succeeded", "confirmed", "", ["succeeded"]),
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ENDS)
def test_outcome_comes_back_through_the_webhook(server, run_jobs, outcome):
    payment = opened()

    demo_gateway.play(payment, outcome)
    run_jobs()

    payment.refresh_from_db()
    state, booking_state, failure, events = ENDS[outcome]
    assert (payment.state, payment.last_failure) == (state, failure)
    assert state_of(payment.booking) == booking_state
    assert told() == [f"payment_intent.{name}" for name in events]
    assert set(WebhookEvent.objects.values_list("state", flat=True)) <= {"done", "ignored"}
    assert Booking.objects.get().paid == (1000 if state == "succeeded" else 0)


def test_every_outcome_has_a_test():
    assert set(ENDS) == set(demo_gateway.OUTCOMES)


@pytest.mark.django_db(transaction=True)
def test_delayed_payment_is_processing_until_the_worker_comes(server, run_jobs):
    payment = opened()

    intent = demo_gateway.play(payment, "delayed_ok")

    assert intent.status == "processing"
    with pytest.raises(PaymentClosed):
        demo_gateway.play(payment, "succeed")
    run_jobs()
    assert state_of(payment) == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_refund_comes_back_through_the_webhook(server, run_jobs):
    payment = succeeded()
    refunded(payment, 400)

    run_jobs()

    assert told() == ["charge.refunded"]
    assert WebhookEvent.objects.get().state == "done"
    assert Booking.objects.get().refunded == 400


@pytest.mark.django_db
def test_lost_event_is_no_error():
    payment = opened()

    intent = demo_gateway.play(payment, "succeed")

    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db
def test_ended_payment_cannot_be_played_again():
    payment = succeeded()

    with pytest.raises(PaymentClosed):
        demo_gateway.play(payment, "decline")

    assert DemoIntent.objects.get().status == "succeeded"


@pytest.mark.django_db
def test_unknown_outcome_is_refused():
    payment = opened()

    with pytest.raises(UnknownOutcome):
        demo_gateway.play(payment, "explode")

    assert DemoIntent.objects.get().status == "requires_payment_method"


@pytest.mark.django_db
def test_provider_refuses_more_than_it_received_and_unknown_intents():
    payment = succeeded()
    intent_id = payment.intent_id

    with pytest.raises(ProviderRefused):
        gateway().create_refund(intent_id=intent_id, amount=1001, key="a", metadata={})
    with pytest.raises(ProviderRefused):
        gateway().create_refund(intent_id="pi_other", amount=1, key="b", metadata={})
    with pytest.raises(ProviderRefused):
        gateway().retrieve_intent("pi_other")

    assert DemoIntent.objects.get().amount_refunded == 0


def play(client, payment, outcome, **body):
    url = f"/api/v1/demo/payments/{payment.intent_id}/{outcome}"
    return client.post(url, body, content_type="application/json")


@pytest.mark.django_db
def test_script_pays_with_the_client_secret(client):
    payment = opened()
    secret = DemoIntent.objects.get().client_secret

    answer = play(client, payment, "succeed", client_secret=secret)

    assert answer.status_code == 200
    assert answer.json() == {"payment_intent": payment.intent_id, "status": "succeeded"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "secret", "status"),
    [("succeed", "wrong", 404), ("succeed", "é", 404), ("explode", None, 404)],
)
def test_script_needs_the_right_secret_and_outcome(client, outcome, secret, status):
    payment = opened()
    secret = secret or DemoIntent.objects.get().client_secret

    assert play(client, payment, outcome, client_secret=secret).status_code == status
    assert DemoIntent.objects.get().status == "requires_payment_method"


@pytest.mark.django_db
def test_script_without_a_secret_is_told_so(client):
    assert play(client, opened(), "succeed").status_code == 422


@pytest.mark.django_db
def test_demo_address_does_not_exist_with_real_keys(client, settings):
    payment = opened()
    secret = DemoIntent.objects.get().client_secret
    settings.PAYMENTS_DEMO = False

    assert play(client, payment, "succeed", client_secret=secret).status_code == 404
    assert DemoIntent.objects.get().status == "requires_payment_method"


@pytest.mark.django_db
def test_ended_payment_answers_409(client):
    payment = opened()
    intent = at_provider(payment, status="canceled")

    answer = play(client, payment, "succeed", client_secret=intent.client_secret)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_closed")


@pytest.mark.django_db
def test_demo_events_are_shaped_as_those_of_stripe():
    payment = opened()
    intent = at_provider(payment, status="succeeded", amount_received=1000)

    paid = demo_events.intent_event(intent, "payment_intent.succeeded")
    back = demo_events.refund_event(intent)

    assert (paid["object"], paid["livemode"]) == ("event", False)
    assert paid["data"]["object"]["metadata"]["payment"] == str(payment.public_id)
    assert back["data"]["object"]["payment_intent"] == payment.intent_id
    assert read_event(json.dumps(back).encode()).type == "charge.refunded"
