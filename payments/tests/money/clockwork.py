"""Time and workers of a story.

Time passes by making everything older: every moment that a table or the provider keeps moves into
the past by the same span, so our clock, the database's and the provider's go on agreeing.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

from celery import current_app
from celery.schedules import crontab
from django.apps import apps
from django.db import DatabaseError, connection
from django.db.models import DateTimeField
from django.db.models.functions import Now

from maritime.ops import dead_letters
from maritime.ops.models import Job

APPS = ("ops", "ferries", "bookings", "payments", "notifications")
# Nobody looks at the age of a ledger row, and its table refuses to be changed.
UNTOUCHED = ("payments_ledgertransaction", "payments_ledgerentry")
RUNS = 400
MAILS = ("notifications.", "ops.")
# Keys of checks end in the number of their interval; those of the past are others than now's.
PAST_KEYS = r"""
    UPDATE ops_job SET key = key || '~' || id
    WHERE state IN ('done', 'dead', 'discarded') AND key ~ ':[0-9]{5,}$'
"""


def pass_time(minutes: int) -> None:
    """Make every row so much older."""
    span = timedelta(minutes=minutes)
    with connection.cursor() as cursor:
        for table, columns in _moments():
            changes = ", ".join(f"{column} = {column} - %s" for column in columns)
            cursor.execute(f"UPDATE {table} SET {changes}", [span] * len(columns))
        cursor.execute(PAST_KEYS)


def wipe() -> None:
    """Empty all tables, quicker than TRUNCATE does it for little."""
    with connection.cursor() as cursor:
        # Without foreign keys and triggers: all rows go, so no order of tables matters.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_deletes())
        cursor.execute("SET session_replication_role = DEFAULT")


@contextmanager
def own_connection() -> Iterator[None]:
    """Give the thread's connection back at the end."""
    try:
        yield
    finally:
        connection.close()


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do all works at the same moment, each with a connection of its own; raise what they raise."""

    def alone(work: Callable[[], object]) -> object:
        with own_connection():
            return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(alone, works))


class Workers:
    """Runs the durable jobs; `crowded` workers run each job of money twice at the same moment.

    The second run has no claim, like one whose lease is over while it goes on. `mute` workers leave
    mails out, which cost more than all the rest of a short story.
    """

    def __init__(self, *, crowded: bool = False, mute: bool = False) -> None:
        self.crowded = crowded
        self.mute = mute
        _import_tasks()

    def run_due(self) -> None:
        """Run what is due until nothing is; what fails waits for its time."""
        for _ in range(RUNS):
            due = list(Job.objects.filter(state="pending", next_at__lte=Now()).order_by("pk"))
            if not due:
                return
            for job in due:
                self.run(job)
        raise AssertionError("jobs never end")

    def run_all(self) -> None:
        """Run everything, with all retries, until each job is done or dead."""
        for _ in range(RUNS):
            self.run_due()
            if not Job.objects.filter(state="pending").update(next_at=Now()):
                return
        raise AssertionError("jobs never end")

    def run(self, job: Job) -> None:
        """Run one job as a worker's message does."""
        if self.mute and job.task.startswith(MAILS):
            Job.objects.filter(pk=job.pk).update(state="discarded")
            return
        task = current_app.tasks[job.task]

        def claimed() -> None:
            task.apply(kwargs=job.arguments, headers={"job_id": job.pk}, throw=False)

        def unclaimed() -> None:
            error = task.apply(kwargs=job.arguments, throw=False).result
            if isinstance(error, DatabaseError):
                raise error

        if self.crowded and job.task.startswith(("payments.", "bookings.")):
            at_once(claimed, unclaimed)
        else:
            claimed()

    def compare(self) -> None:
        """Let the daily comparison of the books happen: fix, run the jobs, report what is left."""
        found = current_app.tasks["payments.reconcile"].apply(throw=True).result
        self.run_all()
        if found:
            current_app.tasks["payments.report_differences"].apply(throw=True)
            self.run_all()

    def sweep(self) -> None:
        """Let beat's table happen once, but for what it does by the day; then run the jobs."""
        for entry in current_app.conf.beat_schedule.values():
            app = entry["task"].partition(".")[0]
            if not isinstance(entry["schedule"], crontab) and app in ("payments", "bookings"):
                current_app.tasks[entry["task"]].apply(throw=True)
        dead_letters.tell_staff()
        self.run_due()


@cache
def _import_tasks() -> None:
    """Import the tasks of all apps: outside of a worker nobody has."""
    current_app.loader.import_default_modules()


@cache
def _moments() -> list[tuple[str, list[str]]]:
    found = []
    for model in apps.get_models():
        fields = [f.column for f in model._meta.local_fields if isinstance(f, DateTimeField)]
        table = model._meta.db_table
        if fields and model._meta.app_label in APPS and table not in UNTOUCHED:
            found.append((table, fields))
    return found


@cache
def _deletes() -> str:
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = sorted(set(connection.introspection.table_names()) - kept)
    deletes = " ".join(f'DELETE FROM "{table}";' for table in tables)
    return f"DO $$ BEGIN {deletes} END $$"
