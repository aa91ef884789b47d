"""One HTTP exchange with an operator's system: time, size and repeats are bounded here.

A whole call, with its repeat, gets `Operator.timeout_seconds`. Answers are JSON objects of at
most 1 MB; redirects are not followed. `addresses` says whom we may ask at all.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
from httpx import codes

from ferries.errors import OperatorTimeout, OperatorUnavailable
from ferries.models import Operator
from ferries.operators import addresses, wire
from maritime import env
from maritime.lib import request_ids

log = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 1024 * 1024
MAX_HEADERS = 64
MAX_HEADER_BYTES = 16 * 1024
# Below this nothing useful fits between a repeat and the end of the time.
LEAST_SECONDS = 0.1
# Only such variables are sent to operators: whoever may edit an operator in the admin must not be
# able to have SECRET_KEY posted to an address of their choice.
API_KEY_VARIABLE = re.compile(r"OPERATOR_(?!ALLOW)[A-Z0-9_]{1,80}")


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
    content: bytes
    ends: float
    connect_seconds: float

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()


class NoAnswer(OperatorUnavailable):
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
    except NoAnswer:
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
    try:
        address = addresses.read(operator.base_url)
    except addresses.Forbidden as error:
        raise OperatorUnavailable from error
    content = b"" if body is None else json.dumps(body).encode()
    return _Exchange(
        method=method,
        url=address.url(path),
        headers={"Host": address.netloc, **_headers(operator), **_headers_of(content, method)},
        content=content,
        ends=time.monotonic() + operator.timeout_seconds,
        connect_seconds=min(operator.connect_seconds, operator.timeout_seconds),
    )


def _headers(operator: Operator) -> dict[str, str]:
    # Compressed answers could unpack to any size.
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "maritime",
    }
    if request_ids.current():
        headers["X-Request-Id"] = request_ids.current()
    name = operator.api_key_variable
    if not name:
        return headers
    if not API_KEY_VARIABLE.fullmatch(name):
        log.error("API key variable must be named OPERATOR_...: operator=%s", operator.code)
        raise OperatorUnavailable
    key = env.text(name)
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _headers_of(content: bytes, method: str) -> dict[str, str]:
    if content:
        return {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return {} if method == "GET" else {"Content-Length": "0"}


def _perform(exchange: _Exchange) -> Answer:
    if exchange.left <= 0:
        raise OperatorTimeout
    try:
        with wire.exchange(
            exchange.method,
            exchange.url,
            headers=exchange.headers,
            content=exchange.content,
            ends=exchange.ends,
            connect_seconds=exchange.connect_seconds,
        ) as response:
            raw = _read(response, exchange)
    except httpcore.TimeoutException as error:
        raise OperatorTimeout from error
    except (httpcore.LocalProtocolError, addresses.Forbidden, UnicodeError) as error:
        raise OperatorUnavailable from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise NoAnswer from error
    return _answer(response.status, raw)


def _read(response: httpcore.Response, exchange: _Exchange) -> bytes:
    """Return the body, at most 1 MB of it."""
    headers = response.headers
    if len(headers) > MAX_HEADERS or sum(map(len, sum(headers, ()))) > MAX_HEADER_BYTES:
        raise OperatorUnavailable from ValueError("the answer has too many headers")
    encodings = [value for name, value in headers if name.lower() == b"content-encoding"]
    if any(value.lower() != b"identity" for value in encodings):
        raise OperatorUnavailable from ValueError("the answer is compressed")
    raw = bytearray()
    for piece in response.iter_stream():
        raw += piece
        if len(raw) > MAX_ANSWER_BYTES:
            raise OperatorUnavailable from ValueError("the answer is too long")
        if exchange.left <= 0:
            raise OperatorTimeout
    return bytes(raw)


def _answer(status: int, raw: bytes) -> Answer:
    if status >= codes.INTERNAL_SERVER_ERROR or status == codes.TOO_MANY_REQUESTS:
        raise NoAnswer from ValueError(f"status {status}")
    if status in (codes.UNAUTHORIZED, codes.FORBIDDEN) or codes.is_redirect(status):
        raise OperatorUnavailable from ValueError(f"status {status}")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise OperatorUnavailable from error
    if not isinstance(body, dict):
        raise OperatorUnavailable from ValueError("the answer is no JSON object")
    return Answer(status, body)
