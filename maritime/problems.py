"""Errors outside of any view: a problem document under /api/, a page elsewhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from maritime.lib import request_ids
from maritime.lib.api import (
    BAD_REQUEST,
    FORBIDDEN,
    NOT_FOUND,
    SERVER_ERROR,
    Kind,
    general_problem_json,
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses to read."""
    return _answer(request, BAD_REQUEST, lambda: defaults.bad_request(request, exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not allowed."""
    return _answer(request, FORBIDDEN, lambda: defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer at an address where nothing is."""
    return _answer(request, NOT_FOUND, lambda: defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a bug; the id finds its log lines."""
    if _is_api(request):
        return general_problem_json(SERVER_ERROR, request_id=request_ids.current())
    return defaults.server_error(request)


def no_such_address(request: HttpRequest, path: str) -> HttpResponse:
    """Answer at an address of the API where nothing is, in debug mode too."""
    return general_problem_json(NOT_FOUND)


def _answer(request: HttpRequest, kind: Kind, page: Callable[[], HttpResponse]) -> HttpResponse:
    return general_problem_json(kind) if _is_api(request) else page()


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
