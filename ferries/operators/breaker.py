"""A circuit breaker for each operator, its state in Redis and so shared by all processes.

After 5 failures in 30 s the operator is left alone for 30 s; then one call at a time may try, and
its outcome closes or opens the breaker again. Without Redis nothing is counted and all calls pass.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import RedisError

from ferries.errors import CircuitOpen, OperatorUnavailable
from maritime.lib.errors import MaritimeError

log = logging.getLogger(__name__)

FAILURES = 5
WINDOW_SECONDS = 30
OPEN_SECONDS = 30
# A process that dies while it tries frees the place for another one after so long.
PROBE_SECONDS = 15
# An operator that nobody asks for so long starts with a closed breaker again.
FORGET_SECONDS = 3600
PAUSE_SECONDS = 5.0

T = TypeVar("T")
_paused_until = 0.0


@contextmanager
def guarded(operator_code: str) -> Iterator[None]:
    """Let one call through and take note of its outcome; raises CircuitOpen when none may pass.

    OperatorUnavailable is a failure. Any other error of ours is an answer: the system works.
    """
    probing = _admit(operator_code)
    try:
        yield
    except OperatorUnavailable:
        _note_failure(operator_code, probing=probing)
        raise
    except MaritimeError:
        _note_answer(operator_code, probing=probing)
        raise
    _note_answer(operator_code, probing=probing)


def _admit(code: str) -> bool:
    """Return whether this call is the one that tries a failed operator again."""
    known = _call(lambda redis: redis.mget([_key(code, "tripped"), _key(code, "open")]))
    tripped, is_open = known or (None, None)
    if not tripped:
        return False
    if is_open or not _take_probe(code):
        raise CircuitOpen
    return True


def _take_probe(code: str) -> bool:
    return bool(
        _call(lambda redis: redis.set(_key(code, "probe"), b"1", nx=True, ex=PROBE_SECONDS))
    )


def _note_failure(code: str, *, probing: bool) -> None:
    count = FAILURES if probing else _call(lambda redis: _count_failure(redis, code))
    if count is not None and count >= FAILURES:
        _call(lambda redis: _open(redis, code))
        log.error("operator is left alone: operator=%s seconds=%s", code, OPEN_SECONDS)


def _note_answer(code: str, *, probing: bool) -> None:
    if probing:
        names = ("tripped", "open", "failures", "probe")
        _call(lambda redis: redis.delete(*(_key(code, name) for name in names)))
        log.info("operator answers again: operator=%s", code)


def _count_failure(redis: Redis, code: str) -> int:
    """Add a failure now and return how many there were in the window."""
    key, now = _key(code, "failures"), time.time()
    pipe = redis.pipeline()
    pipe.zremrangebyscore(key, 0, now - WINDOW_SECONDS)
    pipe.zadd(key, {secrets.token_hex(6): now})
    pipe.expire(key, WINDOW_SECONDS)
    pipe.zcard(key)
    return int(pipe.execute()[-1])


def _open(redis: Redis, code: str) -> Any:
    pipe = redis.pipeline()
    pipe.set(_key(code, "tripped"), b"1", ex=FORGET_SECONDS)
    pipe.set(_key(code, "open"), b"1", ex=OPEN_SECONDS)
    pipe.delete(_key(code, "failures"), _key(code, "probe"))
    return pipe.execute()


def _key(code: str, name: str) -> str:
    return f"maritime:breaker:{code}:{name}"


def _call(question: Callable[[Redis], T]) -> T | None:
    """Ask Redis; None when it failed, now or within the last seconds."""
    global _paused_until  # noqa: PLW0603 - one for each process
    if time.monotonic() < _paused_until:
        return None
    try:
        return question(get_redis_connection("default"))
    except (RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("breakers are not kept: error=%s", type(error).__name__)
        return None
