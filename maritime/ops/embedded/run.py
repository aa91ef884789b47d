"""Run one command with services of its own: `python -m maritime.ops.embedded.run -- COMMAND...`.

The services live in a fresh temporary folder and end with the command, so runs never meet. They
replace any DATABASE_URL, REDIS_URL and CELERY_BROKER_URL of the caller: a test run empties caches
and must not do so to a server that somebody uses.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from maritime.ops.embedded import valkey
from maritime.ops.embedded.postgres import PostgreSQL
from maritime.ops.embedded.processes import (
    DataFolder,
    ServiceError,
    die_with_parent,
    end_stale,
    exclusive,
)

FOLDER_PREFIX = "maritime-run-"
NEW_SECONDS = 60.0
PROJECT = Path(__file__).resolve().parents[3]
USAGE = "usage: python -m maritime.ops.embedded.run -- COMMAND [ARGUMENT...]"


def main(argv: list[str]) -> int:
    """Run the command with services and return its exit code."""
    command = argv[1:] if argv[:1] == ["--"] else argv
    if not command:
        print(USAGE, file=sys.stderr)
        return 2
    # Turn polite requests to end into an exception, so that the services end too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with services() as urls:
            return _run(command, {**os.environ, **urls})
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"Command not found: {error.filename}", file=sys.stderr)
        return 127
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Start PostgreSQL and both Valkeys in a fresh folder; give the variables that point to them."""
    sweep_abandoned()
    folder = DataFolder(Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder.root, ignore_errors=True)
        stack.enter_context(exclusive(folder))
        stack.callback(folder.remove_sockets)
        urls = {}
        database = PostgreSQL(folder)
        stack.callback(database.erase)
        for name, service in (
            ("DATABASE_URL", database),
            ("REDIS_URL", valkey.cache(folder)),
            ("CELERY_BROKER_URL", valkey.broker(folder)),
        ):
            stack.callback(service.stop)
            urls[name] = service.start()
        yield urls


def sweep_abandoned() -> None:
    """Remove folders of runs that were killed: those whose lock is free."""
    for root in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        if root.is_symlink() or root.stat().st_uid != os.geteuid() or not _is_abandoned(root):
            continue
        folder = DataFolder(root)
        end_stale(folder)
        folder.remove_sockets()
        shutil.rmtree(root, ignore_errors=True)


def _is_abandoned(root: Path) -> bool:
    """Tell whether the folder's run is dead; leave a new one alone, it may not be locked yet."""
    if time.time() - root.stat().st_mtime < NEW_SECONDS:
        return False
    try:
        with (root / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _run(command: list[str], env: dict[str, str]) -> int:
    """Run the command in our own terminal group and return its exit code as a shell would."""
    process = subprocess.Popen(
        command,
        env=env,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one thread, two system calls
    )
    try:
        code = process.wait()
    except KeyboardInterrupt:  # let it finish its report
        if not sys.stdin.isatty():  # else the terminal told the command too
            process.send_signal(signal.SIGINT)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return code if code >= 0 else 128 - code


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
