"""Deleting rows that nobody needs any more, in small steps, so that no table grows for ever."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from maritime.ops.models import IdempotentRequest, Job, StaffTask

log = logging.getLogger(__name__)

# Long enough to look into a complaint.
JOBS_KEPT = timedelta(days=30)
# A client that repeats a request does so within minutes; Stripe, too, forgets keys after a day.
KEYS_KEPT = timedelta(days=2)
TASKS_KEPT = timedelta(days=365)
BATCH = 1000
# A first clean-up after years ends anyhow; the next night goes on.
BATCHES = 500


def purge(*, now: datetime) -> dict[str, int]:
    """Delete ended jobs, old idempotency keys, closed tasks and sessions; return how many of each.

    Open jobs and dead letters stay until they are settled. Any number of runs may overlap.
    """
    settled = Job.objects.filter(
        state__in=(Job.State.DONE, Job.State.DISCARDED), done_at__lt=now - JOBS_KEPT
    )
    deleted = {
        "jobs": delete_in_steps(settled),
        "idempotency keys": delete_in_steps(
            IdempotentRequest.objects.filter(created_at__lt=now - KEYS_KEPT)
        ),
        "staff tasks": delete_in_steps(StaffTask.objects.filter(closed_at__lt=now - TASKS_KEPT)),
        "sessions": delete_in_steps(Session.objects.filter(expire_date__lt=now)),
    }
    log.info("purged: %s", ", ".join(f"{name}={count}" for name, count in deleted.items()))
    return deleted


def delete_in_steps(rows: QuerySet[Any]) -> int:
    """Delete the rows by batches, each with a commit of its own; return how many there were."""
    total = 0
    for _ in range(BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        total += rows.filter(pk__in=keys).delete()[0]
    return total
