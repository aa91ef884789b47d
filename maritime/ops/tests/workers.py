"""A real Celery worker in a process of its own, on the test's database and broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import kombu
from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[3]
START_SECONDS = 90


@contextmanager
def worker(*, pool: str = "prefork", include: str = "", **variables: str) -> Iterator[int]:
    """Start a worker for all queues; give its process id, which is also its process group's.

    `variables` are added to its environment. All of its processes are killed at the end.
    """
    with TemporaryDirectory() as folder:
        ready, log = Path(folder, "ready"), Path(folder, "log")
        words = f"-A maritime worker -Q emails,payments,bookings -c 1 --pool {pool}"
        words += f" --without-gossip --without-mingle {f'-I {include}' if include else ''}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", *words.split()],
                cwd=PROJECT,
                env=environment(MARITIME_WORKER_READY_FILE=str(ready), **variables),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: ready.exists() or process.poll() is not None, seconds=START_SECONDS)
            assert process.poll() is None, log.read_text()
            yield process.pid
        finally:
            kill(process.pid)
            process.wait()


def kill(group: int) -> None:
    """Kill all processes of the group without a chance to say goodbye."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a child process that works on the test's database and broker."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_POOL_SIZE": "2",
        **variables,
    }


def database_url() -> str:
    """Return the address of the test's own database."""
    values = connection.settings_dict
    login = quote(values["USER"], safe="")
    if values["PASSWORD"]:
        login += ":" + quote(values["PASSWORD"], safe="")
    host = quote(values["HOST"], safe="")
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{login}@{host}{port}/{values['NAME']}"


def empty_broker() -> None:
    """Forget the messages that earlier tests have left."""
    with kombu.Connection(settings.CELERY_BROKER_URL) as broker:
        broker.default_channel.client.flushdb()


def wait_for(happened: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until it has happened; fail when it does not."""
    give_up = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < give_up, f"did not happen within {seconds} s"
        time.sleep(0.05)
