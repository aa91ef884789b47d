"""Durable jobs with a real worker: run by a hint, retried from the row."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from maritime.lib import clock
from maritime.ops import broker, jobs
from maritime.ops.models import Job
from maritime.ops.tests import workers
from maritime.ops.tests.sample_tasks import starts
from maritime.ops.tests.workers import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
STATE = Job.State
SAMPLES = "maritime.ops.tests.sample_tasks"


@pytest.fixture(autouse=True)
def _no_quiet_time():
    broker.breaker.quiet_until = 0.0


@pytest.fixture(scope="module")
def worker(django_db_setup):
    workers.empty_broker()
    with workers.worker(include=SAMPLES) as pid:
        yield pid


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "starts")


def state() -> str:
    return Job.objects.get().state


def test_runs_at_once_by_the_hint(worker: int, path: str) -> None:
    started = time.monotonic()
    jobs.add("sample.write", key="k", path=path)

    wait_for(lambda: state() == STATE.DONE)

    assert starts(path) == 1
    assert Job.objects.get().attempts == 1
    assert time.monotonic() - started < 5


def test_keeps_its_connections_from_task_to_task(worker: int, path: str) -> None:
    for number in range(6):
        jobs.add("sample.name_connection", key=f"k{number}", path=path)

    wait_for(lambda: Job.objects.filter(state=STATE.DONE).count() == 6)

    # A pool of two (`workers.environment`); one that is closed after each task makes it six or more.
    assert len(set(Path(path).read_text().split())) <= 2


def test_a_second_message_for_a_done_job_does_nothing(worker: int, path: str) -> None:
    job = jobs.add("sample.write", key="k", path=path)
    wait_for(lambda: state() == STATE.DONE)
    jobs.publish(job)
    jobs.add("sample.write", key="behind it", path=path)

    wait_for(lambda: Job.objects.get(key="behind it").state == STATE.DONE)

    assert starts(path) == 2
    assert Job.objects.get(key="k").attempts == 1


def test_a_failed_job_is_retried_from_its_row_by_the_sweep(worker: int, path: str) -> None:
    jobs.add("sample.fail_once", key="k", path=path)
    wait_for(
        lambda: state() == STATE.PENDING and starts(path) == 1 and Job.objects.get().last_error
    )
    failed = Job.objects.get()
    assert failed.last_error == "builtins.ValueError"
    assert failed.next_at > clock.now() + timedelta(seconds=2)
    assert jobs.publish_due() == 0

    Job.objects.update(next_at=clock.now(), published_at=clock.now() - timedelta(seconds=5))
    assert jobs.publish_due() == 1
    wait_for(lambda: state() == STATE.DONE)

    assert starts(path) == 2


def test_a_permanent_error_is_a_dead_letter_after_one_run(worker: int, path: str) -> None:
    jobs.add("sample.give_up", key="k", path=path)

    wait_for(lambda: state() == STATE.DEAD)

    assert starts(path) == 1
