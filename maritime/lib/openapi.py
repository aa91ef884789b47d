"""How views describe themselves in the OpenAPI document: shapes, examples, the problems of all.

Shapes are JSON Schemas written out by hand, since answers are plain dicts that no serializer makes;
tests hold real answers against them. A shape is put into the document once, under its name.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny

from maritime.lib.api import CONTENT_TYPE
from maritime.lib.throttle import RatedAPIView

Shape = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
COUNTS: Shape = {"type": "object", "additionalProperties": WHOLE}
AMOUNT: Shape = {"type": "integer", "description": "minor units"}
CURRENCY: Shape = {"type": "string", "pattern": "^[A-Z]{3}$"}

PROBLEM: Shape = {
    "type": "object",
    "description": "RFC 9457 problem details; some kinds have members of their own.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "names the kind of problem"},
        "title": {"type": "string", "description": "the same for all problems of the kind"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "about this one, for people"},
        "code": {"type": "string", "description": "names the kind in one stable word"},
        "errors": {"description": "what is wrong, by field"},
        "request_id": {"type": "string", "description": "of a 500: finds its log lines"},
    },
    "additionalProperties": True,
}
RATE_HEADERS = {
    "RateLimit-Policy": {"schema": TEXT, "description": 'the rate: "scope";q=quota;w=seconds'},
    "RateLimit": {"schema": TEXT, "description": 'what is left: "scope";r=requests;t=seconds'},
}


def ref(name: str) -> Shape:
    """Return a reference to the shape of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(shape: Shape) -> Shape:
    """Return the shape that may be null instead."""
    return {"anyOf": [shape, {"type": "null"}]}


def listed(shape: Shape) -> Shape:
    """Return a list of the shape."""
    return {"type": "array", "items": shape}


def one_of(values: Iterable[str]) -> Shape:
    """Return a text of which these values are known; clients must expect others later."""
    return {"type": "string", "examples": list(values)}


def record(
    description: str, members: Mapping[str, Shape], *, optional: Iterable[str] = ()
) -> Shape:
    """Return an object with members that are all there, but for the optional ones."""
    return {
        "type": "object",
        "description": description,
        "required": [name for name in members if name not in set(optional)],
        "properties": dict(members),
    }


def documented(
    summary: str,
    answers: Mapping[Any, str | OpenApiResponse],
    *,
    request: Any = None,
    example: Any = None,
    parameters: Iterable[OpenApiParameter | type] = (),
    answer_example: Any = None,
) -> Callable[[View], View]:
    """Describe an operation: answers by status, as names of shapes, with an example of them.

    `request` is a serializer of the body and `example` a body. Problems are described for all.
    """
    bodies = {status: _answer(answer, answer_example) for status, answer in answers.items()}
    examples = []
    if example is not None:
        examples.append(OpenApiExample("Request", value=example, request_only=True))
    return extend_schema(
        summary=summary,
        request=request,
        responses=bodies,
        parameters=list(parameters),
        examples=examples,
    )


def _answer(answer: str | OpenApiResponse, example: Any) -> OpenApiResponse:
    if isinstance(answer, str):
        examples = [OpenApiExample("Answer", value=example)]
        return OpenApiResponse(ref(answer), description="Done.", examples=examples)
    return answer


@lru_cache
def read_examples(path: Path) -> dict[str, Any]:
    """Return the examples of a JSON file by their names."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


class ProblemSchema(AutoSchema):
    """Adds to every operation its problems, its rate, and who may call it."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation; its `default` answer is a problem document."""
        operation = super().get_operation(*args, **kwargs)
        if operation:
            self._complete(operation)
        return operation

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return what an operation asks for: a booking's token, a staff session, or nothing."""
        if AllowAny not in self.view.permission_classes:
            return [{"staffSession": []}]
        if "{reference}" in self.path:
            # The surname or the address of mail do as well: they are parameters.
            return [{"bookingToken": []}, {}]
        return []

    def get_tags(self) -> list[str]:
        """Return the group that the operation is shown in."""
        if "/admin/" in self.path:
            return ["staff"]
        if "/demo/" in self.path:
            return ["demo"]
        return ["bookings"] if "/bookings" in self.path or "/quotes" in self.path else ["sailings"]

    def _complete(self, operation: dict[str, Any]) -> None:
        answers = operation["responses"]
        if issubclass(type(self.view), RatedAPIView):
            for answer in answers.values():
                answer["headers"] = {**answer.get("headers", {}), **RATE_HEADERS}
        answers["default"] = {"$ref": "#/components/responses/Problem"}


def problem_answer(example: dict[str, Any]) -> dict[str, Any]:
    """Return the component that describes every problem, with an example."""
    return {
        "description": "It did not work; the document says why.",
        "headers": {"Retry-After": {"schema": WHOLE, "description": "of 429 and some 503"}},
        "content": {CONTENT_TYPE: {"schema": ref("Problem"), "example": example}},
    }
