"""Whatever goes wrong under /api/ is answered as problem details, and elsewhere as a page."""

import pytest

from ferries.api import views
from maritime.lib import request_ids


def read(answer, status, code):
    """Return the problem document of an answer after looking at what all of them have."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(f"/api/docs/#problem-{code}")
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "address", ["/api/v1/nothing", "/api/v1/ports/", "/api/v2/ports", "/api/nothing/at/all"]
)
def test_no_such_address(client, db, settings, address, debug):
    settings.DEBUG = debug

    read(client.get(address), 404, "not_found")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/api/v1/ports", "GET, HEAD, OPTIONS"),
        ("/api/v1/ferries/search", "GET, HEAD"),
        ("/api/v1/bookings/ABC", "GET, HEAD, OPTIONS"),
    ],
)
def test_no_such_method(client, db, address, allowed):
    answer = client.put(address)

    read(answer, 405, "method_not_allowed")
    assert answer["Allow"] == allowed


def test_no_webhook_by_get(client, db):
    answer = client.get("/api/v1/webhooks/stripe")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Allow"] == "POST"


def test_a_body_that_is_no_json(client, db):
    broken = client.post("/api/v1/quotes", "{", content_type="application/json")
    other = client.post("/api/v1/quotes", "a=1", content_type="application/x-www-form-urlencoded")

    read(broken, 400, "parse_error")
    read(other, 415, "unsupported_media_type")


def test_a_body_that_is_too_large(client, db):
    answer = client.post("/api/v1/quotes", {"legs": "x" * 300_000}, content_type="application/json")

    read(answer, 413, "payload_too_large")


def test_an_answer_of_another_kind(client, db):
    read(client.get("/api/v1/ports", headers={"accept": "text/html"}), 406, "not_acceptable")


def test_a_host_that_is_not_ours(client, db):
    read(client.get("/api/v1/ferries/search", headers={"host": "evil.example"}), 400, "bad_request")


def test_staff_only(client, db):
    read(client.post("/api/v1/admin/bookings/ABC/cancel"), 403, "not_authenticated")


def test_a_bug_tells_the_id_of_its_log_lines_and_nothing_else(client, db, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(views.network, "ports", lambda: 1 / 0)

    answer = client.get("/api/v1/ports", headers={"x-request-id": "of-this-request"})

    body = read(answer, 500, "server_error")
    assert body["request_id"] == "of-this-request"
    assert "division" not in answer.text
    assert request_ids.current() == ""


def test_other_addresses_answer_with_pages(client, db):
    answer = client.get("/apiary")

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_answers_tell_what_is_left_of_the_rate(client, db, settings, monkeypatch):
    monkeypatch.setattr("maritime.lib.throttle.RateThrottle.THROTTLE_RATES", {"lookup": "2/min"})

    answers = [client.get("/api/v1/bookings/ABCDEF?surname=x") for _ in range(3)]

    assert [answer["RateLimit-Policy"] for answer in answers] == ['"lookup";q=2;w=60'] * 3
    assert [answer["RateLimit"].rpartition(";")[0] for answer in answers] == [
        '"lookup";r=1',
        '"lookup";r=0',
        '"lookup";r=0',
    ]
    assert "Retry-After" not in answers[1]
    read(answers[2], 429, "throttled")
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert answers[2]["RateLimit"] == f'"lookup";r=0;t={answers[2]["Retry-After"]}'


def test_nothing_is_told_of_a_rate_that_could_not_be_counted(client, db, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://[::1]:1/0"}}

    assert "RateLimit" not in client.get("/api/v1/bookings/ABCDEF?surname=x")
