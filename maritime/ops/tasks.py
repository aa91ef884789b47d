"""The base of every task, and the sweep that republishes due jobs."""

from typing import Any

from celery import Task, shared_task

from maritime.lib.errors import MaritimeError
from maritime.ops import jobs


class DurableTask(Task):  # type: ignore[type-arg]
    """Runs a task for its job row: claim, run, mark done; or plan the next attempt.

    Celery's own retry is not used: with a time limit it repeats effects that have already
    happened (measured: one mail sent four times). The retry figures below say what the row does.
    The lease of the row is longer than the hard limit, so a killed run never overlaps the next.
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
        try:
            result = self.run(*args, **kwargs)
        except Exception as error:
            permanent = isinstance(error, MaritimeError) and error.permanent
            jobs.fail(job, error, permanent=permanent)
            raise
        jobs.finish(job)
        return result


@shared_task(name="ops.publish_due_jobs", ignore_result=True)
def publish_due_jobs() -> int:
    """Publish what is due and has no recent hint."""
    return jobs.publish_due()
