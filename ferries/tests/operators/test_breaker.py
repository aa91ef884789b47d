"""The breaker, with its state in a real Valkey."""

import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings as django_settings

from ferries.errors import CircuitOpen, NotBookable, OperatorUnavailable
from ferries.operators import breaker

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
