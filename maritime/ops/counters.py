"""Counts of what happens, summed over all processes in the cache's Valkey.

Each process adds to a dictionary of its own, which a thread empties into one hash once a second: a
request pays a microsecond and never waits for Valkey. A killed process loses the last second; while
Valkey is away the numbers wait. Prometheus knows how to read a counter that began anew.
"""

import atexit
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from django_redis import get_redis_connection
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

KEY = "maritime:counters"
FLUSH_SECONDS = 1.0
# Upper bounds in seconds; from a cached answer (1 ms) to a search at its deadline.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One number: its name without ending, its part (value, bucket, sum, count) and its labels."""

    name: str
    part: str
    labels: Labels

    def field(self) -> str:
        """Return the name of its field in the hash."""
        return json.dumps([self.name, self.part, self.labels], separators=(",", ":"))


class _Pending:
    """What this process has counted and not yet added to the sums."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[Series] = Counter()
        self._pid = 0

    def add(self, series: Series, amount: int) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            self._numbers[series] += amount

    def take(self) -> Counter[Series]:
        with self._lock:
            taken, self._numbers = self._numbers, Counter()
        return taken

    def _begin(self) -> None:
        """Start the thread of this process; a forked child has its parent's numbers, but no thread."""
        self._pid = os.getpid()
        self._numbers.clear()
        threading.Thread(target=_flush_for_ever, name="counters", daemon=True).start()


_pending = _Pending()


def count(name: str, amount: int = 1, **labels: str) -> None:
    """Add to a counter. Label values come from small closed sets, never from a visitor."""
    _pending.add(Series(name, "value", tuple(sorted(labels.items()))), amount)


def observe(name: str, seconds: float, **labels: str) -> None:
    """Add a duration to a histogram."""
    own = tuple(sorted(labels.items()))
    bound = next((str(bound) for bound in BUCKETS if seconds <= bound), "+Inf")
    _pending.add(Series(name, "bucket", (*own, ("le", bound))), 1)
    _pending.add(Series(name, "sum", own), round(seconds * 1_000_000))


@contextmanager
def timed(name: str, **labels: str) -> Iterator[None]:
    """Add the duration of a block to a histogram, also when it fails."""
    started = monotonic()
    try:
        yield
    finally:
        observe(name, monotonic() - started, **labels)


def flush() -> bool:
    """Add this process's numbers to the sums now; False while Valkey is away, and they wait."""
    taken = _pending.take()
    if not taken:
        return True
    try:
        pipe = get_redis_connection("default").pipeline(transaction=False)
        for series, amount in taken.items():
            pipe.hincrby(KEY, series.field(), amount)
        pipe.execute()
    except (RedisError, OSError) as error:
        log.debug("counters wait: error=%s", type(error).__name__)
        for series, amount in taken.items():
            _pending.add(series, amount)
        return False
    return True


def totals() -> Mapping[Series, int]:
    """Return all sums; empty while Valkey is away."""
    flush()
    try:
        stored = get_redis_connection("default").hgetall(KEY)
    except (RedisError, OSError):
        return {}
    return {_series(field): int(value) for field, value in stored.items()}


def _series(field: bytes) -> Series:
    name, part, labels = json.loads(field)
    return Series(name, part, tuple((key, value) for key, value in labels))


def _flush_for_ever() -> None:
    pause = threading.Event()
    while not pause.wait(FLUSH_SECONDS):
        flush()


atexit.register(flush)
