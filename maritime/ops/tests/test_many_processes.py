"""Stopping gently, and running more relays and beats than anybody needs."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from maritime.ops import broker, jobs
from maritime.ops.models import Job
from maritime.ops.tests import workers
from maritime.ops.tests.sample_tasks import starts
from maritime.ops.tests.workers import PROJECT, START_SECONDS, environment, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLES = "maritime.ops.tests.sample_tasks"
DONE = Job.State.DONE
# Longer than the task, shorter than its limit: whoever is told to stop gets this from an orchestrator.
GRACE_SECONDS = 30


@pytest.fixture(autouse=True)
def _fresh_broker():
    broker.breaker.quiet_until = 0.0
    workers.empty_broker()


def process(*words: str) -> subprocess.Popen[bytes]:
    """Start a Python process on the test's database and broker."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=PROJECT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def has_ended(pid: int) -> bool:
    """Tell whether a child of ours has ended, without waiting for it."""
    found, _ = os.waitpid(pid, os.WNOHANG)
    return found == pid


def test_a_worker_that_is_told_to_stop_finishes_its_task(tmp_path: Path) -> None:
    path = str(tmp_path / "notes")
    with workers.worker(include=SAMPLES) as pid:
        jobs.add("sample.slow", key="k", path=path)
        jobs.add("sample.slow", key="behind it", path=path)
        wait_for(lambda: starts(path) == 1)

        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: Job.objects.filter(state=DONE).exists(), seconds=GRACE_SECONDS)
        time.sleep(1)

    assert Job.objects.get(state=DONE).attempts == 1
    assert starts(path) == 2
    # The other one was handed back, or not even fetched.
    assert Job.objects.exclude(state=DONE).get().attempts == 0


def test_a_relay_ends_when_told_to(tmp_path: Path) -> None:
    with process("manage.py", "relay", "--interval", "0.1") as relay:
        lost = jobs.add("sample.write", key="k", path=str(tmp_path / "notes"))
        Job.objects.update(published_at=None)
        wait_for(lambda: Job.objects.get(pk=lost.pk).published_at is not None)

        relay.send_signal(signal.SIGTERM)
        assert relay.wait(timeout=GRACE_SECONDS) == 0


def test_three_relays_and_two_beats_run_each_job_once(tmp_path: Path) -> None:
    path, count = str(tmp_path / "notes"), 60
    with ExitStack() as stack:
        stack.enter_context(workers.worker(include=SAMPLES, pool="solo"))
        others = [process("manage.py", "relay", "--interval", "0.05") for _ in range(3)]
        for number in range(2):
            schedule = str(tmp_path / f"schedule-{number}")
            others.append(
                process("-m", "celery", "-A", "maritime", "beat", "-s", schedule, "--pidfile=")
            )
        for each in others:
            stack.callback(each.wait)
            stack.callback(each.kill)
        Job.objects.bulk_create(
            Job(task="sample.write", key=str(number), arguments={"path": path})
            for number in range(count)
        )
        wait_for(lambda: Job.objects.filter(state=DONE).count() >= count, seconds=START_SECONDS)
        time.sleep(6)

    assert starts(path) == count
    assert set(Job.objects.filter(key__in=map(str, range(count))).values_list("attempts")) == {(1,)}
