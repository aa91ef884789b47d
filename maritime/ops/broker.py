"""The way to the broker for hints: quick to give up, then quiet for a while.

A request publishes after its commit, so a dead or frozen broker must cost it next to nothing.
Kombu's own connections wait and retry for seconds (measured: 2.8 s refused, 20 s and more
frozen); these try once, and one failure keeps the process from trying again for five seconds.
Nothing is lost by it: the row stays and the sweep publishes it.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from celery import current_app, signals
from django.conf import settings
from kombu import Connection
from kombu.exceptions import BatchPublishError, OperationalError  # type: ignore[attr-defined]
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.2
QUIET_SECONDS = 5.0
# Kombu wraps what it knows in OperationalError; a broker that is full or loading its file answers
# with errors that only redis-py knows.
ERRORS = (OSError, OperationalError, BatchPublishError, RedisError)
# Callbacks, error callbacks and what else a chain of tasks would need: a job has none.
ALONE: dict[str, None] = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


@dataclass(frozen=True)
class Hint:
    """What lets a worker run a job: the task with its arguments, and the key of the row."""

    task: str
    arguments: dict[str, Any]
    job_id: int


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


class _Outlet(threading.local):
    """A thread's own way to the broker, whose batch stays open: a new one costs a Redis client."""

    key: tuple[int, str] = (0, "")

    def open(self) -> tuple[Any, Any]:
        """Return the producer and its batch; new ones after a fork, a failure or for another broker."""
        key = (os.getpid(), current_app.conf.broker_write_url)
        if self.key != key:
            self.connection = _connection()
            producer: Any = self.connection.Producer()
            self.producer, self.batch = producer, producer.batch()
            self.batch.__enter__()
            self.key = key
        return self.producer, self.batch

    def close(self) -> None:
        """Forget the connection; the next hint opens another."""
        if self.key != (0, ""):
            self.key = (0, "")
            self.connection.release()


_outlet = _Outlet()


def send(hints: Sequence[Hint]) -> bool:
    """Send hints in one round trip; False when the broker did not take them, or perhaps not all."""
    if breaker.is_open:
        return False
    try:
        producer, batch = _outlet.open()
        for hint in hints:
            _put(producer, hint)
        batch.flush()
    except ERRORS as error:
        _outlet.close()
        breaker.trip()
        jobs = [hint.job_id for hint in hints]
        log.warning("broker does not answer: jobs=%s error=%s", jobs, type(error).__qualname__)
        return False
    return True


def _put(producer: Any, hint: Hint) -> None:
    """Write one message as Celery's protocol has it, with the signals that tracing hangs on.

    `send_task` makes the same message for twice the CPU (docs/benchmarks.md).
    https://docs.celeryq.dev/en/stable/internals/protocol.html
    """
    message_id = str(uuid.uuid4())
    body: tuple[list[Any], dict[str, Any], dict[str, None]] = ([], hint.arguments, ALONE)
    headers = {
        "lang": "py",
        "task": hint.task,
        "id": message_id,
        "root_id": message_id,
        "parent_id": None,
        "group": None,
        "ignore_result": True,
        "job_id": hint.job_id,
    }
    way = {"exchange": "", "routing_key": _queue_of(hint.task)}
    signals.before_task_publish.send(sender=hint.task, body=body, headers=headers, **way)
    producer.publish(body, headers=headers, serializer="json", correlation_id=message_id, **way)
    signals.after_task_publish.send(sender=hint.task, body=body, headers=headers, **way)


@cache
def _queue_of(task: str) -> str:
    return str(current_app.amqp.router.route({}, task)["queue"].name)


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
    """Return an unopened connection."""
    return current_app.connection(
        transport_options={
            **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            "max_retries": 0,
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
        }
    )
