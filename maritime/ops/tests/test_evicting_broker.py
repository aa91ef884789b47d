"""A broker that forgets when it is full is refused, by the deploy check and by workers."""

import os
import subprocess
import sys

import kombu
import pytest
from django.conf import settings

from maritime.ops import broker
from maritime.ops.redis_checks import check_broker
from maritime.ops.tests.workers import PROJECT, environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def _evicting():
    with kombu.Connection(settings.CELERY_BROKER_URL) as connection:
        client = connection.default_channel.client
        client.config_set("maxmemory-policy", "allkeys-lru")
        yield
        client.config_set("maxmemory-policy", "noeviction")


def test_a_broker_that_keeps_everything_is_accepted() -> None:
    assert broker.evicts() == ""
    assert check_broker(None) == []


@pytest.mark.usefixtures("_evicting")
def test_an_evicting_broker_is_refused_by_the_check() -> None:
    assert [error.id for error in check_broker(None)] == ["maritime.E006"]
    assert "allkeys-lru" in str(check_broker(None)[0])


@pytest.mark.usefixtures("_evicting")
def test_a_worker_does_not_start_on_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "maritime", "worker", "-c", "1", "-P", "solo"],
        cwd=PROJECT,
        env={**environment(), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode != 0
    assert "set noeviction" in ended.stderr


def test_one_server_for_both_is_refused(settings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL

    assert [error.id for error in check_broker(None)] == ["maritime.E007"]


def test_a_broker_that_does_not_answer_is_not_called_evicting(settings, monkeypatch) -> None:
    monkeypatch.setattr(broker.current_app.conf, "broker_url", "redis://127.0.0.1:1/0")

    assert broker.evicts() == ""
