"""Who makes a value that the cache does not have, or has no longer fresh, while others want it too.

In one process those who want the same value stand in line: the first makes it, the others look
again. Among processes a key of the cache says whose turn it is. Nobody waits longer than his caller
allows, and without a cache nobody waits at all: waiting could bring him nothing.
"""

import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache as keep_for_ever
from typing import TypeVar

from django.db import connections

from ferries import cache_link as link

log = logging.getLogger(__name__)

POLL_SECONDS = 0.02
# A process that dies while it fills keeps the turn for so long after its time is over.
GRACE_SECONDS = 1.5
# A value that is past its soft end is renewed at most so often, all processes together.
RENEW_SECONDS = 5
RENEWING_THREADS = 2
MOST_RENEWALS = 16

T = TypeVar("T")
_is_renewing: contextvars.ContextVar[bool] = contextvars.ContextVar("renewing", default=False)
_places = threading.BoundedSemaphore(MOST_RENEWALS)


@dataclass
class _Line:
    """Those in this process who want the same value; the first of them has the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    length: int = 0


class _Lines:
    """The lines of this process, by what is wanted."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._lines: dict[str, _Line] = {}

    @contextmanager
    def first_in(self, key: str, *, ends: float) -> Iterator[bool]:
        """Wait to be the first until the time is over; tell whether there was anybody before."""
        with self._guard:
            line = self._lines.setdefault(key, _Line())
            line.length += 1
        at_once = line.lock.acquire(blocking=False)
        is_first = at_once or line.lock.acquire(timeout=max(0, ends - time.monotonic()))
        try:
            yield not at_once
        finally:
            if is_first:
                line.lock.release()
            with self._guard:
                line.length -= 1
                if not line.length:
                    del self._lines[key]


_lines = _Lines()


def in_line(key: str, *, look: Callable[[], T | None], fill: Callable[[], T], ends: float) -> T:
    """Return what `look` finds after those before in this process's line, or what `fill` makes.

    `ends` is the moment of the monotonic clock at which waiting is over.
    """
    if link.is_away():
        return fill()
    with _lines.first_in(key, ends=ends) as has_waited:
        found = look() if has_waited else None
        return fill() if found is None else found


def by_turn(
    key: str,
    *,
    look: Callable[[], T | None],
    fill: Callable[[], T],
    free: Callable[[], None],
    ends: float,
) -> T:
    """Return what another process filled meanwhile, or fill it here; `free` gives the turn back.

    Who gets no turn by the moment `ends` fills without one.
    """
    milliseconds = int((max(0, ends - time.monotonic()) + GRACE_SECONDS) * 1000)
    has_waited = False
    while not (is_ours := _takes(key, milliseconds)) and _is_given_back(key, ends=ends):
        has_waited = True
        found = look()
        if found is not None:
            return found
    try:
        # Another may have filled it between our look and our turn.
        found = look() if has_waited and is_ours else None
        return fill() if found is None else found
    finally:
        if is_ours:
            free()


def renew_behind(key: str, make: Callable[[], object]) -> None:
    """Let one process of all make a value anew in a thread of its own; return at once.

    What is past its soft end is a miss for `make`. Failures are logged; the next try is 5 s away.
    """
    if not _places.acquire(blocking=False):
        return
    if not link.call(lambda redis: redis.set(key, b"1", nx=True, ex=RENEW_SECONDS)):
        _places.release()
        return
    # Its own copy of the context: the id of the request and the language go along.
    context = contextvars.copy_context()
    _pool(os.getpid()).submit(context.run, _renew, make).add_done_callback(_has_renewed)


def is_renewing() -> bool:
    """Tell whether this thread makes a value anew, so that what is not fresh is of no use."""
    return _is_renewing.get()


def _takes(key: str, milliseconds: int) -> bool:
    """Tell whether the turn is ours; without a cache it always is."""
    taken = link.call(lambda redis: redis.set(key, b"1", nx=True, px=milliseconds) or False)
    return taken is not False


def _is_given_back(key: str, *, ends: float) -> bool:
    """Wait until nobody has the turn; False if that did not happen in time."""
    while time.monotonic() < ends:
        time.sleep(POLL_SECONDS)
        if not link.call(lambda redis: redis.exists(key)):
            return True
    return False


def _renew(make: Callable[[], object]) -> None:
    _is_renewing.set(True)
    try:
        make()
    finally:
        connections.close_all()


def _has_renewed(future: Future[None]) -> None:
    _places.release()
    error = future.exception()
    if error is not None:
        log.error("an answer could not be renewed", exc_info=error)


@keep_for_ever
def _pool(_pid: int) -> ThreadPoolExecutor:
    """Return the threads of this process that renew; forked children need their own."""
    return ThreadPoolExecutor(RENEWING_THREADS, thread_name_prefix="renew")
