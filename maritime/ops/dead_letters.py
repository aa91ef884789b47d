"""Dead letters: jobs that failed for good, counted, told to staff, and worked off."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.urls import reverse

from maritime.ops import staff
from maritime.ops.models import Job, StaffTask

KIND = "dead_letter"


@dataclass(frozen=True)
class DeadLetters:
    """How many jobs of one task are dead, and when the oldest of them was added (UTC)."""

    task: str
    count: int
    oldest: datetime


def counts() -> list[DeadLetters]:
    """Return the dead letters by task, in alphabetical order; empty when all is well."""
    dead = Job.objects.filter(state=Job.State.DEAD).values("task").order_by("task")
    rows = dead.annotate(count=Count("pk"), oldest=Min("created_at"))
    return [DeadLetters(row["task"], row["count"], row["oldest"]) for row in rows]


def tell_staff() -> None:
    """Open one task for staff for each kind of dead letter, and close those that are worked off.

    One mail for a kind, not one for a job: a mail server that is away for a day makes hundreds.
    """
    found = counts()
    for letters in found:
        staff.open_task(
            _key(letters.task),
            kind=KIND,
            title=f"Jobs failed for good: {letters.task}",
            detail=(
                f"{letters.count} so far, the first from {letters.oldest:%Y-%m-%d %H:%M} UTC."
                " Look at their last error, mend the cause, then retry or discard them."
            ),
            path=_path(letters.task),
        )
    still = [_key(letters.task) for letters in found]
    for key in (
        StaffTask.objects.filter(kind=KIND, closed_at=None)
        .exclude(key__in=still)
        .values_list("key", flat=True)
    ):
        staff.close_task(key, by="system", note="no dead letters are left")


def _key(task: str) -> str:
    return f"dead_letters:{task}"


def _path(task: str) -> str:
    question = urlencode({"state__exact": Job.State.DEAD, "task__exact": task})
    return f"{reverse('admin:ops_job_changelist')}?{question}"
