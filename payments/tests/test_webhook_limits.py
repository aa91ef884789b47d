"""Who knocks without a signature again and again is told to wait; who has one never is."""

import json

import pytest
from django_redis import get_redis_connection
from rest_framework.settings import api_settings

from payments.api import refusals
from payments.models import WebhookEvent
from payments.tests.makers import URL, post

pytestmark = pytest.mark.django_db
EVENT = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}
LIMIT = 3


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.WEBHOOK_REFUSALS_PER_MINUTE = LIMIT
    refusals.forget()
    yield
    refusals.forget()


def knock(client, **headers):
    """Send what is refused."""
    return post(client, EVENT, HTTP_STRIPE_SIGNATURE="t=1,v1=00", **headers)


def exhaust(client, **headers):
    return [knock(client, **headers).status_code for _ in range(LIMIT)]


def test_refusals_above_the_limit_are_answered_429(client):
    assert exhaust(client) == [400] * LIMIT

    answer = knock(client)

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["retry_after"] == int(answer["Retry-After"])
    assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize(
    "refused",
    [
        lambda client: client.get(URL),
        lambda client: client.post(URL, "{}", content_type="application/json"),
        lambda client: post(client, "x" * (512 * 1024 + 1)),
    ],
    ids=["method", "no signature", "too large"],
)
def test_every_kind_of_refusal_counts(client, refused):
    exhaust(client)

    assert refused(client).status_code == 429


def test_signed_events_are_never_limited(client):
    exhaust(client)
    assert knock(client).status_code == 429

    assert post(client, EVENT).status_code == 200
    assert knock(client).status_code == 429


def test_signed_nonsense_is_not_counted(client):
    for _ in range(LIMIT + 2):
        assert post(client, "[]").status_code == 400

    assert knock(client).status_code == 400


def test_other_addresses_are_not_held_responsible(client):
    exhaust(client, REMOTE_ADDR="192.0.2.1")

    assert knock(client, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert knock(client, REMOTE_ADDR="192.0.2.2").status_code == 400


def test_nobody_escapes_by_naming_another_address(client):
    exhaust(client, HTTP_X_FORWARDED_FOR="192.0.2.7")

    assert knock(client, HTTP_X_FORWARDED_FOR="192.0.2.8").status_code == 429


def test_behind_a_proxy_the_address_is_the_one_that_it_saw(client, monkeypatch):
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    exhaust(client, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.7")

    assert knock(client, HTTP_X_FORWARDED_FOR="10.1.1.1, 192.0.2.7").status_code == 429
    assert knock(client, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.8").status_code == 400


def test_the_count_is_shared_by_processes_and_ends_by_itself(client):
    exhaust(client)
    refusals.forget()

    assert knock(client).status_code == 429
    (key,) = get_redis_connection("default").keys("maritime:1:refused:*")
    assert 1 <= get_redis_connection("default").ttl(key) <= 60
    assert b"127.0.0.1" not in key


def test_refusing_costs_no_query_also_above_the_limit(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        exhaust(client)
        assert knock(client).status_code == 429


def test_text_of_the_answer_is_a_problem_document(client):
    exhaust(client)

    answer = knock(client)

    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 429
