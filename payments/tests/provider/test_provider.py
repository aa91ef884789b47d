"""The stand-in answers as Stripe does: keys, pages, refusals, faults, events."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from urllib.parse import urlencode

import pytest

from maritime.lib import clock
from payments.tests.provider.server import KEY, serving
from payments.webhook_signature import verify


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


@pytest.fixture
def provider(server):
    server.reset()
    return server


def call(provider, method, path, *, key="", secret=KEY, **fields):
    """Return status and JSON of a request with form fields."""
    form = urlencode({name.replace("__", "["): value for name, value in fields.items()})
    url = f"{provider.url}/v1/{path}"
    request = urllib.request.Request(
        url if method == "POST" else f"{url}?{form}",
        data=form.encode() if method == "POST" else None,
        method=method,
        headers={"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]


def create(provider, *, key="k", amount=1000, **more):
    fields = {"amount": amount, "currency": "usd", "metadata[booking]": "ABC", **more}
    return call(provider, "POST", "payment_intents", key=key, **fields)


def paid(provider, **facts):
    intent = create(provider, **facts)[1]
    provider.controls.pay(intent["id"])
    return intent["id"]


def refund(provider, intent_id, *, key="r", **fields):
    return call(provider, "POST", "refunds", key=key, payment_intent=intent_id, **fields)


def kinds(provider):
    return [event.type for event in provider.books.events.take()]


def test_the_same_key_makes_one_intent(provider):
    first, again = create(provider), create(provider)

    assert first == again
    assert first[0] == 200
    assert first[1]["metadata"] == {"booking": "ABC"}
    assert first[1]["status"] == "requires_payment_method"
    assert len(provider.books.intents) == 1


def test_the_same_key_with_another_sum_is_an_error(provider):
    create(provider)

    status, error = create(provider, amount=1001)

    assert (status, error["type"]) == (400, "idempotency_error")


def test_a_key_is_forgotten_after_a_day(provider):
    create(provider)
    provider.age(24 * 3600 + 1)

    create(provider)

    assert len(provider.books.intents) == 2


def test_the_same_key_at_the_same_moment_is_a_conflict(provider):
    provider.faults.add("create_intent", "delay before")

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda _: create(provider)[0], range(2)))

    assert answers == [200, 409]
    assert len(provider.books.intents) == 1


def test_what_fails_its_validation_is_not_remembered(provider):
    status, error = create(provider, amount=10)
    assert (status, error["code"]) == (400, "amount_too_small")

    assert create(provider)[0] == 200


@pytest.mark.parametrize(
    ("kind", "first", "second", "made"),
    [
        ("429", 429, 200, 1),
        ("409", 409, 200, 1),
        ("503", 503, 200, 1),
        ("500 before", 500, 500, 0),
        ("500 after", 500, 500, 1),
        ("delay", 200, 200, 1),
    ],
)
def test_faults_and_what_the_key_remembers_of_them(provider, kind, first, second, made):
    provider.faults.add("create_intent", kind, seconds=0.01)

    answers = [create(provider)[0], create(provider)[0]]

    assert answers == [first, second]
    assert len(provider.books.intents) == made


def test_a_lost_answer_is_there_for_who_asks_again(provider):
    provider.faults.add("create_intent", "lost")

    with pytest.raises((HTTPException, OSError)):
        create(provider)

    assert len(provider.books.intents) == 1
    assert create(provider)[1]["id"] in provider.books.intents


def test_a_wrong_secret_is_refused(provider):
    assert call(provider, "GET", "payment_intents", secret="sk_other")[0] == 401


def test_what_does_not_exist_is_not_found(provider):
    for path in ("payment_intents/pi_0", "refunds/re_0", "disputes/du_0", "charges/ch_0"):
        status, error = call(provider, "GET", path)
        assert (status, error["code"]) == (404, "resource_missing"), path


def test_lists_have_pages_newest_first(provider):
    made = [create(provider, key=f"k{number}")[1]["id"] for number in range(5)]
    newest_first = made[::-1]

    _, first = call(provider, "GET", "payment_intents", limit=2)
    _, second = call(
        provider, "GET", "payment_intents", limit=3, starting_after=first["data"][-1]["id"]
    )

    assert [one["id"] for one in first["data"]] == newest_first[:2]
    assert [one["id"] for one in second["data"]] == newest_first[2:]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_lists_begin_at_a_moment(provider):
    create(provider, key="old")
    provider.age(3600)
    new = create(provider, key="new")[1]["id"]

    _, page = call(provider, "GET", "payment_intents", **{"created[gte]": int(time.time()) - 60})

    assert [one["id"] for one in page["data"]] == [new]


def test_what_is_paid_cannot_be_closed(provider):
    intent_id = paid(provider)

    status, error = call(provider, "POST", f"payment_intents/{intent_id}/cancel")

    assert (status, error["code"]) == (400, "payment_intent_unexpected_state")
    assert error["payment_intent"]["status"] == "succeeded"


def test_what_is_closed_stays_closed(provider):
    intent_id = create(provider)[1]["id"]

    assert call(provider, "POST", f"payment_intents/{intent_id}/cancel")[1]["status"] == "canceled"

    with pytest.raises(Exception, match="canceled"):
        provider.controls.pay(intent_id)


def test_never_more_is_refunded_than_was_paid(provider):
    intent_id = paid(provider)

    first = refund(provider, intent_id, key="a", amount=400)
    second = refund(provider, intent_id, key="b", amount=700)
    third = refund(provider, intent_id, key="c", amount=600)
    fourth = refund(provider, intent_id, key="d", amount=1)

    assert [first[0], second[0], third[0], fourth[0]] == [200, 400, 200, 400]
    assert fourth[1]["code"] == "charge_already_refunded"
    assert provider.books.net(intent_id) == 0
    listed = call(provider, "GET", "refunds", payment_intent=intent_id)[1]["data"]
    assert [one["amount"] for one in listed] == [600, 400]


def test_a_failed_refund_is_money_again(provider):
    intent_id = paid(provider)
    name = refund(provider, intent_id)[1]["id"]

    provider.controls.end_refund(name, "failed")

    assert provider.books.net(intent_id) == 1000
    assert refund(provider, intent_id, key="again")[0] == 200


def test_disputed_money_is_not_refunded(provider):
    intent_id = paid(provider)
    name = provider.controls.dispute(intent_id)

    status, error = refund(provider, intent_id)

    assert (status, error["code"]) == (400, "charge_disputed")
    assert provider.books.net(intent_id) == 0
    provider.controls.end_dispute(name, "won")
    assert provider.books.net(intent_id) == 1000
    assert refund(provider, intent_id, key="again")[0] == 200


def test_an_inquiry_holds_nothing_back(provider):
    intent_id = paid(provider)
    name = provider.controls.dispute(intent_id, inquiry=True)
    assert provider.books.net(intent_id) == 1000

    provider.controls.escalate(name)

    assert provider.books.net(intent_id) == 0


def test_fields_come_in_full_on_request(provider):
    intent_id = paid(provider)

    path = f"payment_intents/{intent_id}"
    _, intent = call(provider, "GET", path, **{"expand[0]": "latest_charge"})

    assert intent["latest_charge"]["amount_captured"] == 1000


def test_every_change_is_told_once(provider):
    provider.books.events.subscribed = None
    intent_id = create(provider)[1]["id"]
    provider.controls.decline(intent_id)
    provider.controls.ask_3ds(intent_id)
    provider.controls.process(intent_id)
    provider.controls.finish(intent_id, ok=True)
    refund(provider, intent_id)

    assert kinds(provider) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]
    assert kinds(provider) == []


def test_only_kinds_that_were_asked_for_are_told(provider):
    paid(provider)

    assert kinds(provider) == ["payment_intent.succeeded"]


def test_events_are_signed_snapshots(provider):
    provider.books.events.subscribed = None
    intent_id = create(provider)[1]["id"]
    (event,) = provider.books.events.take()
    provider.controls.pay(intent_id)

    body, header = event.signed("whsec_1")

    verify(body, header, secrets=["whsec_1"], now=clock.now())
    facts = json.loads(body)
    assert facts["data"]["object"]["status"] == "requires_payment_method"
    other = event.again(livemode=True)
    assert other.id != event.id
    assert json.loads(other.body)["livemode"] is True
