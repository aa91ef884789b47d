"""Durable jobs: claims, retries and dead letters, from the row alone."""

from datetime import timedelta

import pytest
from django.db import transaction

from maritime.lib import clock
from maritime.ops import broker, jobs
from maritime.ops.models import Job
from maritime.ops.tests import sample_tasks, workers

pytestmark = pytest.mark.django_db
STATE = Job.State


@pytest.fixture(autouse=True)
def _fresh_broker():
    broker.breaker.quiet_until = 0.0
    workers.empty_broker()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "starts")


def job(task: str = "sample.write", **values) -> Job:
    """Return a job that is due now and has a recent hint, as `add` leaves it."""
    now = clock.now()
    defaults = {"key": f"job-{Job.objects.count()}", "next_at": now, "published_at": now}
    return Job.objects.create(task=task, **{**defaults, **values})


def messages_waiting() -> int:
    with broker._connection() as connection:
        client = connection.default_channel.client
        return sum(client.llen(queue) for queue in ("emails", "payments", "bookings"))


def ago(seconds: float):
    return clock.now() - timedelta(seconds=seconds)


def test_adding_the_same_key_again_changes_nothing() -> None:
    first = jobs.add("sample.write", key="mail:1", path="a")
    again = jobs.add("sample.fail", key="mail:1", path="b")

    assert again.pk == first.pk
    assert (again.task, again.arguments) == ("sample.write", {"path": "a"})
    assert Job.objects.count() == 1


