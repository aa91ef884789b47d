"""The line to the cache: everything in one round trip, a breaker, and invalidations that are owed.

What keys and values mean is `ferries.cache`. A cache that fails is a miss: after an error this
process leaves it alone for a few seconds.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Any, TypeVar, cast

from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from maritime.lib import clock

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
GENERATION_SECONDS = 24 * 3600
BATCH = 500
# Return the values of keys; every second one is a generation, which starts if it is missing.
# Nobody else comes in between, so who comes first decides.
LOOK = """
local found = redis.call('MGET', unpack(KEYS))
for i = 2, #KEYS, 2 do
  if not found[i] then
    found[i] = ARGV[1]
    redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2])
  end
end
return found
"""
# Store a value under each key for so many milliseconds; 0 forgets the key. One command, since a
# pipeline of as many as a day has sailings costs this process four times as much (measured).
STORE = """
for i, key in ipairs(KEYS) do
  if ARGV[2 * i] == '0' then
    redis.call('DEL', key)
  else
    redis.call('SET', key, ARGV[2 * i - 1], 'PX', ARGV[2 * i])
  end
end
return #KEYS
"""

T = TypeVar("T")
_paused_until = 0.0
_owed: set[str] = set()


def look(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the values of (key, generation's key) by their keys; none if the cache failed.

    Values are bytes or None; generations are always bytes, made if they are missing.
    """
    keys = [key for pair in pairs for key in pair]
    if not keys:
        return {}
    fresh = secrets.token_hex(6)
    found = call(lambda redis: _run(redis, LOOK, keys, [fresh, GENERATION_SECONDS]))
    return dict(zip(keys, found, strict=True)) if found else {}


def mget(keys: Sequence[str]) -> list[bytes | None] | None:
    """Return the values of keys; None if the cache failed."""
    return call(lambda redis: cast("list[bytes | None]", redis.mget(keys)))


def store(entries: Mapping[str, tuple[bytes, float]]) -> None:
    """Store values by key, each until a moment in seconds of the epoch; past ones are forgotten."""
    now = clock.now().timestamp()
    values = [
        part for raw, until in entries.values() for part in (raw, max(0, int((until - now) * 1000)))
    ]
    if values:
        call(lambda redis: _run(redis, STORE, [*entries], values))


def bump(keys: Sequence[str]) -> None:
    """Replace the generations; what a failing cache did not take is owed to it."""
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        if call(partial(_replace, keys=batch)) is None:
            _owed.update(batch)


def _replace(redis: Redis, keys: Sequence[str]) -> bool:
    """Give the generations new tokens; random ones cannot come back after an eviction."""
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.set(key, secrets.token_hex(6), ex=GENERATION_SECONDS)
    pipe.execute()
    return True


def is_away() -> bool:
    """Tell whether this process leaves the cache alone at the moment."""
    return time.monotonic() < _paused_until


def resume() -> None:
    """Use the cache again at once after a failure, instead of waiting for the pause to end."""
    global _paused_until  # noqa: PLW0603 - one breaker for each process
    _paused_until = 0.0


def call(question: Callable[[Redis], T]) -> T | None:
    """Ask the cache; None when it failed, now or within the last seconds.

    Invalidations that are owed go first.
    """
    global _paused_until  # noqa: PLW0603 - one breaker for each process
    if is_away():
        return None
    try:
        redis = get_redis_connection("default")
        while _owed:
            _pay(redis)
        return question(redis)
    except (RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("cache failed, treated as a miss: error=%s", type(error).__name__)
        return None


def _pay(redis: Redis) -> None:
    """Replace some generations that are owed."""
    batch = list(islice(_owed, BATCH))
    # Taken out first: what another thread owes from now on must not be struck off here.
    _owed.difference_update(batch)
    try:
        _replace(redis, batch)
    except (RedisError, OSError):
        _owed.update(batch)
        raise


def _run(redis: Redis, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """Run a script, by its digest if the cache has it already."""
    try:
        return redis.evalsha(_sha(script), len(keys), *keys, *arguments)
    except NoScriptError:
        return redis.eval(script, len(keys), *keys, *arguments)


@lru_cache
def _sha(script: str) -> str:
    """Return the name that the cache gives to a script."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
