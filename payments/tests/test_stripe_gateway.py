"""What goes over the wire to Stripe, and what its answers become."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
import requests
import responses
from responses import matchers

from bookings.tests.makers import held
from maritime.lib import clock
from maritime.ops.models import StaffTask
from payments import stripe_gateway
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateways import Intent, ProviderDispute, ProviderRefund, gateway
from payments.models import Payment
from payments.operations.start import start_payment

API = "https://api.stripe.com/v1"
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "requires_payment_method",
    "amount": 1105,
    "amount_received": 0,
    "currency": "usd",
    "client_secret": "pi_1_secret_2",
    "metadata": {"payment": "abc"},
    "last_payment_error": None,
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 500,
    "currency": "usd",
    "status": "pending",
    "payment_intent": "pi_1",
    "metadata": {"refund": "xyz"},
}


@pytest.fixture(autouse=True)
def _keys(settings, monkeypatch):
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = ""
    # The SDK sleeps between its own two tries.
    monkeypatch.setattr("stripe._http_client.time.sleep", lambda seconds: None)


@pytest.fixture
def api():
    with responses.RequestsMock() as mock:
        yield mock


def sent(api, number=0):
    """Return the form fields of a request and its headers."""
    request = api.calls[number].request
    fields = {name: values[0] for name, values in parse_qs(request.body or "").items()}
    return fields, request.headers


def create(**changes):
    wishes = {"amount": 1105, "currency": "USD", "key": "pi:1", "metadata": {"payment": "abc"}}
    return gateway().create_intent(**{**wishes, **changes})


def test_creates_an_intent(api):
    api.post(f"{API}/payment_intents", json=INTENT)

    intent = create()

    fields, headers = sent(api)
    assert intent == Intent(
        id="pi_1", status="requires_payment_method", amount=1105, amount_received=0,
        currency="USD", client_secret="pi_1_secret_2", metadata={"payment": "abc"},
    )  # fmt: skip
    assert fields == {
        "amount": "1105",
        "currency": "usd",
        "automatic_payment_methods[enabled]": "true",
        "metadata[payment]": "abc",
    }
    assert headers["Idempotency-Key"] == "pi:1"
    assert headers["Authorization"] == "Bearer sk_test_1"
    assert headers["Stripe-Version"] == "2026-10-28.endive"


def test_secret_is_not_shown_when_an_intent_is_printed(api):
    api.post(f"{API}/payment_intents", json=INTENT)

    assert "secret" not in repr(create())


def test_uses_another_address_and_live_mode_as_the_settings_say(api, settings):
    settings.STRIPE_API_BASE = "http://stripe.test:4242"
    settings.STRIPE_SECRET_KEY = "rk_live_1"
    api.get("http://stripe.test:4242/v1/payment_intents/pi_1", json=INTENT)

    assert gateway().retrieve_intent("pi_1").id == "pi_1"
    assert gateway().livemode is True


def test_test_keys_are_not_live():
    assert gateway().livemode is False


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "card_declined"}, "card_declined"),
        ({"message": "no code"}, ""),
    ],
)
def test_reads_why_the_last_attempt_failed(api, failure, expected):
    api.get(f"{API}/payment_intents/pi_1", json={**INTENT, "last_payment_error": failure})

    assert gateway().retrieve_intent("pi_1").last_error == expected


def test_reads_answers_of_another_api_version_with_fields_missing(api):
    few = {name: INTENT[name] for name in ("id", "object", "status", "amount", "currency")}
    api.get(f"{API}/payment_intents/pi_1", json=few)

    intent = gateway().retrieve_intent("pi_1")

    assert (intent.amount_received, intent.metadata, intent.client_secret) == (0, {}, "")


def test_sends_isk_with_the_two_decimals_that_stripe_wants(api):
    api.post(f"{API}/payment_intents", json={**INTENT, "amount": 50000, "currency": "isk"})

    intent = create(amount=500, currency="ISK")

    assert sent(api)[0]["amount"] == "50000"
    assert (intent.amount, intent.currency) == (500, "ISK")


def test_sends_jpy_as_it_is(api):
    api.post(f"{API}/payment_intents", json={**INTENT, "amount": 500, "currency": "jpy"})

    assert create(amount=500, currency="JPY").amount == 500
    assert sent(api)[0]["amount"] == "500"


def test_cancels_an_intent(api):
    api.post(f"{API}/payment_intents/pi_1/cancel", json={**INTENT, "status": "canceled"})

    assert gateway().cancel_intent("pi_1").status == "canceled"


def test_intent_that_succeeded_before_it_could_be_cancelled_comes_back_succeeded(api):
    refusal = {
        "error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
    }
    api.post(f"{API}/payment_intents/pi_1/cancel", json=refusal, status=400)
    api.get(f"{API}/payment_intents/pi_1", json={**INTENT, "status": "succeeded"})

    assert gateway().cancel_intent("pi_1").status == "succeeded"


def test_creates_a_refund(api):
    api.get(f"{API}/payment_intents/pi_1", json=INTENT)
    api.post(f"{API}/refunds", json=REFUND)

    refund = gateway().create_refund(
        intent_id="pi_1", amount=500, key="re:1", metadata={"refund": "xyz"}
    )

    fields, headers = sent(api, 1)
    assert refund == ProviderRefund(
        id="re_1", intent_id="pi_1", amount=500, status="pending", metadata={"refund": "xyz"}
    )
    assert fields == {"payment_intent": "pi_1", "amount": "500", "metadata[refund]": "xyz"}
    assert headers["Idempotency-Key"] == "re:1"


def test_lists_refunds_of_all_pages(api):
    def page(refund_id, *, has_more):
        body = {"object": "list", "url": "/v1/refunds", "has_more": has_more}
        return {**body, "data": [{**REFUND, "id": refund_id}]}

    first = {"payment_intent": "pi_1", "limit": "100"}
    for query, body in (
        (first, page("re_2", has_more=True)),
        ({**first, "starting_after": "re_2"}, page("re_1", has_more=False)),
    ):
        api.get(f"{API}/refunds", json=body, match=[matchers.query_param_matcher(query)])

    assert [refund.id for refund in gateway().list_refunds("pi_1")] == ["re_2", "re_1"]


SINCE = datetime(2026, 11, 1, tzinfo=UTC)
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1105,
    "currency": "usd",
    "status": "needs_response",
    "reason": "fraudulent",
    "payment_intent": "pi_1",
    "created": 1_800_000_000,
    "evidence_details": {"due_by": 1_801_000_000},
    "balance_transactions": [{"amount": -1105, "currency": "usd", "fee": 1500}],
}


def two_pages(api, path, first, second, **query):
    """Let a list answer with two pages; all parameters must be as expected."""
    query = {"limit": "100", **query}
    body = {"object": "list", "url": f"/v1/{path}"}
    for found, has_more, more in (
        (first, True, {}),
        (second, False, {"starting_after": first["id"]}),
    ):
        api.get(
            f"{API}/{path}",
            json={**body, "data": [found], "has_more": has_more},
            match=[matchers.query_param_matcher({**query, **more})],
        )


def test_lists_intents_refunds_and_disputes_of_all_pages(api):
    since = {"created[gte]": str(int(SINCE.timestamp()))}
    two_pages(api, "payment_intents", {**INTENT, "id": "pi_2"}, INTENT, **since)
    two_pages(api, "refunds", {**REFUND, "id": "re_2"}, REFUND, **since)
    two_pages(api, "disputes", {**DISPUTE, "id": "dp_2"}, DISPUTE, **since)

    assert [found.id for found in gateway().intents_since(SINCE)] == ["pi_2", "pi_1"]
    refunds = list(gateway().refunds_since(SINCE))
    assert [(found.id, found.intent_id) for found in refunds] == [
        ("re_2", "pi_1"), ("re_1", "pi_1"),
    ]  # fmt: skip
    assert [found.id for found in gateway().disputes_since(SINCE)] == ["dp_2", "dp_1"]


def test_a_page_that_fails_is_no_end_of_the_list(api):
    first = {"object": "list", "url": "/v1/refunds", "has_more": True, "data": [REFUND]}
    api.get(f"{API}/refunds", json=first)
    api.get(f"{API}/refunds", status=500, json={"error": {"type": "api_error"}})

    found = gateway().refunds_since(SINCE)

    assert next(found).id == "re_1"
    with pytest.raises(ProviderUnavailable):
        next(found)


def test_retrieves_a_dispute(api):
    api.get(f"{API}/disputes/dp_1", json=DISPUTE)

    assert gateway().retrieve_dispute("dp_1") == ProviderDispute(
        id="dp_1", intent_id="pi_1", amount=1105, withdrawn=1105, currency="USD",
        status="needs_response", refundable=False, reason="fraudulent",
        due_by=datetime.fromtimestamp(1_801_000_000, UTC),
        created=datetime.fromtimestamp(1_800_000_000, UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moved", "withdrawn"),
    [
        ([], 0),
        ([(-1105, "usd")], 1105),
        ([(-1105, "usd"), (1105, "usd")], 0),
        ([(-1105, "usd"), (1105, "usd"), (-1105, "usd")], 1105),
        ([(-600, "usd")], 600),
        # Of an account in another currency: how much in dollars is not told, only that it is held.
        ([(-9800, "sek")], 1105),
        ([(-9800, "sek"), (9700, "sek")], 1105),
        ([(-9800, "sek"), (9800, "sek")], 0),
    ],
)
def test_reads_what_a_dispute_withholds(api, moved, withdrawn):
    movements = [{"amount": amount, "currency": currency} for amount, currency in moved]
    api.get(f"{API}/disputes/dp_1", json={**DISPUTE, "balance_transactions": movements})

    assert gateway().retrieve_dispute("dp_1").withdrawn == withdrawn


@pytest.mark.parametrize(("flag", "refundable"), [(True, True), (False, False), (None, False)])
def test_reads_whether_an_inquiry_lets_the_payment_be_refunded(api, flag, refundable):
    asks = {**DISPUTE, "status": "warning_needs_response", "is_charge_refundable": flag}
    api.get(f"{API}/disputes/dp_1", json=asks)

    assert gateway().retrieve_dispute("dp_1").refundable is refundable


@pytest.mark.parametrize("details", [None, {}, {"due_by": None}, {"due_by": 0}])
def test_dispute_may_have_no_deadline_and_no_intent(api, details):
    few = {**DISPUTE, "evidence_details": details, "payment_intent": None}
    api.get(f"{API}/disputes/dp_1", json=few)

    found = gateway().retrieve_dispute("dp_1")

    assert (found.due_by, found.intent_id) == (None, "")


def test_reads_why_a_refund_failed_and_ids_of_expanded_objects(api):
    failed = {**REFUND, "status": "failed", "failure_reason": "expired_or_canceled_card"}
    body = {"object": "list", "url": "/v1/refunds", "has_more": False}
    api.get(f"{API}/refunds", json={**body, "data": [{**failed, "payment_intent": INTENT}]})

    (found,) = gateway().list_refunds("pi_1")

    assert (found.status, found.failure) == ("failed", "expired_or_canceled_card")
    assert found.intent_id == "pi_1"


@pytest.mark.parametrize(
    ("methods", "sent_configuration"), [("all", "pmc_all"), ("instant", "pmc_instant")]
)
def test_names_the_configuration_of_methods(api, settings, methods, sent_configuration):
    settings.STRIPE_METHOD_CONFIGURATION = "pmc_all"
    settings.STRIPE_INSTANT_METHOD_CONFIGURATION = "pmc_instant"
    api.post(f"{API}/payment_intents", json=INTENT)

    create(methods=methods)

    assert sent(api)[0]["payment_method_configuration"] == sent_configuration


def test_tells_stripe_nothing_about_our_machine(api):
    api.get(f"{API}/payment_intents/pi_1", json=INTENT)
    for _ in range(2):
        gateway().retrieve_intent("pi_1")

    headers = api.calls[1].request.headers
    assert "X-Stripe-Client-Telemetry" not in headers
    assert "telemetry_id" not in headers["X-Stripe-Client-User-Agent"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "idempotency_error", "IdempotencyError"),
        (401, "invalid_request_error", "AuthenticationError"),
        (403, "invalid_request_error", "PermissionError"),
    ],
)
def test_what_we_did_wrong_alarms_staff_once(api, status, kind, error):
    api.post(f"{API}/payment_intents", status=status, json={"error": {"type": kind}})

    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            create()

    assert StaffTask.objects.values_list("key", "kind").get() == (f"stripe:{error}", "stripe")


@pytest.mark.django_db
def test_outages_alarm_nobody(api):
    api.post(f"{API}/payment_intents", status=409, json={"error": {"type": "idempotency_error"}})

    with pytest.raises(ProviderUnavailable):
        create()

    assert StaffTask.objects.count() == 0


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", "amount_too_small"),
        (404, "invalid_request_error", "resource_missing"),
        (402, "card_error", "card_declined"),
    ],
)
def test_a_definite_no_is_permanent(api, status, kind, code):
    api.post(f"{API}/payment_intents", status=status, json={"error": {"type": kind, "code": code}})

    with pytest.raises(ProviderRefused) as refused:
        create()

    assert (refused.value.reason, refused.value.permanent) == (code, True)
    assert len(api.calls) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        ({"status": 500, "json": {"error": {"type": "api_error"}}}, 2),
        ({"status": 503, "body": "<html>Bad gateway</html>"}, 2),
        ({"status": 409, "json": {"error": {"type": "idempotency_error"}}}, 2),
        ({"status": 429, "json": {"error": {"type": "invalid_request_error"}}}, 1),
        ({"status": 200, "body": "not JSON"}, 1),
        ({"body": requests.ConnectionError("refused")}, 2),
        ({"body": requests.Timeout("too slow")}, 2),
        # Ours to repair, and no proof that an earlier call with the key did nothing.
        ({"status": 400, "json": {"error": {"type": "idempotency_error"}}}, 1),
        ({"status": 401, "json": {"error": {"type": "invalid_request_error"}}}, 1),
        ({"status": 403, "json": {"error": {"type": "invalid_request_error"}}}, 1),
    ],
)
def test_everything_else_is_unknown_and_may_be_repeated(api, answer, calls):
    api.post(f"{API}/payment_intents", **answer)

    with pytest.raises(ProviderUnavailable) as unknown:
        create()

    assert unknown.value.permanent is False
    assert [call.request.headers["Idempotency-Key"] for call in api.calls] == ["pi:1"] * calls


def test_waits_3_seconds_for_a_connection_and_10_for_an_answer(api):
    api.get(f"{API}/payment_intents/pi_1", json=INTENT)

    gateway().retrieve_intent("pi_1")

    assert api.calls[0].request.req_kwargs["timeout"] == (3, 10)


def test_keeps_one_client_for_a_key():
    assert gateway() is gateway()
    assert isinstance(gateway(), stripe_gateway.StripeGateway)


@pytest.mark.django_db
def test_unanswered_start_is_repeated_with_the_same_key(api):
    now = clock.now()
    booking = held(now=now)
    api.post(f"{API}/payment_intents", body=requests.Timeout("too slow"))
    with pytest.raises(ProviderUnavailable):
        start_payment(booking.pk, now=now)
    payment = Payment.objects.get()
    assert (payment.state, payment.intent_id) == ("open", None)
    api.replace("POST", f"{API}/payment_intents", json={**INTENT, "amount": 1000})

    started = start_payment(booking.pk, now=now)

    keys = {call.request.headers["Idempotency-Key"] for call in api.calls}
    assert keys == {f"pi:{payment.public_id}"}
    assert (started.payment, started.gateway) == (payment, "stripe")
    assert (Payment.objects.get().intent_id, started.client_secret) == ("pi_1", "pi_1_secret_2")


@pytest.mark.django_db
def test_refused_start_closes_the_payment(api):
    now = clock.now()
    booking = held(now=now)
    refusal = {"error": {"type": "invalid_request_error", "code": "amount_too_small"}}
    api.post(f"{API}/payment_intents", json=refusal, status=400)

    with pytest.raises(ProviderRefused):
        start_payment(booking.pk, now=now)

    assert Payment.objects.get().state == "canceled"
