"""The product's own workers and relay, as processes that the parts of the bench start and end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import kombu
from django.conf import settings

from maritime.ops.models import Job
from maritime.ops.tests.workers import environment

START_SECONDS = 60


@contextmanager
def running(queue: str, *, processes: int) -> Iterator[None]:
    """Run one worker for a queue with so many processes, and the relay, on an empty broker."""
    forget_jobs()
    with TemporaryDirectory() as folder:
        ready = Path(folder, "ready")
        words = f"-A maritime worker -Q {queue} -c {processes} --without-gossip --without-mingle"
        commands = (["-m", "celery", *words.split()], ["manage.py", "relay"])
        # Mails go nowhere: what the mail server takes is not ours.
        variables = environment(
            MARITIME_WORKER_READY_FILE=str(ready), EMAIL_URL="dummymail://", DATABASE_POOL_SIZE="8"
        )
        children = [
            subprocess.Popen(
                [sys.executable, *command],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for command in commands
        ]
        try:
            wait_until(ready.exists, seconds=START_SECONDS)
            yield
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(30)


def forget_jobs() -> None:
    """Delete the jobs and messages that other parts have left."""
    Job.objects.all().delete()
    with kombu.Connection(settings.CELERY_BROKER_URL) as broker:
        broker.default_channel.client.flushdb()


def wait_until(happened: Callable[[], object], *, seconds: float) -> float:
    """Wait until it has happened; return how many seconds that took, or raise TimeoutError."""
    start = time.perf_counter()
    while not happened():
        if time.perf_counter() - start > seconds:
            raise TimeoutError(f"did not happen within {seconds} s")
        time.sleep(0.02)
    return time.perf_counter() - start
