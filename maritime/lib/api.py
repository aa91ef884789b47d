"""Problem details (RFC 9457) for every error of the API."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from maritime.lib.errors import MaritimeError

CONTENT_TYPE = "application/problem+json"
# What a problem's own facts may not replace.
STANDARD = ("type", "title", "status", "detail", "code")


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its code, the usual status, and a sentence that is true of all of them."""

    code: str
    status: int
    title: str


INVALID_INPUT = Kind("invalid_input", 422, _("Some of the input is missing or wrong; see errors."))
NOT_FOUND = Kind("not_found", 404, _("There is nothing at this address."))
BAD_REQUEST = Kind("bad_request", 400, _("The request cannot be understood."))
TOO_LARGE = Kind("payload_too_large", 413, _("The body of the request is too large."))
FORBIDDEN = Kind("permission_denied", 403, _("This is not allowed."))
NO_METHOD = Kind("method_not_allowed", 405, _("This address does not take this method."))
SERVER_ERROR = Kind("server_error", 500, _("Something went wrong on our side."))
# What is not an error of ours; the codes of REST framework are kept.
GENERAL_KINDS = (
    BAD_REQUEST,
    Kind("parse_error", 400, _("The body of the request is not valid JSON.")),
    Kind("not_authenticated", 403, _("This needs somebody who is signed in.")),
    Kind("authentication_failed", 403, _("Who asks is not known here.")),
    FORBIDDEN,
    NOT_FOUND,
    NO_METHOD,
    Kind("not_acceptable", 406, _("The answer is JSON; the request accepts something else.")),
    TOO_LARGE,
    Kind("unsupported_media_type", 415, _("The body of the request must be JSON.")),
    INVALID_INPUT,
    Kind("throttled", 429, _("There were too many requests. Please wait and try again.")),
    SERVER_ERROR,
)
_GENERAL = {kind.code: kind for kind in GENERAL_KINDS}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error raised in an API view into problem details; None lets it become a 500."""
    if isinstance(error, MaritimeError):
        return Response(problem(error), status=error.status, content_type=CONTENT_TYPE)
    if isinstance(error, SuspiciousOperation):
        kind = TOO_LARGE if isinstance(error, RequestDataTooBig) else BAD_REQUEST
        return Response(general_problem(kind), status=kind.status, content_type=CONTENT_TYPE)
    response = exception_handler(error, context)
    if response is None:
        return None
    kind = _GENERAL.get(_code(error), BAD_REQUEST)
    if isinstance(error, exceptions.ValidationError):
        # 422 is the contract's status for input that is well-formed and wrong.
        response.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
        response.data = general_problem(kind, errors=error.detail)
    else:
        detail = "" if isinstance(error, Http404) else str(getattr(error, "detail", ""))
        response.data = general_problem(kind, status=response.status_code, detail=detail)
    response.content_type = CONTENT_TYPE
    return response


def problem(error: MaritimeError) -> dict[str, Any]:
    """Return the problem document of one of our errors; its details become members of their own."""
    kind = kind_of(type(error))
    return {
        **_document(kind, status=error.status, detail=error.message),
        **{name: value for name, value in error.details.items() if name not in STANDARD},
    }


def general_problem(
    kind: Kind, *, status: int | None = None, detail: str = "", **more: Any
) -> dict[str, Any]:
    """Return the problem document of an error that is none of ours; `more` are further members."""
    return {**_document(kind, status=status or kind.status, detail=detail), **more}


def kind_of(error: type[MaritimeError]) -> Kind:
    """Return the kind of problem that a class of our errors is."""
    has_sentence = error.user_message != MaritimeError.user_message
    title = error.user_message if has_sentence else HTTPStatus(error.status).phrase
    return Kind(error.code, error.status, title)


def problem_json(error: MaritimeError) -> JsonResponse:
    """Answer with the problem document outside of Django REST framework."""
    return JsonResponse(problem(error), status=error.status, content_type=CONTENT_TYPE)


def general_problem_json(kind: Kind, **more: Any) -> JsonResponse:
    """Answer with the problem document of an error that is none of ours, likewise."""
    return JsonResponse(
        general_problem(kind, **more), status=kind.status, content_type=CONTENT_TYPE
    )


def type_address(code: str) -> str:
    """Return the address that names a kind of problem, where people read what it means."""
    return f"{settings.BASE_URL}/api/docs/#problem-{code}"


def _document(kind: Kind, *, status: int, detail: str) -> dict[str, Any]:
    title = gettext(kind.title)
    return {
        "type": type_address(kind.code),
        "status": status,
        "code": kind.code,
        "title": title,
        "detail": detail or title,
    }


def _code(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return INVALID_INPUT.code
    if isinstance(error, Http404):
        return NOT_FOUND.code
    if isinstance(error, PermissionDenied):
        return FORBIDDEN.code
    return str(getattr(error, "default_code", ""))
