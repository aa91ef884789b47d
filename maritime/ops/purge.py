"""Deleting rows that nobody needs any more, in small steps, so that no table grows for ever.

Likewise emptying columns of rows that stay.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
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
# Who signed in from where; long enough to look into an attack.
LOGINS_KEPT = timedelta(days=90)

Rows = Callable[[datetime], QuerySet[Any]]
_registered: dict[str, Rows] = {}
_erasures: dict[str, tuple[Rows, dict[str, Any]]] = {}


def register_purge(name: str, rows: Rows) -> None:
    """Let the clean-up delete rows of an app above too: those that `rows` selects at a moment."""
    _registered[name] = rows


def register_erasure(name: str, rows: Rows, empty: dict[str, Any]) -> None:
    """Let the clean-up write `empty` over columns of the rows that `rows` selects at a moment.

    A row that is empty may not be selected again.
    """
    _erasures[name] = rows, empty


def purge(*, now: datetime) -> dict[str, int]:
    """Delete what is old and settled, of all apps, by kind; return how many rows of each.

    Of some rows only columns are emptied.

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
        "logins": sum(
            delete_in_steps(model.objects.filter(attempt_time__lt=now - LOGINS_KEPT))
            for model in (AccessLog, AccessAttempt)
        ),
        **{name: delete_in_steps(rows(now)) for name, rows in _registered.items()},
        **{name: erase_in_steps(rows(now), empty) for name, (rows, empty) in _erasures.items()},
    }
    log.info("purged: %s", ", ".join(f"{name}={count}" for name, count in deleted.items()))
    return deleted


def delete_in_steps(rows: QuerySet[Any]) -> int:
    """Delete the rows by batches, each with a commit of its own; return how many there were."""
    return _in_steps(rows, lambda batch: batch.delete()[0])


def erase_in_steps(rows: QuerySet[Any], empty: dict[str, Any]) -> int:
    """Write `empty` over the rows' columns by batches likewise; return how many rows there were."""
    return _in_steps(rows, lambda batch: batch.update(**empty))


def _in_steps(rows: QuerySet[Any], work: Callable[[QuerySet[Any]], int]) -> int:
    total = 0
    for _ in range(BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        total += work(rows.filter(pk__in=keys))
    return total
