"""Tasks for staff: what no rule can decide is written down once and mailed.

A task names bookings by reference and errors by code. It never holds names, addresses or what a
provider wrote in words, since it travels by mail.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q

from maritime.lib import clock
from maritime.ops import jobs
from maritime.ops.models import StaffTask

log = logging.getLogger(__name__)

MAIL_TASK = "ops.mail_staff_task"
TITLE_LENGTH = 200


def open_task(
    key: str,
    *,
    kind: str,
    title: str,
    detail: str = "",
    path: str = "",
    due_at: datetime | None = None,
) -> StaffTask:
    """Open the task of a problem and mail it to staff, in the caller's transaction.

    The same `key` names the same problem: while its task is open nothing more happens, and a closed
    one is opened (and mailed) again. `path` begins with / and leads to the page that helps.
    """
    now = clock.now()
    facts = {
        "kind": kind,
        "title": title[:TITLE_LENGTH],
        "detail": detail,
        "path": path,
        "due_at": due_at,
        "opened_at": now,
    }
    task, created = StaffTask.objects.get_or_create(key=key, defaults=facts)
    if not created:
        again = {**facts, "closed_at": None, "closed_by": "", "note": ""}
        if not StaffTask.objects.filter(~Q(closed_at=None), pk=task.pk).update(**again):
            return task
        task.refresh_from_db()
    log.error("task for staff: kind=%s key=%s", kind, key)
    jobs.add(MAIL_TASK, key=f"staff:{task.pk}:{now.timestamp():.6f}", staff_task_id=task.pk)
    return task


def close_task(key: str, *, by: str, note: str = "") -> bool:
    """Close the open task of a problem; return whether there was one."""
    opened = StaffTask.objects.filter(key=key, closed_at=None)
    return bool(opened.update(closed_at=clock.now(), closed_by=by, note=note[:200]))


def mail_task(task_id: int) -> None:
    """Mail an open task to STAFF_EMAILS; nothing is sent for one that was closed meanwhile."""
    task = StaffTask.objects.get(pk=task_id)
    if task.closed_at or not settings.STAFF_EMAILS:
        return
    lines = [task.title, task.detail]
    if task.due_at:
        lines.append(f"To be done by {task.due_at:%Y-%m-%d %H:%M} UTC.")
    if task.path:
        lines.append(settings.BASE_URL + task.path)
    EmailMessage(
        subject=f"[maritime] {task.title}",
        body="\n\n".join(line for line in lines if line),
        to=settings.STAFF_EMAILS,
    ).send()
