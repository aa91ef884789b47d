import json
import logging
from datetime import UTC, datetime

import pytest
from django.test import Client

from maritime.lib import clock
from maritime.ops.models import Job
from payments import webhook_signature
from payments.models import WebhookEvent
from payments.tests.makers import URL, post, signature

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "livemode": False,
    "api_version": "2026-10-28.endive",
    "created": 1_800_000_000,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def without(name):
    return {key: value for key, value in EVENT.items() if key != name}


@pytest.mark.django_db
def test_stores_the_exact_text_with_its_job_and_answers_200(client):
    text = json.dumps(EVENT, indent=3) + "\n"

    answer = post(client, text)

    event, job = WebhookEvent.objects.get(), Job.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"received": True, "duplicate": False})
    assert (event.event_id, event.type, event.object_id) == (
        "evt_1", "payment_intent.succeeded", "pi_1",
    )  # fmt: skip
    assert (event.body, event.state, event.livemode) == (text, "received", False)
    assert event.api_version == "2026-10-28.endive"
    assert event.created == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert (job.task, job.key, job.arguments) == (
        "payments.process_payment_webhook", "event:evt_1", {"event_id": "evt_1"},
    )  # fmt: skip
    assert (job.state, job.attempts, job.max_attempts) == ("pending", 0, 10)


@pytest.mark.django_db(transaction=True)
def test_costs_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert post(client, EVENT).status_code == 200


@pytest.mark.django_db
def test_refusing_costs_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert post(client, EVENT, HTTP_STRIPE_SIGNATURE="t=1,v1=00").status_code == 400


