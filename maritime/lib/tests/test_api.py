"""Every error of the API is a problem document (RFC 9457) with a stable code."""

import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions

from maritime.lib import api
from maritime.lib.errors import MaritimeError


class SailingFull(MaritimeError):
    code = "sailing_full"
    user_message = "This sailing is full."
    status = 409


class Wordless(MaritimeError):
    code = "wordless"
    status = 409


def answer(error: Exception):
    return api.problem_response(error, {})


def test_our_errors_show_kind_sentence_and_numbers(settings) -> None:
    settings.BASE_URL = "https://tickets.example"

    response = answer(SailingFull("Only 2 places are left.", left=2))

    assert response.status_code == 409
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "type": "https://tickets.example/api/docs/#problem-sailing_full",
        "status": 409,
        "code": "sailing_full",
        "title": "This sailing is full.",
        "detail": "Only 2 places are left.",
        "left": 2,
    }


def test_facts_of_an_error_replace_no_standard_member() -> None:
    document = api.problem(SailingFull(status=200, type="ship", left=1))

    assert (document["status"], document["left"]) == (409, 1)
    assert document["type"].endswith("#problem-sailing_full")


def test_an_error_without_words_says_its_own_sentence() -> None:
    assert str(SailingFull()) == SailingFull().message == "This sailing is full."
    assert api.problem(SailingFull())["detail"] == "This sailing is full."


def test_a_class_without_a_sentence_is_titled_by_its_status() -> None:
    document = api.problem(Wordless("Two ships have this name."))

    assert (document["title"], document["detail"]) == ("Conflict", "Two ships have this name.")


def test_wrong_input_is_422_and_names_the_fields() -> None:
    response = answer(exceptions.ValidationError({"adults": ["Must be 1 or more."]}))

    assert (response.status_code, response.data["status"]) == (422, 422)
    assert response.data["code"] == "invalid_input"
    assert response.data["errors"] == {"adults": ["Must be 1 or more."]}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (SuspiciousOperation(), 400, "bad_request"),
        (RequestDataTooBig(), 413, "payload_too_large"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
    ],
)
def test_framework_errors_become_problems(error: Exception, status: int, code: str) -> None:
    response = answer(error)

    assert (response.status_code, response.data["status"]) == (status, status)
    assert response.data["code"] == code
    assert response.data["type"].endswith(f"#problem-{code}")
    assert response.data["title"]
    assert response.data["detail"]
    assert response.content_type == "application/problem+json"


def test_a_retry_after_header_survives() -> None:
    assert answer(exceptions.Throttled(wait=3))["Retry-After"] == "3"


def test_a_bug_stays_a_500() -> None:
    assert answer(ZeroDivisionError()) is None


def test_the_same_document_outside_of_the_framework() -> None:
    response = api.problem_json(SailingFull(left=2))

    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == api.problem(SailingFull(left=2))
