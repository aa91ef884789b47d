"""The outermost layer of every request: its id, its duration, its count, what browsers may do."""

from collections.abc import Callable
from time import monotonic

from django.http import HttpRequest, HttpResponseBase

from maritime.lib import permissions, request_ids
from maritime.ops import counters

HEADER = "X-Request-ID"
NOTHING_ALLOWED = permissions.policy()
# Whoever asks these every few seconds must not drown the figures of visitors.
UNCOUNTED = frozenset({"healthz", "readyz", "metrics"})


class RequestMiddleware:
    """Binds the request's id for logs and jobs, answers with it, and counts the request.

    A view that needs a browser's feature sets a Permissions-Policy of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request_ids.new(request.headers.get(HEADER, ""))
        started = monotonic()
        with request_ids.bound(request_id):
            response = self._get_response(request)
        _count(request, response.status_code, monotonic() - started)
        response[HEADER] = request_id
        response.setdefault("Permissions-Policy", NOTHING_ALLOWED)
        return response


def _count(request: HttpRequest, status: int, seconds: float) -> None:
    view = request.resolver_match.view_name if request.resolver_match else "none"
    if view in UNCOUNTED:
        return
    counters.count(
        "maritime_requests", method=_method(request), view=view, status=f"{status // 100}xx"
    )
    counters.observe("maritime_request_seconds", seconds, view=view)


def _method(request: HttpRequest) -> str:
    known = request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return str(request.method) if known else "other"
