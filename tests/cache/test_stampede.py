"""200 travellers ask the same at once, and the operator takes 1.5 s to answer one of them."""

from urllib.parse import urlencode

import pytest
from django.core.cache import cache as server

from bench.clients import Load, send_all
from ferries.tests.operators.test_search import DAY, sells
from tests.journeys.platform import Platform, running_platform

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]

CLIENTS = 200
LATENCY_SECONDS = 1.5
LIMIT_SECONDS = 2.5
MOST_CALLS = 2
QUESTION = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}


def get(address: str, **more: str) -> bytes:
    """Return a request as it goes over the wire."""
    query = urlencode({**QUESTION, **more})
    return f"GET {address}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def rush(platform: Platform) -> Load:
    """Let 200 clients ask at the same moment, half of them by the API and half for the page."""
    port = int(platform.url.rpartition(":")[2])
    requests = [get("/api/v1/ferries/search"), get("/search/")] * (CLIENTS // 2)
    return send_all(port, requests, clients=CLIENTS)


@pytest.fixture
def stampede(simulator, control, calls_of, tmp_path):
    """Return a function that gives the rush on an empty and on a full cache, and operator calls."""
    sells("KOMP", simulator.url, timeout_seconds=10)

    def run(wsgi: str) -> tuple[Load, Load, int]:
        with running_platform(tmp_path, workers=0, wsgi=wsgi) as platform:
            # The first requests of a server pay for its imports and connections.
            control(latency_ms=0)
            rush(platform)
            control(latency_ms=int(LATENCY_SECONDS * 1000))
            server.clear()
            before = calls_of("search")
            cold = rush(platform)
            calls = calls_of("search") - before
            return cold, rush(platform), calls

    return run


def test_two_operator_calls_at_most_and_everybody_is_answered_in_time(stampede):
    cold, ready, calls = stampede("maritime.wsgi")

    assert 1 <= calls <= MOST_CALLS
    assert cold.answers == {200: CLIENTS}
    # Where even ready answers are slow, the machine is at fault and not the stampede.
    limit = max(LIMIT_SECONDS, LATENCY_SECONDS + 4 * ready.seconds)
    assert max(cold.taken_ms) <= limit * 1000


def test_without_the_guard_many_ask_the_operator(stampede):
    cold, _, calls = stampede("tests.cache.unguarded")

    assert calls > MOST_CALLS
    assert cold.answers[200] == CLIENTS
