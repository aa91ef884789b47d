"""Idempotency keys (https://docs.stripe.com/api/idempotent_requests).

The same key with the same request gets the first answer again, 500s included; with another
request an error; while the first is at work a conflict. Keys are forgotten after 24 hours.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.tests.provider.refusals import Refusal

LIFE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """A status and the JSON beside it."""

    status: int
    body: dict[str, Any]
    is_replayed: bool = False


@dataclass
class Kept:
    """What a key remembers; no answer while the first request is at work."""

    request: tuple[Any, ...]
    at: float
    answer: Answer | None = None


class Keys:
    """The answers by key; safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}

    def answer(
        self, key: str, request: tuple[Any, ...], work: Callable[[], tuple[Answer, bool]]
    ) -> Answer:
        """Return the remembered answer, or that of `work`, which says whether it is to be kept."""
        with self._lock:
            kept = self._kept.get(key)
            if kept and time.time() - kept.at > LIFE_SECONDS:
                kept = None
            if kept:
                return self._earlier(kept, request)
            self._kept[key] = Kept(request, time.time())
        is_kept = False
        try:
            answer, is_kept = work()
        finally:
            with self._lock:
                if is_kept:
                    self._kept[key].answer = answer
                else:
                    del self._kept[key]
        return answer

    def age(self, seconds: float) -> None:
        """Let time pass for all keys."""
        with self._lock:
            for kept in self._kept.values():
                kept.at -= seconds

    def _earlier(self, kept: Kept, request: tuple[Any, ...]) -> Answer:
        if kept.request != request:
            raise Refusal(
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                kind="idempotency_error",
            )
        if kept.answer is None:
            raise Refusal(
                "There is currently another in-progress request using this Idempotent Key.",
                code="idempotency_key_in_use",
                status=409,
            )
        return Answer(kept.answer.status, kept.answer.body, is_replayed=True)
