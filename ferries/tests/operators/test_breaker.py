"""The breaker, with its state in a real Valkey."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings

from ferries.errors import CircuitOpen, NotBookable, OperatorUnavailable
from ferries.operators import breaker
from ferries.operators.breaker import State
from ferries.tests import makers

OTHER_PROCESS = """
from ferries.errors import CircuitOpen
from ferries.operators import breaker
try:
    with breaker.guarded("KOMP"):
        print("passed")
except CircuitOpen:
    print("open")
"""


def call(error=None, code="KOMP"):
    with breaker.guarded(code):
        if error:
            raise error


def fail(times, code="KOMP"):
    for _ in range(times):
        with pytest.raises(OperatorUnavailable):
            call(OperatorUnavailable(), code)


def passes(code="KOMP"):
    try:
        call(code=code)
    except CircuitOpen:
        return False
    return True


@pytest.fixture
def short(monkeypatch):
    """Let the open time be short enough to wait for."""
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 1)


def test_opens_at_the_fifth_failure():
    fail(4)
    assert passes()

    fail(1)

    assert not passes()


def test_each_operator_has_its_own():
    fail(5)

    assert passes("OTHER")


def test_a_refusal_is_an_answer_and_no_failure():
    for _ in range(6):
        with pytest.raises(NotBookable):
            call(NotBookable([]))

    assert passes()


def test_failures_of_long_ago_do_not_count(monkeypatch):
    monkeypatch.setattr(breaker, "WINDOW_SECONDS", 1)
    fail(4)
    time.sleep(1.1)

    fail(1)

    assert passes()


def test_an_open_breaker_lets_nothing_through_for_its_time(short):
    fail(5)

    assert not passes()
    time.sleep(1.1)
    assert passes()


def test_a_good_try_closes_it(short):
    fail(5)
    time.sleep(1.1)

    call()

    fail(4)
    assert passes()


def test_a_failed_try_opens_it_again_at_once(short):
    fail(5)
    time.sleep(1.1)

    fail(1)

    assert not passes()


def test_one_call_at_a_time_tries(short):
    fail(5)
    time.sleep(1.1)
    inside, leave = threading.Event(), threading.Event()

    def slow_try():
        with breaker.guarded("KOMP"):
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=slow_try)
    thread.start()
    inside.wait(5)
    second = passes()
    leave.set()
    thread.join()

    assert not second
    assert passes()


def test_all_processes_share_it():
    fail(5)

    other = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS],
        cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip

    assert other.stdout == "open\n"


def test_without_redis_everything_passes(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }

    fail(10)

    assert passes()


class TestStates:
    """What staff and figures are told."""

    def test_an_operator_that_works_is_closed(self):
        fail(2)

        assert breaker.states(["KOMP", "OTHER"]) == {
            "KOMP": State("closed", failures=2),
            "OTHER": State("closed"),
        }

    def test_one_that_failed_is_open_since_then(self, short):
        before = datetime.now(UTC)
        fail(5)

        opened = breaker.states(["KOMP"])["KOMP"]
        time.sleep(1.1)
        probing = breaker.states(["KOMP"])["KOMP"]

        assert (opened.name, opened.failures, probing.name) == ("open", 0, "probing")
        assert before <= opened.since <= datetime.now(UTC)
        assert probing.since == opened.since

    def test_failed_tries_do_not_move_the_beginning(self, short):
        fail(5)
        since = breaker.states(["KOMP"])["KOMP"].since
        time.sleep(1.1)

        fail(1)

        assert breaker.states(["KOMP"])["KOMP"] == State("open", since=since)

    def test_it_is_closed_by_hand(self):
        fail(5)

        assert breaker.close("KOMP")

        assert passes()
        assert breaker.states(["KOMP"]) == {"KOMP": State("closed")}
        assert not breaker.close("KOMP")

    def test_without_redis_nobody_knows(self, settings):
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
        }

        assert breaker.states(["KOMP"]) == {"KOMP": State("unknown")}
        assert breaker.states([]) == {}


@pytest.mark.django_db
def test_figures_tell_who_is_left_alone(client, settings):
    settings.METRICS_TOKEN = "token"
    for code in ("GOOD", "GONE", "OLD"):
        makers.operator(code, adapter="http", active=code != "OLD")
    makers.operator("HOME")
    fail(1, "GOOD")
    fail(5, "GONE")

    page = client.get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()

    names = ("maritime_operator_breaker_open{", "maritime_operator_recent_failures{")
    figures = [line for line in page.splitlines() if line.startswith(names)]
    assert figures == [
        'maritime_operator_breaker_open{operator="GONE"} 1.0',
        'maritime_operator_breaker_open{operator="GOOD"} 0.0',
        'maritime_operator_recent_failures{operator="GONE"} 0.0',
        'maritime_operator_recent_failures{operator="GOOD"} 1.0',
    ]
