"""What is past its soft end is shown at once while one process renews it; never what has changed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from ferries import cache
from ferries import cache_turns as turns
from ferries.models import FareRule
from ferries.tests import makers
from ferries.tests.operators.test_search import DAY

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}
SLOW_MS = 1500
# The API tells moments by the second.
NEXT_SECOND = 1.1


@pytest.fixture(autouse=True)
def _renewals_end():
    yield
    wait_for_renewals()


def wait_for_renewals():
    """Wait until no thread of this process renews anything."""
    for _ in range(turns.MOST_RENEWALS):
        assert turns._places.acquire(timeout=20)
    for _ in range(turns.MOST_RENEWALS):
        turns._places.release()


def ask(_=None):
    """Ask the API; return what it says of the cache and of the operator."""
    try:
        answer = Client().get("/api/v1/ferries/search", QUESTION)
    finally:
        connections.close_all()
    (operator,) = answer.json()["outbound"]["operators"]
    return answer["X-Cache"], operator


@pytest.mark.usefixtures("komp", "soon_stale")
def test_readers_get_the_old_answer_while_one_asks_the_operator(control, calls_of):
    _, before = ask()
    time.sleep(NEXT_SECOND)
    control(latency_ms=SLOW_MS)

    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(12)))
    seconds = time.monotonic() - started
    wait_for_renewals()
    _, after = ask()

    assert {said for said, _ in found} == {"HIT"}
    assert {operator["answered_at"] for _, operator in found} == {before["answered_at"]}
    assert seconds < SLOW_MS / 1000
    assert after["answered_at"] > before["answered_at"]
    assert calls_of("search") == 2


@pytest.mark.usefixtures("komp", "soon_stale")
def test_a_change_ends_an_answer_whatever_its_age(calls_of):
    ask()
    time.sleep(0.2)

    cache.invalidate_operator_answers("KOMP")
    said, operator = ask()

    assert (said, operator["age_seconds"]) == ("MISS", 0)
    assert calls_of("search") == 2


@pytest.mark.usefixtures("komp", "soon_stale")
def test_a_renewal_that_fails_leaves_the_answer_and_is_not_repeated_at_once(control, calls_of):
    _, before = ask()
    time.sleep(0.2)
    control(error_rate=1)

    said = [ask() for _ in range(3)]
    wait_for_renewals()
    asked = calls_of("search")
    said += [ask() for _ in range(3)]
    wait_for_renewals()

    assert {(each, operator["answered_at"]) for each, operator in said} == {
        ("HIT", before["answered_at"])
    }
    assert asked > 1
    assert calls_of("search") == asked


@pytest.mark.usefixtures("soon_stale")
def test_the_page_is_renewed_too_and_shows_a_change_at_once(client):
    run = makers.sailing()
    question = {"origin": "AAA", "destination": "BBB", "date": run.departs_at.date().isoformat()}
    first = client.get("/search/", {**question, "part": 1}).text
    time.sleep(0.2)

    stale = client.get("/search/", {**question, "part": 1}).text
    wait_for_renewals()
    fare = FareRule.objects.get(code="adult")
    fare.amount = 4711
    fare.save()
    after = client.get("/search/", {**question, "part": 1}).text

    assert first == stale
    assert "47.11" not in stale
    assert "47.11" in after


@pytest.mark.usefixtures("komp", "soon_stale")
def test_without_a_cache_nothing_is_renewed_and_everybody_is_answered(settings, calls_of):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))

    assert {(said, operator["status"]) for said, operator in found} == {("MISS", "ok")}
    assert calls_of("search") == 4


@pytest.mark.usefixtures("komp")
def test_an_operator_that_hangs_is_waited_for_once_by_all(settings, control, calls_of):
    settings.SEARCH_DEADLINE_SECONDS = 1.0
    control(latency_ms=2000)

    started = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    seconds = time.monotonic() - started

    assert {(said, operator["status"]) for said, operator in found} == {("MISS", "timeout")}
    assert calls_of("search") == 1
    assert seconds < 2
