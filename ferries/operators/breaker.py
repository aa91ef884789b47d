"""A circuit breaker for each operator, its state in Valkey and so shared by all processes.

After 5 failures in 30 s the operator is left alone for 30 s; then one call at a time may try, and
its outcome closes or opens the breaker again. Without Valkey nothing is counted and all calls pass.
"""

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from ferries.errors import CircuitOpen, OperatorUnavailable
from ferries.operators import store
from maritime.lib.errors import MaritimeError

log = logging.getLogger(__name__)

FAILURES = 5
WINDOW_SECONDS = 30
OPEN_SECONDS = 30
# A process that dies while it tries frees the place for another one after so long.
PROBE_SECONDS = 15
# An operator that nobody asks for so long starts with a closed breaker again.
FORGET_SECONDS = 3600
NAMES = ("tripped", "open", "failures", "probe")


@dataclass(frozen=True)
class State:
    """How an operator's breaker stands, for staff and figures.

    `name` is closed, open (nobody is asked), probing (the next call may try) or unknown (Valkey is
    away). `failures` are those of the last 30 s while it is closed; `since` is when it tripped.
    """

    name: str
    failures: int = 0
    since: datetime | None = None


UNKNOWN = State("unknown")


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


def states(operator_codes: Sequence[str]) -> dict[str, State]:
    """Return how the breakers stand, by operator code, in one round trip."""
    codes = list(operator_codes)
    since = time.time() - WINDOW_SECONDS

    def look(redis: Redis) -> list[Any]:
        pipe = redis.pipeline(transaction=False)
        for code in codes:
            pipe.get(_key(code, "tripped"))
            pipe.exists(_key(code, "open"))
            pipe.zcount(_key(code, "failures"), since, "+inf")
        return list(pipe.execute())

    found = store.ask(look) if codes else []
    if found is None:
        return dict.fromkeys(codes, UNKNOWN)
    rows = zip(found[::3], found[1::3], found[2::3], strict=True)
    return {code: _state(*row) for code, row in zip(codes, rows, strict=True)}


def close(operator_code: str) -> bool:
    """Let all calls pass again, now; return whether the breaker had tripped."""
    tripped = store.ask(lambda redis: redis.exists(_key(operator_code, "tripped")))
    store.ask(lambda redis: redis.delete(*(_key(operator_code, name) for name in NAMES)))
    if tripped:
        log.warning("breaker closed by hand: operator=%s", operator_code)
    return bool(tripped)


def _state(tripped: bytes | None, is_open: int, failures: int) -> State:
    if tripped is None:
        return State("closed", failures)
    since = datetime.fromtimestamp(float(tripped), UTC)
    return State("open" if is_open else "probing", failures, since)


def _admit(code: str) -> bool:
    """Return whether this call is the one that tries a failed operator again."""
    known = store.ask(lambda redis: redis.mget([_key(code, "tripped"), _key(code, "open")]))
    tripped, is_open = known or (None, None)
    if not tripped:
        return False
    if is_open or not _take_probe(code):
        raise CircuitOpen
    return True


def _take_probe(code: str) -> bool:
    return bool(
        store.ask(lambda redis: redis.set(_key(code, "probe"), b"1", nx=True, ex=PROBE_SECONDS))
    )


def _note_failure(code: str, *, probing: bool) -> None:
    count = FAILURES if probing else store.ask(lambda redis: _count_failure(redis, code))
    if count is not None and count >= FAILURES:
        store.ask(lambda redis: _open(redis, code))
        log.error("operator is left alone: operator=%s seconds=%s", code, OPEN_SECONDS)


def _note_answer(code: str, *, probing: bool) -> None:
    if probing:
        store.ask(lambda redis: redis.delete(*(_key(code, name) for name in NAMES)))
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
    # The moment of the first trip stays while tries fail: since then the operator is in trouble.
    pipe.set(_key(code, "tripped"), str(time.time()), nx=True)
    pipe.expire(_key(code, "tripped"), FORGET_SECONDS)
    pipe.set(_key(code, "open"), b"1", ex=OPEN_SECONDS)
    pipe.delete(_key(code, "failures"), _key(code, "probe"))
    return pipe.execute()


def _key(code: str, name: str) -> str:
    return f"maritime:breaker:{code}:{name}"
