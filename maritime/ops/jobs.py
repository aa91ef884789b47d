"""Durable jobs: `add` a row with its cause, run it by a hint, retry from the row.

All times are the database's: leases of workers whose clocks differ must not overlap.
`docs/decisions/0002-durable-jobs.md` tells why retries live here and not in Celery.
"""

import logging
import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from maritime.lib import request_ids
from maritime.ops import broker
from maritime.ops.models import Job

log = logging.getLogger(__name__)

BACKOFF_BASE_SECONDS = 10
BACKOFF_CAP_SECONDS = 600
PUBLISH_BATCH = 200
PUBLISH_BATCHES = 10
REASON_LENGTH = 200
# One statement where get_or_create takes four, for what every booking does half a dozen times. The
# row counts as published from the start, which spares an UPDATE for each job; should the process
# die before the hint is out, the sweep sends it after JOB_REPUBLISH_SECONDS.
INSERT = """
    INSERT INTO ops_job (task, arguments, key, state, attempts, max_attempts, next_at,
        published_at, last_error, discard_reason, request_id, created_at)
    VALUES (%(task)s, %(arguments)s, %(key)s, 'pending', 0, %(max_attempts)s,
        statement_timestamp(), statement_timestamp(), '', '', %(request_id)s,
        statement_timestamp())
    ON CONFLICT (key) DO NOTHING
    RETURNING id, next_at, published_at, created_at
"""
# What the run of a job needs to know; the rest is read when it is asked for.
STARTED = ("id", "task", "state", "attempts", "max_attempts", "locked_until", "request_id")
START = f"""
    UPDATE ops_job SET state = 'running', attempts = attempts + 1,
        locked_until = statement_timestamp() + make_interval(secs => %s)
    WHERE id = %s AND attempts < max_attempts AND (
        state = 'pending' AND next_at <= statement_timestamp()
        OR state = 'running' AND locked_until <= statement_timestamp())
    RETURNING {", ".join(STARTED)}
"""  # noqa: S608 - our own names
FINISH = """
    UPDATE ops_job SET state = 'done', done_at = statement_timestamp(), locked_until = NULL,
        last_error = ''
    WHERE id = %s AND state = 'running' AND attempts = %s
"""


class _Hints:
    """The jobs of one transaction, published after its commit in one round trip."""

    def __init__(self, job: Job) -> None:
        self.jobs = [job]

    def __call__(self) -> None:
        publish(*self.jobs)


