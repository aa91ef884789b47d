"""The id that joins the log lines of one request, of the jobs it caused and of their calls."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# What we take over from a proxy in front: enough for a UUID, nothing that could forge a log line.
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request or job that runs now; empty outside of both."""
    return _current.get()


def new(given: str = "") -> str:
    """Return the id that a proxy gave, if it is a plain one, or a fresh one."""
    return given if GIVEN.fullmatch(given) else uuid.uuid4().hex


@contextmanager
def bound(request_id: str) -> Iterator[None]:
    """Make the id the current one of this thread or task for a while."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
