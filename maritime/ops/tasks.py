"""The base of every task, and the sweep that republishes due jobs."""

from typing import Any

from celery import Task, shared_task

from maritime.lib import clock, request_ids
from maritime.lib.errors import MaritimeError
from maritime.ops import counters, dead_letters, jobs, leases, purge, staff


class DurableTask(Task):  # type: ignore[type-arg]
    """Runs a task for its job row: claim, run, mark done; or plan the next attempt.

    Celery's own retry is not used: with a time limit it repeats effects that have already
    happened (measured: one mail sent four times). The retry figures below say what the row does.
    The lease of the row is renewed while the run lives, so only that of a dead one ends.
    """

    abstract = True
    max_retries = 3
    retry_backoff = True
    retry_backoff_max = jobs.BACKOFF_CAP_SECONDS
    retry_jitter = True
    soft_time_limit = 50
    time_limit = 60
    acks_late = True
    reject_on_worker_lost = True
    ignore_result = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run under the job named in the message header, or plainly when there is none."""
        job_id = (self.request.headers or {}).get("job_id")
        if job_id is None:
            return self.run(*args, **kwargs)
        job = jobs.start(job_id)
        if job is None:
            return None
        with request_ids.bound(job.request_id or f"job-{job.pk}"):
            try:
                with leases.kept(job):
                    result = self.run(*args, **kwargs)
            except Exception as error:
                permanent = isinstance(error, MaritimeError) and error.permanent
                jobs.fail(job, error, permanent=permanent)
                counters.count("maritime_jobs_run", task=job.task, outcome="failed")
                raise
            jobs.finish(job)
            counters.count("maritime_jobs_run", task=job.task, outcome="done")
        return result


@shared_task(name="ops.publish_due_jobs", ignore_result=True)
def publish_due_jobs() -> int:
    """Publish what is due and has no recent hint, and tell staff of dead letters."""
    sent = jobs.publish_due()
    dead_letters.tell_staff()
    return sent


@shared_task(name="ops.purge", ignore_result=True)
def purge_old_rows() -> None:
    """Delete rows whose time is over."""
    purge.purge(now=clock.now())


@shared_task(base=DurableTask, name="ops.mail_staff_task")
def mail_staff_task(staff_task_id: int) -> None:
    """Mail a task to staff."""
    staff.mail_task(staff_task_id)
