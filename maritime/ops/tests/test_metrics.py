"""Counters of all processes are summed, gauges are asked for, and only the token's owner reads them."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.cache import cache
from prometheus_client.parser import text_string_to_metric_families

from maritime.lib import clock
from maritime.ops import counters, metrics
from maritime.ops.counters import Series
from maritime.ops.models import Job, StaffTask
from maritime.ops.tests.workers import PROJECT, environment

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def _fresh():
    counters._pending.take()
    cache.clear()


def read() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample of the exposition as Prometheus would read it."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_counts_and_durations_come_out_as_prometheus_reads_them() -> None:
    counters.count("maritime_searches", cache="hit")
    counters.count("maritime_searches", 4, cache="hit")
    counters.count("maritime_searches", cache="miss")
    for seconds in (0.004, 0.3, 30):
        counters.observe("maritime_request_seconds", seconds, view="search")

    figures = read()

    assert figures["maritime_searches_total", (("cache", "hit"),)] == 5
    assert figures["maritime_searches_total", (("cache", "miss"),)] == 1
    name = "maritime_request_seconds"
    bucket = {
        bound: figures[f"{name}_bucket", (("le", bound), ("view", "search"))]
        for bound in ("0.005", "0.25", "0.5", "10.0", "+Inf")
    }
    assert bucket == {"0.005": 1, "0.25": 1, "0.5": 2, "10.0": 2, "+Inf": 3}
    assert figures[f"{name}_count", (("view", "search"),)] == 3
    assert figures[f"{name}_sum", (("view", "search"),)] == pytest.approx(30.304)


def test_processes_add_up_and_one_that_ends_loses_nothing() -> None:
    counters.count("maritime_bookings", step="held")
    program = "import django; django.setup(); from maritime.ops import counters;"
    program += " counters.count('maritime_bookings', 2, step='held')"
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=environment(DJANGO_SETTINGS_MODULE="maritime.settings"),
        check=True,
    )

    assert counters.totals()[Series("maritime_bookings", "value", (("step", "held"),))] == 3


def test_numbers_wait_while_the_cache_is_away(settings, monkeypatch) -> None:
    def away(_alias: str) -> None:
        raise ConnectionError

    counters.count("maritime_bookings", step="held")
    with monkeypatch.context() as patched:
        patched.setattr("maritime.ops.counters.get_redis_connection", away)
        assert not counters.flush()
        assert counters.totals() == {}
    assert counters.totals()[Series("maritime_bookings", "value", (("step", "held"),))] == 1


def test_jobs_are_shown_by_queue_with_the_age_of_the_oldest() -> None:
    now = clock.now()
    rows = [
        ("payments.send_refund", Job.State.PENDING, 40),
        ("payments.settle", Job.State.RUNNING, 10),
        ("notifications.send", Job.State.DEAD, 90),
        ("ferries.audit_capacity", Job.State.DONE, 900),
    ]
    for index, (task, state, age) in enumerate(rows):
        Job.objects.create(
            task=task, key=str(index), state=state, next_at=now - timedelta(seconds=age)
        )
    StaffTask.objects.create(key="x", kind="x", title="x", opened_at=now)

    figures = read()

    assert figures["maritime_jobs", (("queue", "payments"), ("state", "open"))] == 2
    assert figures["maritime_jobs", (("queue", "emails"), ("state", "dead"))] == 1
    assert figures["maritime_jobs", (("queue", "bookings"), ("state", "open"))] == 0
    assert 40 <= figures["maritime_jobs_oldest_seconds", (("queue", "payments"),)] < 60
    assert figures["maritime_jobs_oldest_seconds", (("queue", "bookings"),)] == 0
    assert figures["maritime_staff_tasks_open", ()] == 1


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
def test_the_page_is_not_there_for_others(client, settings, header: str) -> None:
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_there_is_no_page_without_a_token(client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_owner_of_the_token_reads_all(client, settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    client.get("/healthz")
    client.get("/nothing-here")

    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    text = answer.content.decode()
    assert 'maritime_requests_total{method="GET",status="4xx",view="none"} 1.0' in text
    assert "healthz" not in text


def test_a_strange_method_makes_no_series_of_its_own(client) -> None:
    client.generic("BREW", "/nothing-here")

    assert counters.totals()[
        Series(
            "maritime_requests", "value", (("method", "other"), ("status", "4xx"), ("view", "none"))
        )
    ]
