"""One HTTP exchange with an operator's system: time, size and repeats are bounded here.

A whole call, with its repeat, gets `Operator.timeout_seconds`. Answers are JSON objects of at
most 1 MB; redirects are not followed.
"""

import atexit
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from ferries.errors import OperatorTimeout, OperatorUnavailable
from ferries.models import Operator
from maritime import env

log = logging.getLogger(__name__)

CONNECT_SECONDS = 1.0
MAX_ANSWER_BYTES = 1024 * 1024
# Below this nothing useful fits between a repeat and the end of the time.
LEAST_SECONDS = 0.1
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# Only such variables are sent to operators: whoever may edit an operator in the admin must not be
# able to have SECRET_KEY posted to an address of their choice.
API_KEY_VARIABLE = re.compile(r"OPERATOR_[A-Z0-9_]{1,80}")


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status below 500 and the JSON object."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class _Exchange:
    """One question, and until when (monotonic seconds) an answer is of use."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None
    ends: float

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()


class _NoAnswer(OperatorUnavailable):
    """The connection broke or the system said that it is in trouble: worth one more try."""


def ask(
    operator: Operator, method: str, path: str, *, body: Mapping[str, Any] | None = None
) -> Answer:
    """Ask what may be asked twice; a broken connection or a 5xx is repeated once in the time.

    Raises OperatorTimeout or OperatorUnavailable.
    """
    exchange = _exchange(operator, method, path, body)
    try:
        return _perform(exchange)
    except _NoAnswer:
        pause = 0.05 + secrets.randbelow(100) / 1000
        if exchange.left < pause + LEAST_SECONDS:
            raise
        time.sleep(pause)
        return _perform(exchange)


def ask_once(
    operator: Operator, method: str, path: str, *, body: Mapping[str, Any] | None = None
) -> Answer:
    """Ask without repeating; raises OperatorTimeout or OperatorUnavailable."""
    return _perform(_exchange(operator, method, path, body))


def _exchange(
    operator: Operator, method: str, path: str, body: Mapping[str, Any] | None
) -> _Exchange:
    return _Exchange(
        method=method,
        url=operator.base_url.rstrip("/") + path,
        headers=_headers(operator),
        body=body,
        ends=time.monotonic() + operator.timeout_seconds,
    )


def _headers(operator: Operator) -> dict[str, str]:
    # Compressed answers could unpack to any size.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    name = operator.api_key_variable
    if not name:
        return headers
    if not API_KEY_VARIABLE.fullmatch(name):
        log.error("API key variable must be named OPERATOR_...: operator=%s", operator.code)
        raise OperatorUnavailable
    key = env.text(name)
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _perform(exchange: _Exchange) -> Answer:
    left = exchange.left
    if left <= 0:
        raise OperatorTimeout
    try:
        with _client(os.getpid()).stream(
            exchange.method,
            exchange.url,
            json=exchange.body,
            headers=exchange.headers,
            timeout=httpx.Timeout(left, connect=min(left, CONNECT_SECONDS)),
        ) as response:
            raw = _read(response, exchange)
    except httpx.TimeoutException as error:
        raise OperatorTimeout from error
    except httpx.HTTPError as error:
        raise _NoAnswer from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise OperatorUnavailable from error
    return _answer(response.status_code, raw)


def _read(response: httpx.Response, exchange: _Exchange) -> bytes:
    """Return the body; each piece has its own read timeout, so the whole is timed here."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OperatorUnavailable from ValueError("the answer is compressed")
    raw = bytearray()
    for piece in response.iter_raw():
        raw += piece
        if len(raw) > MAX_ANSWER_BYTES:
            raise OperatorUnavailable from ValueError("the answer is too long")
        if exchange.left <= 0:
            raise OperatorTimeout
    return bytes(raw)


def _answer(status: int, raw: bytes) -> Answer:
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        raise _NoAnswer from ValueError(f"status {status}")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN) or httpx.codes.is_redirect(
        status
    ):
        raise OperatorUnavailable from ValueError(f"status {status}")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise OperatorUnavailable from error
    if not isinstance(body, dict):
        raise OperatorUnavailable from ValueError("the answer is no JSON object")
    return Answer(status, body)


@lru_cache(maxsize=1)
def _client(_pid: int) -> httpx.Client:
    """Return the process's client: threads share it, forked children must not."""
    client = httpx.Client(
        follow_redirects=False,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        # A proxy of the environment is for the world outside.
        mounts={f"all://{host}": None for host in LOOPBACK},
    )
    atexit.register(client.close)
    return client
