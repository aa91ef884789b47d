"""Publishing to a broker that is dead, frozen or full costs next to nothing and loses nothing."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
from django.conf import settings

from maritime.ops import broker, jobs
from maritime.ops.embedded import valkey
from maritime.ops.embedded.processes import DataFolder
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_quiet_time():
    broker.breaker.quiet_until = 0.0
    yield
    broker.breaker.quiet_until = 0.0


@pytest.fixture
def own_broker(tmp_path, monkeypatch):
    """A broker that the test may freeze and kill."""
    folder = DataFolder(tmp_path / "data")
    server = valkey.broker(folder)
    url = server.start()
    monkeypatch.setattr(broker.current_app.conf, "broker_write_url", url)
    monkeypatch.setattr(broker.current_app.conf, "broker_url", url)
    yield server
    server.stop()
    folder.remove_sockets()


@contextmanager
def within(seconds: float):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def test_a_dead_broker_delays_a_job_and_nothing_else(own_broker) -> None:
    own_broker.stop()

    with within(0.3):
        jobs.add("sample.write", key="k", path="x")
    assert not broker.answers()

    assert Job.objects.get().published_at is None
    own_broker.start()
    broker.breaker.quiet_until = 0.0
    assert broker.answers()
    assert jobs.publish_due() == 1
    assert Job.objects.get().published_at is not None


def test_a_frozen_broker_costs_one_request_in_five_seconds_a_fifth_of_a_second(own_broker) -> None:
    jobs.add("sample.write", key="warm", path="x")
    pid = own_broker.child.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with within(0.45):
            jobs.add("sample.write", key="first", path="x")
        with within(0.1):
            for number in range(5):
                jobs.add("sample.write", key=f"later {number}", path="x")
        with within(0.45):
            assert not broker.answers()
    finally:
        os.kill(pid, signal.SIGCONT)

    assert Job.objects.filter(published_at=None).count() == 6


def test_a_full_broker_is_like_a_dead_one(own_broker) -> None:
    with broker._connection() as connection:
        connection.default_channel.client.config_set("maxmemory", "1kb")

    job = jobs.add("sample.write", key="k", path="x")

    job.refresh_from_db()
    assert job.published_at is None


def test_the_sweep_stops_at_the_first_refusal_and_frees_the_rest(own_broker) -> None:
    own_broker.stop()
    for number in range(3):
        jobs.add("sample.write", key=f"k{number}", path="x")
    broker.breaker.quiet_until = 0.0

    with within(0.5):
        assert jobs.publish_due() == 0

    assert Job.objects.filter(published_at=None).count() == 3


def test_asking_for_a_connection_does_not_connect(monkeypatch) -> None:
    url = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(broker.current_app.conf, "broker_write_url", url)

    assert not broker._connection().connected
    assert url != settings.CELERY_BROKER_URL
