"""The way to the broker for hints: quick to give up, then quiet for a while.

A request publishes after its commit, so a dead or frozen broker must cost it next to nothing.
Kombu's own connections wait and retry for seconds (measured: 2.8 s refused, 20 s and more
frozen); these try once, and one failure keeps the process from trying again for five seconds.
Nothing is lost by it: the row stays and the sweep publishes it.
"""

import logging
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from celery import current_app
from django.conf import settings
from kombu import Connection, pools
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.2
QUIET_SECONDS = 5.0
# Kombu wraps what it knows in OperationalError; a broker that is full or loading its file answers
# with errors that only redis-py knows.
ERRORS = (OSError, OperationalError, RedisError)


@dataclass
class Breaker:
    """Remembers the last failure of this process."""

    quiet_until: float = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether a failure is so recent that another try would only cost time."""
        return time.monotonic() < self.quiet_until

    def trip(self) -> None:
        """Stay quiet from now on for a while."""
        self.quiet_until = time.monotonic() + QUIET_SECONDS


breaker = Breaker()


def send(task: str, arguments: dict[str, Any], *, job_id: int) -> bool:
    """Send the hint that lets a worker run a job; False when the broker did not take it."""
    if breaker.is_open:
        return False
    try:
        pool = _producers(os.getpid(), current_app.conf.broker_write_url)
        with pool.acquire(block=True, timeout=1) as producer:
            current_app.send_task(
                task,
                kwargs=arguments,
                headers={"job_id": job_id},
                producer=producer,
                retry=False,
                ignore_result=True,
            )
    except ERRORS as error:
        breaker.trip()
        log.warning("broker does not answer: job=%s error=%s", job_id, type(error).__qualname__)
        return False
    return True


@lru_cache(maxsize=4)
def _producers(_pid: int, _url: str) -> Any:
    """Return the process's pool for the broker; looking it up costs a new connection object."""
    return pools.producers[_connection()]


def answers() -> bool:
    """Tell whether the broker answers a connection attempt within the time limit."""
    try:
        with _connection() as connection:
            connection.ensure_connection(max_retries=0)
    except ERRORS:
        return False
    return True


def evicts() -> str:
    """Return the policy of a broker that may drop messages when it is full; empty when it is safe.

    Also empty where nobody can know: it does not answer, is no Redis, or forbids CONFIG.
    """
    try:
        with _connection() as connection:
            channel: Any = connection.default_channel
            found = channel.client.config_get("maxmemory", "maxmemory-policy")
    except (*ERRORS, AttributeError):
        return ""
    policy = found.get("maxmemory-policy", "noeviction")
    return "" if policy == "noeviction" else str(policy)


def _connection() -> Connection:
    """Return an unopened connection; equal ones share a pool."""
    return current_app.connection(
        transport_options={
            **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            "max_retries": 0,
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
        }
    )