def test_publishes_after_commit_and_once(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        jobs.add("sample.write", key="mail:1", path="a")
        jobs.add("sample.write", key="mail:1", path="a")

    assert messages_waiting() == 0
    assert len(callbacks) == 1
    callbacks[0]()
    assert messages_waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_jobs_of_one_transaction_are_all_published() -> None:
    with transaction.atomic():
        jobs.add("sample.write", key="mail:1", path="a")
        with transaction.atomic():
            jobs.add("sample.write", key="mail:2", path="b")
        jobs.add("sample.write", key="mail:3", path="c")
        assert messages_waiting() == 0

    assert messages_waiting() == 3


@pytest.mark.django_db(transaction=True)
def test_a_job_is_published_although_the_one_before_it_was_rolled_back() -> None:
    with transaction.atomic():
        with transaction.atomic():
            jobs.add("sample.write", key="mail:1", path="a")
            transaction.set_rollback(True)
        jobs.add("sample.write", key="mail:2", path="b")

    assert list(Job.objects.values_list("key", flat=True)) == ["mail:2"]
    assert messages_waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_cause_leaves_neither_row_nor_message() -> None:
    with transaction.atomic():
        jobs.add("sample.write", key="mail:1", path="a")
        transaction.set_rollback(True)

    assert Job.objects.count() == 0
    assert messages_waiting() == 0


def test_a_claim_is_given_once_and_leaves_a_lease() -> None:
    pending = job()

    claimed = jobs.start(pending.pk)
    second = jobs.start(pending.pk)

    assert claimed is not None
    assert (claimed.state, claimed.attempts) == (STATE.RUNNING, 1)
    assert timedelta(seconds=20) < claimed.locked_until - clock.now() <= timedelta(seconds=25)
    assert second is None


@pytest.mark.parametrize("state", [STATE.DONE, STATE.DEAD, STATE.DISCARDED])
def test_settled_jobs_do_not_start(state: str) -> None:
    assert jobs.start(job(state=state).pk) is None


def test_a_job_does_not_start_before_its_time_nor_without_a_row() -> None:
    assert jobs.start(job(next_at=clock.now() + timedelta(seconds=5)).pk) is None
    assert jobs.start(999_999_999) is None


def test_a_lease_that_is_over_is_taken_over_and_the_old_run_cannot_settle() -> None:
    old = jobs.start(job().pk)
    Job.objects.update(locked_until=ago(1))
    new = jobs.start(old.pk)

    jobs.finish(old)
    jobs.fail(old, ValueError(), permanent=True)

    assert new.attempts == 2
    assert Job.objects.get().state == STATE.RUNNING
    jobs.finish(new)
    assert Job.objects.get().state == STATE.DONE


def test_three_retries_then_a_dead_letter() -> None:
    failing = job()
    waits = []
    for _ in range(4):
        claimed = jobs.start(failing.pk)
        jobs.fail(claimed, ValueError("ada@example.org"), permanent=False)
        claimed.refresh_from_db()
        waits.append((claimed.next_at - clock.now()).total_seconds())
        states = claimed.state
        Job.objects.update(next_at=ago(0))

    assert states == STATE.DEAD
    assert jobs.start(failing.pk) is None
    for wait, full in zip(waits[:3], (10, 20, 40), strict=True):
        assert full / 2 - 1 < wait <= full
    failing.refresh_from_db()
    assert (failing.attempts, failing.last_error) == (4, "builtins.ValueError")


def test_waits_are_capped_and_differ() -> None:
    assert all(300 <= jobs.backoff_seconds(30) <= 600 for _ in range(50))
    assert len({jobs.backoff_seconds(1) for _ in range(10)}) == 10


def test_a_permanent_error_is_a_dead_letter_at_once() -> None:
    claimed = jobs.start(job().pk)

    jobs.fail(claimed, sample_tasks.ForGood(), permanent=True)

    claimed.refresh_from_db()
    assert (claimed.state, claimed.attempts) == (STATE.DEAD, 1)
    assert claimed.last_error == "maritime.ops.tests.sample_tasks.ForGood"


def test_a_job_that_kills_its_workers_is_a_dead_letter_after_the_last_attempt() -> None:
    poison = job(state=STATE.RUNNING, attempts=4, locked_until=ago(1))
    younger = job(state=STATE.RUNNING, attempts=3, locked_until=ago(1), published_at=ago(95))

    assert jobs.start(poison.pk) is None
    assert jobs.publish_due() == 1

    poison.refresh_from_db()
    younger.refresh_from_db()
    assert (poison.state, poison.last_error) == (STATE.DEAD, "the worker was lost")
    assert younger.state == STATE.RUNNING
    assert jobs.start(younger.pk).attempts == 4


def test_retry_gives_a_dead_letter_fresh_attempts(django_capture_on_commit_callbacks) -> None:
    dead = job(state=STATE.DEAD, attempts=4)

    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.retry(dead)
        assert not jobs.retry(dead)

    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (STATE.PENDING, 0)
    assert messages_waiting() == 1


def test_discard_settles_dead_letters_only() -> None:
    dead, pending = job(state=STATE.DEAD, last_error="x"), job()

    assert jobs.discard(dead, reason="x")
    assert not jobs.discard(pending, reason="x")

    dead.refresh_from_db()
    pending.refresh_from_db()
    assert (dead.state, dead.last_error, pending.state) == (STATE.DISCARDED, "x", STATE.PENDING)
    assert jobs.start(dead.pk) is None


def test_the_sweep_publishes_what_is_due_and_has_no_recent_hint() -> None:
    job(published_at=ago(21))
    job(published_at=None)
    job(next_at=ago(1), published_at=ago(2))
    job(state=STATE.RUNNING, locked_until=ago(1), published_at=ago(91))
    due = set(Job.objects.values_list("pk", flat=True))
    job()
    job(next_at=clock.now() + timedelta(seconds=5), published_at=ago(60))
    job(state=STATE.RUNNING, locked_until=clock.now() + timedelta(seconds=5), published_at=ago(60))
    job(state=STATE.DONE, published_at=ago(60))
    job(state=STATE.DEAD, published_at=None)

    assert jobs.publish_due() == 4
    assert messages_waiting() == 4
    assert (
        set(Job.objects.filter(published_at__gte=ago(1), pk__in=due).values_list("pk", flat=True))
        == due
    )
    assert jobs.publish_due() == 0


def test_the_sweep_empties_a_backlog_of_several_batches(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "PUBLISH_BATCH", 3)
    for _ in range(8):
        job(published_at=None)

    assert jobs.publish_due() == 8
    assert messages_waiting() == 8


def test_a_hint_that_is_lost_is_sent_again_after_a_while() -> None:
    job(next_at=ago(30), published_at=ago(18))
    assert jobs.publish_due() == 0
    Job.objects.update(published_at=ago(21))
    assert jobs.publish_due() == 1


def test_a_task_runs_for_its_job(path: str, run_jobs) -> None:
    jobs.add("sample.write", key="k", path=path)

    assert run_jobs() == ["sample.write"]
    assert sample_tasks.starts(path) == 1
    done = Job.objects.get()
    assert (done.state, done.attempts, done.last_error) == (STATE.DONE, 1, "")
    assert done.done_at is not None


def test_a_message_that_comes_twice_runs_once(path: str) -> None:
    only = job(arguments={"path": path})
    for _ in range(2):
        sample_tasks.write.apply(kwargs=only.arguments, headers={"job_id": only.pk})

    assert sample_tasks.starts(path) == 1


def test_a_task_without_a_job_runs_plainly(path: str) -> None:
    sample_tasks.write.apply(kwargs={"path": path})

    assert sample_tasks.starts(path) == 1


def test_every_task_states_its_retries_and_limits() -> None:
    task = sample_tasks.write

    assert (task.max_retries, task.retry_backoff, task.retry_jitter) == (3, True, True)
    assert (task.soft_time_limit, task.time_limit) == (50, 60)
    assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)
