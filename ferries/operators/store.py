"""What all processes share about operators, in the cache's Valkey; without it nothing is known."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0

T = TypeVar("T")
_paused_until = 0.0


def ask(question: Callable[[Redis], T]) -> T | None:
    """Ask Valkey; None when it failed, now or within the last seconds."""
    global _paused_until  # noqa: PLW0603 - one for each process
    if time.monotonic() < _paused_until:
        return None
    try:
        return question(get_redis_connection("default"))
    except (RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("nothing is known about operators: error=%s", type(error).__name__)
        return None


def resume() -> None:
    """Ask again at once after a failure, instead of waiting for the pause to end."""
    global _paused_until  # noqa: PLW0603 - one for each process
    _paused_until = 0.0