@pytest.mark.django_db
def test_answers_200_to_a_repeated_event_and_stores_it_once(client):
    post(client, EVENT)

    answer = post(client, EVENT)

    assert (answer.status_code, answer.json()["duplicate"]) == (200, True)
    assert (WebhookEvent.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_repeated_event_wakes_its_dead_job_and_no_other(client):
    post(client, EVENT)
    Job.objects.update(state="dead", attempts=10)

    post(client, EVENT)
    assert Job.objects.values_list("state", "attempts").get() == ("pending", 0)

    Job.objects.update(state="done")
    post(client, EVENT)
    assert Job.objects.get().state == "done"


@pytest.mark.django_db
def test_needs_no_csrf_token():
    assert post(Client(enforce_csrf_checks=True), EVENT).status_code == 200


@pytest.mark.django_db
def test_takes_an_event_larger_than_a_form_may_be(client):
    assert post(client, {**EVENT, "padding": "x" * 400_000}).status_code == 200


@pytest.mark.django_db
def test_takes_text_outside_of_ascii(client):
    text = json.dumps({**EVENT, "place": "Szántódrév"}, ensure_ascii=False)

    assert post(client, text).status_code == 200
    assert WebhookEvent.objects.get().body == text


@pytest.mark.django_db
def test_job_carries_the_id_of_the_request(client):
    answer = post(client, EVENT, HTTP_X_REQUEST_ID="request-of-stripe")

    assert answer["X-Request-ID"] == "request-of-stripe"
    assert Job.objects.get().request_id == "request-of-stripe"


@pytest.mark.django_db
def test_older_secret_is_logged_by_its_number(client, caplog):
    text = json.dumps(EVENT)
    with caplog.at_level(logging.INFO, logger="payments"):
        post(client, text)
        assert "older secret" not in caplog.text
        post(client, text, HTTP_STRIPE_SIGNATURE=signature(text, secret="whsec_old"))

    assert "number=2 of 3" in caplog.text
    assert "whsec" not in caplog.text


# Odd, and signed: Stripe means something by it, so it is stored and never answered 5xx.
SIGNED_ODDITIES = {
    "NUL escape in a text": {**EVENT, "request": {"id": "a\x00b"}},
    "lone surrogate in a text": {**EVENT, "request": {"id": "\ud800"}},
    "huge whole number": {**EVENT, "pending_webhooks": 10**4000},
    "huge fraction": {**EVENT, "pending_webhooks": float("inf")},
    "no number": {**EVENT, "pending_webhooks": float("nan")},
    "created in another age": {**EVENT, "created": 10**30},
    "created before all ages": {**EVENT, "created": -(10**30)},
    "created is a fraction": {**EVENT, "created": 1.5},
    "created is true": {**EVENT, "created": True},
    "created is text": {**EVENT, "created": "yesterday"},
    "created is missing": without("created"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("facts", SIGNED_ODDITIES.values(), ids=SIGNED_ODDITIES.keys())
def test_stores_odd_events_as_they_are(client, facts):
    text = json.dumps(facts)

    assert post(client, text).status_code == 200

    event = WebhookEvent.objects.get()
    assert event.body == text
    assert (event.created is None) == (facts.get("created") != EVENT["created"])


@pytest.mark.django_db
def test_of_a_key_that_is_there_twice_the_last_counts(client):
    text = json.dumps(EVENT).replace('"id": "evt_1"', '"id": "evt_0", "id": "evt_1"')

    assert post(client, text).status_code == 200
    assert WebhookEvent.objects.get().event_id == "evt_1"


SIGNED_NONSENSE = {
    "empty": "",
    "not JSON": "{",
    "null": "null",
    "number": "1",
    "list": "[]",
    "text": '"event"',
    "empty object": "{}",
    "NUL byte": '{"id": "\x00"}',
    "NUL escape in the id": json.dumps({**EVENT, "id": "evt\x00"}),
    "lone surrogate in the id": json.dumps({**EVENT, "id": "evt_\ud800"}),
    "deep": "[" * 100_000,
    "deep inside an event": json.dumps(EVENT)[:-1] + ', "x": ' + "[" * 5000 + "]" * 5000 + "}",
    "long number": "9" * 10_000,
    "no id": json.dumps(without("id")),
    "no type": json.dumps(without("type")),
    "no data": json.dumps(without("data")),
    "id is a number": json.dumps({**EVENT, "id": 5}),
    "id is empty": json.dumps({**EVENT, "id": ""}),
    "id is long": json.dumps({**EVENT, "id": "e" * 81}),
    "type is a list": json.dumps({**EVENT, "type": []}),
    "data is null": json.dumps({**EVENT, "data": None}),
    "data is a list": json.dumps({**EVENT, "data": []}),
    "object is null": json.dumps({**EVENT, "data": {"object": None}}),
    "object id is a list": json.dumps({**EVENT, "data": {"object": {"id": ["pi_1"]}}}),
    "livemode is text": json.dumps({**EVENT, "livemode": "no"}),
    "api_version is a number": json.dumps({**EVENT, "api_version": 7}),
    "thin event": json.dumps({"id": "evt_1", "object": "v2.core.event", "type": "x"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("text", SIGNED_NONSENSE.values(), ids=SIGNED_NONSENSE.keys())
def test_refuses_signed_texts_that_are_not_events(client, text):
    answer = post(client, text)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_event")
    assert answer["Content-Type"] == "application/problem+json"
    assert (WebhookEvent.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_refuses_a_signed_body_that_is_not_utf_8(client):
    body = b'{"id": "\xff"}'
    header = webhook_signature.sign(body, secret="whsec_new", at=clock.now())

    answer = client.post(URL, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_event")
    assert WebhookEvent.objects.count() == 0


BAD_HEADERS = {
    "empty": lambda text: "",
    "other secret": lambda text: signature(text, secret="whsec_other"),
    "other text": lambda text: signature(text + " "),
    "an hour old": lambda text: signature(text, late_seconds=3600),
    "an hour ahead": lambda text: signature(text, late_seconds=-3600),
    "not ASCII": lambda text: "t=1,v1=é",
    "garbage": lambda text: "%%%",
}


@pytest.mark.django_db
@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_refuses_wrong_signatures(client, header):
    answer = post(client, EVENT, HTTP_STRIPE_SIGNATURE=header(json.dumps(EVENT)))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert (WebhookEvent.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_refuses_a_missing_signature(client):
    answer = client.post(URL, json.dumps(EVENT), content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db
def test_refuses_a_body_above_the_cap(client):
    answer = post(client, {**EVENT, "padding": "x" * 512 * 1024})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["524289", "9" * 30, "9" * 5000])
def test_refuses_a_body_that_says_to_be_too_large_before_reading_it(client, length):
    answer = post(client, EVENT, CONTENT_LENGTH=length)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["", "-5", "abc", "١٢"])
def test_length_that_is_none_is_a_body_without_its_signature(client, length):
    answer = post(client, EVENT, CONTENT_LENGTH=length)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_refuses_other_methods(client, method):
    answer = getattr(client, method)(URL)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db
def test_is_at_exactly_this_address(client):
    text = json.dumps(EVENT)
    header = {"HTTP_STRIPE_SIGNATURE": signature(text)}

    answer = client.post(URL + "/", text, content_type="application/json", **header)

    assert answer.status_code == 404
    assert WebhookEvent.objects.count() == 0
