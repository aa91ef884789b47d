"""Problem details (RFC 9457) for every error of the API."""

from typing import Any

from django.http import Http404, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from maritime.lib.errors import MaritimeError

CONTENT_TYPE = "application/problem+json"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error raised in an API view into problem details; None lets it become a 500."""
    if isinstance(error, MaritimeError):
        return Response(problem(error), status=error.status, content_type=CONTENT_TYPE)
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": response.status_code,
        "code": _code(error),
        "title": _title(error),
    }
    if isinstance(error, exceptions.ValidationError):
        # 422 is the contract's status for input that is well-formed and wrong.
        body["status"] = response.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
        body["errors"] = error.detail
    response.data = body
    response.content_type = CONTENT_TYPE
    return response


def problem(error: MaritimeError) -> dict[str, Any]:
    """Return the problem document of one of our errors."""
    return {
        "type": "about:blank",
        "status": error.status,
        "code": error.code,
        "title": error.message,
        **error.details,
    }


def problem_json(error: MaritimeError) -> JsonResponse:
    """Answer with the problem document outside of Django REST framework."""
    return JsonResponse(problem(error), status=error.status, content_type=CONTENT_TYPE)


def _code(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid_input"
    if isinstance(error, Http404):
        return "not_found"
    return str(getattr(error, "default_code", "error"))


def _title(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some of the input is missing or wrong; see errors."
    if isinstance(error, Http404):
        return "There is nothing at this address."
    return str(getattr(error, "detail", error))
