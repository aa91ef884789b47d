"""What the bench's worker runs: a task that leaves the moment of its start, and nothing else."""

from celery import shared_task
from django.core.cache import cache

from maritime.lib import clock
from maritime.ops.tasks import DurableTask

KEPT_SECONDS = 60


@shared_task(name="notifications.bench_bare", ignore_result=True)
def note_start(name: str) -> None:
    """Note the start of a message of Celery without a job."""
    cache.set(name, clock.now().timestamp(), KEPT_SECONDS)


@shared_task(base=DurableTask, name="notifications.bench_job")
def note_start_of_job(name: str) -> None:
    """Note the start of a durable job."""
    cache.set(name, clock.now().timestamp(), KEPT_SECONDS)


@shared_task(name="notifications.bench_relayed", ignore_result=True)
def relayed(outbox_id: int) -> None:
    """Stand for what the bare relay publishes; no worker runs it."""
