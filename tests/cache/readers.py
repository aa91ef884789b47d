"""Travellers who look at the same search again and again, each over a connection of his own.

`python -m tests.cache.readers PORT PATH...` lets one read for each path until it is told to end, and
prints what they got. A process of its own, so that whoever makes the changes is not held up.
"""

import http.client
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.platform import process, wait_until

PAUSE_SECONDS = 1.2


@dataclass(frozen=True)
class Seen:
    """An answer, and when it was asked for (seconds of the monotonic clock of the machine)."""

    asked_at: float
    path: str
    status: int
    body: str


@dataclass
class Readers:
    """What they got; there once they have ended."""

    answers: list[Seen] = field(default_factory=list)


@contextmanager
def reading(port: int, paths: list[str], *, folder: Path, env: dict[str, str]) -> Iterator[Readers]:
    """Let one traveller for each path look until the block ends."""
    readers, log = Readers(), folder / "readers.log"
    with process(["tests.cache.readers", str(port), *paths], env=env, log=log):
        wait_until(lambda: log.stat().st_size, what="readers read")
        yield readers
    _, *lines = log.read_text().splitlines()
    readers.answers += [Seen(*json.loads(line)) for line in lines]


def main(port: int, paths: list[str]) -> None:
    """Read until SIGTERM."""
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    seen: list[Seen] = []
    threads = [
        threading.Thread(
            target=_read, args=(port, path, PAUSE_SECONDS * index / len(paths), is_over, seen)
        )
        for index, path in enumerate(paths)
    ]
    for thread in threads:
        thread.start()
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    for thread in threads:
        thread.join()
    for each in seen:
        sys.stdout.write(json.dumps(list(vars(each).values())) + "\n")


def _read(port: int, path: str, pause: float, is_over: threading.Event, seen: list[Seen]) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not is_over.wait(pause):
        pause, asked_at = PAUSE_SECONDS, time.monotonic()
        try:
            link.request("GET", path)
            answer = link.getresponse()
            seen.append(Seen(asked_at, path, answer.status, answer.read().decode()))
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server ends a connection that was quiet for a while.
            link.close()
    link.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
