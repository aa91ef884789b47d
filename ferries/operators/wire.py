"""Connections to operators' systems: made to checked addresses, and over when the time is over.

Each piece that a slow system sends may come in good time and the whole never end. So every wait
(name, connection, handshake, headers, body) is as long as what is left of the exchange, not of a
timeout that each piece starts anew. The environment's proxies are not used: they would resolve the
name themselves.
"""

import atexit
import os
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from ferries.operators import addresses

MOST_ADDRESSES = 4
IDLE_CONNECTIONS = 32
IDLE_SECONDS = 15.0

# Until when (monotonic seconds) the exchange of this thread may take.
_ends: ContextVar[float] = ContextVar("operator_exchange_ends")


@contextmanager
def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes,
    ends: float,
    connect_seconds: float,
) -> Iterator[httpcore.Response]:
    """Send a question and give the answer, whose body is read inside the block.

    Raises Forbidden and httpcore's errors; a timeout when `ends` (monotonic seconds) has come.
    """
    token = _ends.set(ends)
    try:
        with _connections(os.getpid()).stream(
            method,
            url,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            content=content,
            extensions={"timeout": {"connect": connect_seconds}},
        ) as response:
            yield response
    finally:
        _ends.reset(token)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the exchange."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout=_left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=_left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        within = min(timeout or IDLE_SECONDS, _left(httpcore.ConnectTimeout))
        # The name that was asked for, not the number: certificates are for names.
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=within))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that was checked, never to a name."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        within = min(timeout or IDLE_SECONDS, _left(httpcore.ConnectTimeout))
        give_up = time.monotonic() + within
        found = _checked(host, port, within)[:MOST_ADDRESSES]
        for still, address in zip(range(len(found), 0, -1), found, strict=True):
            # A dead address must leave time for the next one.
            share = (give_up - time.monotonic()) / still
            try:
                return _Stream(
                    self._inner.connect_tcp(
                        address, port, max(share, 0.01), local_address, socket_options
                    )
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if still == 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


def _checked(host: str, port: int, within: float) -> list[str]:
    try:
        return addresses.checked(host, port, seconds=within)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"the name {host} was not found in time") from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


def _left(error: type[httpcore.TimeoutException]) -> float:
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise error("the time of the exchange is over")
    return left


@lru_cache(maxsize=1)
def _connections(_pid: int) -> httpcore.ConnectionPool:
    """Return the process's connections: threads share them, forked children must not.

    Their number has no limit of its own: whoever asks is limited for each operator (`calls.py`),
    and nobody waits here for the connections of a system that hangs.
    """
    pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=None,
        max_keepalive_connections=IDLE_CONNECTIONS,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=_Backend(),
    )
    atexit.register(pool.close)
    return pool
