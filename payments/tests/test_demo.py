"""The demo gateway tells its news by signed events over real HTTP to a real server."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Booking
from bookings.operations.expire import end_hold
from bookings.tests.makers import held
from ferries.tests.makers import sailing
from maritime.lib import clock
from maritime.ops.models import StaffTask
from maritime.ops.tests.workers import wait_for
from payments import demo_events, demo_outcomes
from payments.errors import PaymentClosed, ProviderRefused, UnknownOutcome
from payments.gateways import gateway
from payments.models import DemoIntent, Dispute, Payment, Refund, WebhookEvent
from payments.operations.events import read_event
from payments.operations.settle import settle
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
    "3ds_wait": ("open", "payment_pending", "", ["requires_action"]),
    "delayed_ok": ("succeeded", "confirmed", "", ["processing", "succeeded"]),
    "delayed_fail": (
        "open", "payment_pending", "payment_method_provider_decline",
        ["processing", "payment_failed"],
    ),
    "told_twice": ("succeeded", "confirmed", "", ["succeeded"]),
    "close_window": ("open", "payment_pending", "", []),
    "refund_fails": ("succeeded", "confirmed", "", ["succeeded"]),
}  # fmt: skip
# What is more than one event about one payment has a test of its own below.
OWN_TESTS = {"late", "pay_twice", "dispute"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ENDS)
def test_outcome_comes_back_through_the_webhook(server, run_jobs, outcome):
    payment = opened()

    demo_outcomes.play(payment, outcome)
    run_jobs()

    payment.refresh_from_db()
    state, booking_state, failure, events = ENDS[outcome]
    assert (payment.state, payment.last_failure) == (state, failure)
    assert state_of(payment.booking) == booking_state
    assert told() == [f"payment_intent.{name}" for name in events]
    assert set(WebhookEvent.objects.values_list("state", flat=True)) <= {"done", "ignored"}
    assert Booking.objects.get().paid == (1000 if state == "succeeded" else 0)


def test_every_outcome_has_a_test():
    assert set(ENDS) | OWN_TESTS == set(demo_outcomes.OUTCOMES)


def test_every_outcome_but_the_first_stands_in_one_group():
    grouped = [name for _, names in demo_outcomes.GROUPS for name in names]

    assert sorted(["succeed", *grouped]) == sorted(demo_outcomes.OUTCOMES)


@pytest.mark.django_db(transaction=True)
def test_paid_after_the_hold_takes_the_places_again(server, run_jobs):
    payment = opened()

    demo_outcomes.play(payment, "late")
    run_jobs()

    names = list(payment.booking.events.order_by("pk").values_list("name", flat=True))
    assert names == ["held", "payment_started", "expired", "paid", "confirmed"]
    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "confirmed")


@pytest.mark.django_db(transaction=True)
def test_paid_after_the_hold_goes_back_when_the_places_are_sold(server, run_jobs):
    run = sailing(persons=1)
    payment = opened(held(run, now=clock.now()))
    DemoIntent.objects.update(status="succeeded", amount_received=1000)
    end_hold(payment.booking_id, now=clock.now())
    succeeded(held(run, now=clock.now()))

    settle(payment.pk, now=clock.now())
    run_jobs()

    refund = Refund.objects.get(payment=payment)
    assert (state_of(payment.booking), refund.state, refund.amount) == (
        "expired",
        "succeeded",
        1000,
    )


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_payments_goes_back(server, run_jobs):
    payment = opened()

    demo_outcomes.play(payment, "pay_twice")
    run_jobs()

    booking = Booking.objects.get()
    assert (booking.state, booking.paid, booking.refunded) == ("confirmed", 1000, 0)
    first, second = Payment.objects.order_by("pk")
    assert [(each.captured, each.refunded, each.counted) for each in (first, second)] == [
        (1000, 0, True), (1000, 1000, False),
    ]  # fmt: skip
    assert Refund.objects.get().state == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_fails_later_is_a_task_for_staff(server, run_jobs):
    payment = opened()
    demo_outcomes.play(payment, "refund_fails")
    run_jobs()

    refund = refunded(payment, 400)
    assert refund.state == "pending"
    run_jobs()

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == ("failed", "lost_or_stolen_card")
    assert Booking.objects.get().refunded == 0
    assert StaffTask.objects.filter(key=f"refund:{refund.public_id}", closed_at=None).exists()
    assert "refund.failed" in told()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("verdict", "charged_back"), [("won", 0), ("lost", 1000)])
def test_a_dispute_is_opened_and_decided(server, run_jobs, verdict, charged_back):
    payment = opened()
    demo_outcomes.play(payment, "dispute")
    run_jobs()

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.withdrawn) == ("needs_response", 1000)
    call_command("demo_dispute", payment.booking.reference, verdict, stdout=StringIO())
    run_jobs()

    dispute.refresh_from_db()
    payment.refresh_from_db()
    assert (dispute.state, payment.charged_back) == (verdict, charged_back)
    assert told()[-2:] == ["charge.dispute.created", "charge.dispute.closed"]


@pytest.mark.django_db
def test_only_an_open_dispute_can_be_decided(settings):
    payment = succeeded()

    with pytest.raises(CommandError, match="no open demo dispute"):
        call_command("demo_dispute", payment.booking.reference, "won")
    settings.PAYMENTS_DEMO = False
    with pytest.raises(CommandError, match="not in use"):
        call_command("demo_dispute", payment.booking.reference, "won")


@pytest.mark.django_db(transaction=True)
def test_news_may_come_several_times(server, run_jobs, settings):
    settings.DEMO_EVENT_COPIES = 3
    payment = opened()

    demo_outcomes.play(payment, "succeed")
    run_jobs()

    assert told() == ["payment_intent.succeeded"]
    assert state_of(payment.booking) == "confirmed"


@pytest.mark.django_db(transaction=True)
def test_news_may_come_late(server, settings):
    settings.DEMO_EVENT_DELAY_SECONDS = 1
    payment = opened()

    demo_outcomes.play(payment, "succeed")

    assert told() == []
    wait_for(lambda: told() == ["payment_intent.succeeded"])


@pytest.mark.django_db(transaction=True)
def test_the_gateway_lists_what_it_did_since_a_moment(server, run_jobs):
    payment = opened()
    demo_outcomes.play(payment, "dispute")
    run_jobs()
    since = clock.now() - timedelta(minutes=1)

    assert [intent.id for intent in gateway().intents_since(since)] == [payment.intent_id]
    (dispute,) = gateway().disputes_since(since)
    assert (dispute.intent_id, dispute.amount, dispute.withdrawn) == (payment.intent_id, 1000, 1000)
    assert gateway().retrieve_dispute(dispute.id) == dispute
    assert list(gateway().intents_since(clock.now())) == []
    assert list(gateway().refunds_since(since)) == []


@pytest.mark.django_db(transaction=True)
def test_delayed_payment_is_processing_until_the_worker_comes(server, run_jobs):
    payment = opened()

    intent = demo_outcomes.play(payment, "delayed_ok")

    assert intent.status == "processing"
    with pytest.raises(PaymentClosed):
        demo_outcomes.play(payment, "succeed")
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

    intent = demo_outcomes.play(payment, "succeed")

    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db
def test_ended_payment_cannot_be_played_again():
    payment = succeeded()

    with pytest.raises(PaymentClosed):
        demo_outcomes.play(payment, "decline")

    assert DemoIntent.objects.get().status == "succeeded"


@pytest.mark.django_db
def test_unknown_outcome_is_refused():
    payment = opened()

    with pytest.raises(UnknownOutcome):
        demo_outcomes.play(payment, "explode")

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
