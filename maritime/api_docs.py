"""The OpenAPI document of the API and the pages that show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from json import dumps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from bookings.api import shapes as bookings_shapes
from ferries.api import shapes as ferries_shapes
from maritime.lib.api import GENERAL_KINDS, Kind, kind_of, problem
from maritime.lib.errors import MaritimeError
from maritime.lib.openapi import PROBLEM, problem_answer, ref
from payments.api import shapes as payments_shapes

HOUR = 3600
METHODS = ("get", "post", "delete")
# No view of REST framework, so its part of the document is written here.
WEBHOOK = {
    "operationId": "stripe_webhook",
    "summary": "Take in an event of Stripe",
    "description": "For Stripe only: the header Stripe-Signature signs the bytes of the body.",
    "tags": ["webhooks"],
    "parameters": [
        {
            "in": "header",
            "name": "Stripe-Signature",
            "required": True,
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"},
            }
        },
    },
    "responses": {
        "200": {
            "description": "It is stored, now or before.",
            "content": {
                "application/json": {
                    "schema": ref("Received"),
                    "example": {"received": True, "duplicate": False},
                }
            },
        },
        "default": {"$ref": "#/components/responses/Problem"},
    },
}


@dataclass(frozen=True)
class Operation:
    """An operation as the page of the API shows it; examples are JSON text."""

    method: str
    path: str
    facts: dict[str, Any]
    request: str
    answers: list[tuple[str, str, str]]

    @property
    def anchor(self) -> str:
        """Return the id of its section."""
        return str(self.facts["operationId"])


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the shapes, the problem and the webhook to what drf-spectacular made of the views."""
    components = result.setdefault("components", {})
    components["schemas"] = {
        **components.get("schemas", {}),
        **ferries_shapes.SHAPES,
        **bookings_shapes.SHAPES,
        **payments_shapes.SHAPES,
        "Problem": PROBLEM,
    }
    components["responses"] = {"Problem": problem_answer(_problem_example())}
    result["paths"]["/api/v1/webhooks/stripe"] = {"post": WEBHOOK}
    return result


@require_safe
@cache_control(public=True, max_age=HOUR)
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document as JSON."""
    return HttpResponse(_text(document()), content_type="application/json")


@require_safe
@cache_control(public=True, max_age=HOUR)
def docs(request: HttpRequest) -> HttpResponse:
    """Show every operation, shape and problem of the document on one page, in English."""
    whole = document()
    shapes = {name: _text(shape) for name, shape in sorted(whole["components"]["schemas"].items())}
    context = {
        "info": whole["info"],
        "groups": _groups(whole),
        "shapes": shapes,
        "kinds": problem_kinds(),
        "problem": _text(_problem_example()),
        # There is one such page for all languages.
        "languages": [],
        "offered_language": None,
    }
    return render(request, "api/docs.html", context)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it depends on the release only."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return found


def problem_kinds() -> list[Kind]:
    """Return every kind of problem that the API may answer with, by code."""
    kinds = {kind.code: kind for kind in GENERAL_KINDS}
    for error in _errors(MaritimeError):
        kinds.setdefault(error.code, kind_of(error))
    return sorted(kinds.values(), key=lambda kind: kind.code)


def _errors(base: type[MaritimeError]) -> Iterator[type[MaritimeError]]:
    for error in base.__subclasses__():
        if ".tests" not in error.__module__ and not error.__module__.startswith("tests"):
            yield error
            yield from _errors(error)


def _groups(whole: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in whole["tags"]}
    for path, methods in whole["paths"].items():
        for method in METHODS:
            if method in methods:
                facts = methods[method]
                groups[facts["tags"][0]].append(_operation(method, path, facts))
    return list(groups.items())


def _operation(method: str, path: str, facts: dict[str, Any]) -> Operation:
    facts = {**facts, "description": facts.get("description", "").replace("`", "")}
    request = _example(facts.get("requestBody", {}))
    answers = [
        (status, answer["description"], _example(answer))
        for status, answer in facts["responses"].items()
        if status != "default"
    ]
    return Operation(method.upper(), path, facts, request, answers)


def _example(part: dict[str, Any]) -> str:
    """Return the first example of a body as text; empty where there is none."""
    for content in part.get("content", {}).values():
        if "example" in content:
            return _text(content["example"])
        for example in content.get("examples", {}).values():
            return _text(example["value"])
    return ""


def _problem_example() -> dict[str, Any]:
    example = problem(MaritimeError())
    return {
        **example,
        "type": "https://tickets.example/api/docs/#problem-not_bookable",
        "code": "not_bookable",
        "status": 409,
        "title": "This sailing cannot be booked.",
        "detail": "Only 1 place is left; your party needs 2.",
    }


def _text(value: Any) -> str:
    return dumps(value, indent=2, ensure_ascii=False)