def add(task: str, *, key: str, max_attempts: int = 4, **arguments: Any) -> Job:
    """Write a job row in the caller's transaction and publish its hint after commit.

    The same key always names the same job: adding it again returns the first row unchanged.
    `max_attempts` of 4 is one run and 3 retries. Arguments are ids and plain values.
    """
    job = Job(
        task=task,
        arguments=arguments,
        key=key,
        max_attempts=max_attempts,
        request_id=request_ids.current(),
    )
    values: dict[str, Any] = {**vars(job), "arguments": Jsonb(arguments)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        row = cursor.fetchone()
    if row is None:
        return Job.objects.get(key=key)
    job.pk, job.next_at, job.published_at, job.created_at = row
    job._state.adding = False  # noqa: SLF001 - as after Django's own insert
    _publish_after_commit(job)
    return job


def publish(*batch: Job) -> bool:
    """Send the hints that let workers run the jobs now; else leave them to the next sweep."""
    sent = broker.send([broker.Hint(job.task, job.arguments, job.pk) for job in batch])
    if not sent:
        Job.objects.filter(pk__in=[job.pk for job in batch]).update(published_at=None)
    return sent


def publish_due() -> int:
    """Publish jobs that are due and have no recent hint; return how many hints went out.

    Due is: pending and its time has come, or running with a lease that is over. Jobs whose last
    attempt ended without a word (a killed worker) become dead letters first. Any number of sweeps
    may run at once.
    """
    _bury_lost()
    sent = 0
    for _ in range(PUBLISH_BATCHES):
        batch = _claim_unpublished()
        if not batch or not publish(*batch):
            break
        sent += len(batch)
        if len(batch) < PUBLISH_BATCH:
            break
    return sent


def start(job_id: int) -> Job | None:
    """Claim the job for this worker; None when it is done, dead, not due or being run elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(START, [settings.JOB_LEASE_SECONDS, job_id])
        row = cursor.fetchone()
    return Job.from_db(connection.alias, STARTED, row) if row else None


def finish(job: Job) -> None:
    """Mark the job as done, if this run still holds it."""
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [job.pk, job.attempts])


def fail(job: Job, error: BaseException, *, permanent: bool) -> None:
    """Plan the next attempt, or make the job a dead letter after the last or a permanent error.

    Only the kind of the error is kept: its text may hold personal data (mail addresses in SMTP
    answers, names in provider messages).
    """
    over = permanent or job.attempts >= job.max_attempts
    _held(job).update(
        state=Job.State.DEAD if over else Job.State.PENDING,
        next_at=Now() + timedelta(seconds=backoff_seconds(job.attempts)),
        locked_until=None,
        last_error=f"{type(error).__module__}.{type(error).__qualname__}",
    )
    log.warning(
        "job failed: job=%s task=%s attempt=%s dead=%s error=%s",
        job.pk,
        job.task,
        job.attempts,
        over,
        type(error).__qualname__,
    )


def retry(job: Job) -> bool:
    """Give a dead letter a fresh set of attempts, now; False when it is not dead (any more)."""
    revived = Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
        state=Job.State.PENDING, attempts=0, next_at=Now(), published_at=Now()
    )
    if revived:
        _publish_after_commit(job)
    return bool(revived)


def discard(job: Job, *, reason: str) -> bool:
    """Settle a dead letter without running it again; its last error stays. False if not dead."""
    dead = Job.objects.filter(pk=job.pk, state=Job.State.DEAD)
    changes = {"state": Job.State.DISCARDED, "discard_reason": reason[:REASON_LENGTH]}
    return bool(dead.update(**changes, done_at=Now()))


def backoff_seconds(attempts: int) -> float:
    """Return the wait before the next attempt: 10, 20, 40 ... s, at most 600, half of it random."""
    doublings = max(0, attempts - 1)
    full = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * float(2**doublings))
    return full / 2 + random.uniform(0, full / 2)  # noqa: S311 - jitter, not a secret


def _publish_after_commit(job: Job) -> None:
    """Let the hint go out with those of the same transaction.

    A job that is rolled back to a savepoint may leave a hint; a worker finds no row and does nothing.
    """
    for entry in connection.run_on_commit:
        if isinstance(entry[1], _Hints):
            entry[1].jobs.append(job)
            return
    transaction.on_commit(_Hints(job), robust=True)


def _due() -> Q:
    return Q(state=Job.State.PENDING, next_at__lte=Now()) | Q(
        state=Job.State.RUNNING, locked_until__lte=Now()
    )


def _held(job: Job) -> QuerySet[Job]:
    """Select the job while this run holds it: a run that lost its lease must not settle it."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _bury_lost() -> None:
    """Make dead letters of jobs whose worker vanished in the last attempt (poison stops here)."""
    buried = Job.objects.filter(
        state=Job.State.RUNNING, locked_until__lte=Now(), attempts__gte=F("max_attempts")
    ).update(state=Job.State.DEAD, locked_until=None, last_error="the worker was lost")
    if buried:
        log.warning("jobs are dead letters, their workers were lost: count=%s", buried)


def _claim_unpublished() -> list[Job]:
    stale = Now() - timedelta(seconds=settings.JOB_REPUBLISH_SECONDS)
    # A hint older than next_at was for an earlier attempt.
    quiet = Q(published_at=None) | Q(published_at__lte=stale) | Q(published_at__lt=F("next_at"))
    with transaction.atomic():
        jobs = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(_due() & quiet)
            .order_by("next_at", "pk")[:PUBLISH_BATCH]
        )
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(published_at=Now())
    return jobs
