"""Gauges of this floor: jobs that wait, dead letters, open tasks for staff."""

from collections.abc import Iterable

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily

from maritime.lib import clock
from maritime.ops import dead_letters
from maritime.ops.models import Job, StaffTask

OPEN = (Job.State.PENDING, Job.State.RUNNING)


def gauges() -> Iterable[GaugeMetricFamily]:
    """Return number and age in seconds of open jobs and dead letters by queue, and of staff tasks.

    The partial indexes of `Job` answer, however many jobs are done.
    """
    now = clock.now()
    lengths = GaugeMetricFamily(
        "maritime_jobs", "Jobs by queue and state.", labels=["queue", "state"]
    )
    ages = GaugeMetricFamily(
        "maritime_jobs_oldest_seconds", "Age of the oldest due job, by queue.", labels=["queue"]
    )
    waiting: dict[str, tuple[int, float]] = dict.fromkeys(QUEUES.values(), (0, 0.0))
    rows = (
        Job.objects.filter(state__in=OPEN)
        .values("task")
        .annotate(count=Count("pk"), oldest=Min("next_at"))
    )
    for row in rows:
        queue = queue_of(row["task"])
        count, age = waiting[queue]
        overdue = max(0.0, (now - row["oldest"]).total_seconds())
        waiting[queue] = (count + row["count"], max(age, overdue))
    for queue, (count, age) in sorted(waiting.items()):
        lengths.add_metric([queue, "open"], count)
        ages.add_metric([queue], age)
    dead: dict[str, int] = dict.fromkeys(QUEUES.values(), 0)
    oldest = 0.0
    for letters in dead_letters.counts():
        dead[queue_of(letters.task)] += letters.count
        oldest = max(oldest, (now - letters.oldest).total_seconds())
    for queue, count in sorted(dead.items()):
        lengths.add_metric([queue, "dead"], count)
    yield lengths
    yield ages
    yield GaugeMetricFamily(
        "maritime_dead_letter_oldest_seconds", "Age of the oldest dead letter.", value=oldest
    )
    yield GaugeMetricFamily(
        "maritime_staff_tasks_open",
        "Tasks that wait for staff.",
        value=StaffTask.objects.filter(closed_at=None).count(),
    )


# The app that a task's name begins with decides its queue, as in `maritime/celery.py`.
QUEUES = {"notifications": "emails", "payments": "payments", "bookings": "bookings"}


def queue_of(task: str) -> str:
    """Return the queue of a task by the app in its name."""
    return QUEUES.get(task.partition(".")[0], "bookings")
