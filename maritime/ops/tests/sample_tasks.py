"""Tasks that a test's worker runs; each leaves a line for every start in a file."""

import time
from pathlib import Path

from celery import shared_task
from django.db import connection

from maritime.lib import request_ids
from maritime.lib.errors import MaritimeError
from maritime.ops.tasks import DurableTask


class ForGood(MaritimeError):
    """Trying again is useless."""


class ForNow(MaritimeError):
    """Trying again helps."""

    permanent = False


@shared_task(base=DurableTask, name="sample.write")
def write(path: str) -> None:
    """Note the start and end well."""
    note(path)


@shared_task(base=DurableTask, name="sample.name_connection")
def name_connection(path: str) -> None:
    """Leave the number of the server's process that serves this one."""
    with connection.cursor() as cursor, Path(path).open("a") as file:
        cursor.execute("SELECT pg_backend_pid()")
        file.write(f"{cursor.fetchone()[0]}\n")


@shared_task(base=DurableTask, name="sample.fail_once")
def fail_once(path: str) -> None:
    """Fail at the first start."""
    if note(path) == 1:
        raise ValueError("a secret text that must not be stored")


@shared_task(base=DurableTask, name="sample.give_up")
def give_up(path: str) -> None:
    """Fail for good."""
    note(path)
    raise ForGood


@shared_task(base=DurableTask, name="sample.fail")
def fail(path: str) -> None:
    """Fail each time, for now."""
    note(path)
    raise ForNow


@shared_task(base=DurableTask, name="sample.hang_once")
def hang_once(path: str) -> None:
    """Hang at the first start, until killed."""
    if note(path) == 1:
        time.sleep(45)


def note(path: str) -> int:
    """Add a line and return how many there are."""
    with Path(path).open("a") as file:
        file.write("started\n")
    return starts(path)


def starts(path: str) -> int:
    """Return how often a task has started."""
    return len(Path(path).read_text().splitlines()) if Path(path).exists() else 0


@shared_task(base=DurableTask, name="sample.tell_request_id")
def tell_request_id(path: str) -> None:
    """Write down the id under which the task runs."""
    Path(path).write_text(request_ids.current())


@shared_task(base=DurableTask, name="sample.slow")
def slow(path: str) -> None:
    """Note the start, work for three seconds, note the end."""
    note(path)
    time.sleep(3)
    note(path)
