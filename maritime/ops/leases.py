"""Keeps the leases of the jobs that this process runs from ending while it lives.

So a lease can be much shorter than the longest run that is allowed: the work of a worker that was
killed or that froze is taken up by another one within seconds, and that of a slow one is left to it.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache as keep_for_ever
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from maritime.ops.models import Job

log = logging.getLogger(__name__)

# So often within one lease, so that one beat may be late or fail.
BEATS = 3
# Not by the primary key alone: a run that lost its lease must not lengthen that of its successor.
RENEW = """
    UPDATE ops_job SET locked_until = statement_timestamp() + make_interval(secs => %s)
    FROM unnest(%s::bigint[], %s::smallint[]) AS ours (id, attempts)
    WHERE ops_job.id = ours.id AND ops_job.attempts = ours.attempts AND state = 'running'
"""


@contextmanager
def kept(job: Job) -> Iterator[None]:
    """Keep the lease of a job that was just claimed until the block ends."""
    keeper = _keeper(os.getpid())
    keeper.jobs[job.pk] = job.attempts
    try:
        yield
    finally:
        keeper.jobs.pop(job.pk, None)


class _Keeper:
    """A thread that renews what is in `jobs`: attempts by primary key.

    It asks the database only when a run lasts longer than a beat, which hardly any does.
    """

    def __init__(self) -> None:
        self.jobs: dict[int, int] = {}
        threading.Thread(target=self._beat, name="leases", daemon=True).start()

    def _beat(self) -> None:
        wait = threading.Event().wait
        while not wait(settings.JOB_LEASE_SECONDS / BEATS):
            running = self.jobs.copy()
            if running:
                self._renew(running)

    def _renew(self, running: dict[int, int]) -> None:
        values: list[Any] = [settings.JOB_LEASE_SECONDS, [*running], [*running.values()]]
        try:
            with connection.cursor() as cursor:
                cursor.execute(RENEW, values)
        except DatabaseError as error:
            log.warning("leases were not renewed: error=%s", type(error).__name__)
        finally:
            connection.close()


@keep_for_ever
def _keeper(_pid: int) -> _Keeper:
    """Return the keeper of this process; forked children need a thread of their own."""
    return _Keeper()
