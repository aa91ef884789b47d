"""The guarded doors to all operators.

No call runs inside a transaction, each goes through its operator's breaker, each failure is one
log line. Searches ask all operators at once under one deadline, each in threads of its own: one
that hangs fills its own threads and nobody else's.
"""

import contextvars
import copy
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, datetime
from functools import cache as keep_for_ever
from typing import TypeVar

from django.conf import settings
from django.db import connection, connections

from ferries import cache
from ferries.errors import CircuitOpen, OperatorTimeout, OperatorUnavailable
from ferries.models import Operator
from ferries.operators import breaker, memory, registry
from ferries.operators.base import Connector, Offer, Reservation
from ferries.operators.memory import Question
from ferries.party import Party
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.ops import counters

log = logging.getLogger(__name__)

# Searches of one process that may wait for one operator at the same time; more wait in its queue.
THREADS_EACH = 8
# A call that has waited until so little is left is not made.
LEAST_SECONDS = 0.1

T = TypeVar("T")
# The operator, its offers if it answered, and ok, timeout, error or circuit_open.
Found = tuple[Operator, list[Offer] | None, str]


def search_many(
    operators: Sequence[Operator],
    *,
    origin: str,
    destination: str,
    day: date,
    party: Party,
    deadline_seconds: float,
) -> list[Found]:
    """Ask all operators at once; who has not answered by the deadline is marked `timeout`.

    Ports are our codes. An operator that fails is a status here, never an error; what it said last
    is in `memory.last_answer`. The database is used by the calling thread only, before anything is
    asked.
    """
    _forbid_in_transaction(operators)
    ends = time.monotonic() + deadline_seconds
    connectors = registry.connectors_for(operators)

    def ask(operator: Operator, connector: Connector) -> list[Offer]:
        try:
            hurried = _hurried(operator, ends)
            offers = _call(
                hurried,
                "search",
                lambda: connector.search(
                    hurried, origin=origin, destination=destination, day=day, party=party
                ),
            )
            if operator.is_remote:
                question = Question(origin, destination, day, party)
                memory.keep(operator.code, question, offers, now=clock.now())
            return offers
        finally:
            connections.close_all()

    futures = [
        # Its own copy of the context: the id of the request goes along.
        _pool(os.getpid(), operator.code).submit(
            contextvars.copy_context().run, ask, operator, connector
        )
        for operator, connector in zip(operators, connectors, strict=True)
    ]
    wait(futures, timeout=max(0, ends - time.monotonic()))
    return [_outcome(*pair) for pair in zip(operators, futures, strict=True)]


def check(operator: Operator, *, offer_id: str, party: Party) -> Offer:
    """Return the offer as it stands now. Raises UnknownOffer, OperatorUnavailable."""
    return _ask(
        operator, "check", lambda each: each.check(operator, offer_id=offer_id, party=party)
    )


def reserve(
    operator: Operator, *, offer_id: str, party: Party, reference: str, until: datetime
) -> Reservation:
    """Hold space at the operator; the same reference again is the same reservation.

    Raises NotBookable, UnknownOffer, OperatorRefused, OperatorUnavailable.
    """
    try:
        return _ask(
            operator,
            "reserve",
            lambda each: each.reserve(
                operator, offer_id=offer_id, party=party, reference=reference, until=until
            ),
        )
    finally:
        _forget_answers(operator)


def confirm(operator: Operator, *, reference: str) -> Reservation:
    """Make a reservation firm, once. Raises OperatorRefused, OperatorUnavailable."""
    return _ask(operator, "confirm", lambda each: each.confirm(operator, reference=reference))


def status(operator: Operator, *, reference: str) -> Reservation:
    """Return where a reservation stands. Raises OperatorUnavailable."""
    return _ask(operator, "status", lambda each: each.status(operator, reference=reference))


def cancel(operator: Operator, *, reference: str) -> Reservation:
    """Give a reservation back; again is harmless. Raises OperatorRefused, OperatorUnavailable."""
    try:
        return _ask(operator, "cancel", lambda each: each.cancel(operator, reference=reference))
    finally:
        _forget_answers(operator)


def _forget_answers(operator: Operator) -> None:
    """Forget cached answers to searches: space has changed, perhaps even when the call failed."""
    if operator.is_remote:
        cache.invalidate_operator_answers(operator.code)


def _ask(operator: Operator, name: str, question: Callable[[Connector], T]) -> T:
    _forbid_in_transaction([operator])
    connector = registry.connector_for(operator)
    return _call(operator, name, lambda: question(connector))


def _call(operator: Operator, name: str, question: Callable[[], T]) -> T:
    """Ask through the operator's breaker; our own inventory needs none."""
    if not operator.is_remote:
        return question()
    started = time.monotonic()
    outcome = "broken"
    try:
        with breaker.guarded(operator.code):
            answer = question()
        outcome = "ok"
        return answer
    except MaritimeError as error:
        outcome = _outcome_of(error)
        if not isinstance(error, CircuitOpen):
            _log(operator, name, error, milliseconds=round((time.monotonic() - started) * 1000))
        raise
    finally:
        seconds = time.monotonic() - started
        labels = {"operator": operator.code, "question": name, "outcome": outcome}
        counters.observe("maritime_operator_seconds", seconds, **labels)


def _outcome_of(error: BaseException) -> str:
    """Return how a call ended: timeout, error, circuit_open, or refused for a clear no."""
    if isinstance(error, CircuitOpen):
        return "circuit_open"
    if isinstance(error, OperatorTimeout):
        return "timeout"
    unclear = isinstance(error, OperatorUnavailable) or not isinstance(error, MaritimeError)
    return "error" if unclear else "refused"


def _log(operator: Operator, name: str, error: MaritimeError, *, milliseconds: int) -> None:
    level = logging.WARNING if isinstance(error, OperatorUnavailable) else logging.INFO
    log.log(
        level,
        "operator call failed: operator=%s call=%s error=%s cause=%.200r ms=%s",
        operator.code,
        name,
        type(error).__name__,
        error.__cause__,
        milliseconds,
    )


def _hurried(operator: Operator, ends: float) -> Operator:
    """Return a copy whose time ends with the deadline, so that no thread outlives its reader.

    A call that waited in the queue until the deadline is not the operator's failure.
    """
    left = ends - time.monotonic()
    if left < LEAST_SECONDS:
        raise OperatorTimeout
    hurried = copy.copy(operator)
    hurried.timeout_seconds = min(operator.timeout_seconds, left)
    return hurried


def _outcome(operator: Operator, future: Future[list[Offer]]) -> Found:
    if not future.done():
        future.cancel()
        return operator, None, "timeout"
    error = future.exception()
    if error is None:
        return operator, future.result(), "ok"
    if not isinstance(error, MaritimeError):
        log.error("operator search broke: operator=%s", operator.code, exc_info=error)
    status = _outcome_of(error)
    return operator, None, "error" if status == "refused" else status


def _forbid_in_transaction(operators: Sequence[Operator]) -> None:
    """Refuse to wait for a network while rows may be locked."""
    remote = any(operator.is_remote for operator in operators)
    if remote and settings.FORBID_CALLS_IN_TRANSACTION and connection.in_atomic_block:
        raise RuntimeError("an operator must not be called inside a transaction")


@keep_for_ever
def _pool(_pid: int, operator_code: str) -> ThreadPoolExecutor:
    """Return the process's threads for one operator; forked children need their own."""
    return ThreadPoolExecutor(THREADS_EACH, thread_name_prefix=f"operator-{operator_code}")
