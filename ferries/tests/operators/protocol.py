"""docs/operator-protocol.yaml as a judge: which answer and which question are of the protocol."""

import re
from functools import cache

import yaml
from django.conf import settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = settings.BASE_DIR / "docs" / "operator-protocol.yaml"
ADDRESS = "urn:protocol"


@cache
def document():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@cache
def _registry():
    resource = Resource(contents=document(), specification=DRAFT202012)
    return Registry().with_resource(ADDRESS, resource)


def validator(schema):
    """Return the judge of a schema whose references lead into the document."""
    return Draft202012Validator(_absolute(schema), registry=_registry())


def _absolute(value):
    if isinstance(value, dict):
        return {
            key: f"{ADDRESS}{each}" if key == "$ref" else _absolute(each)
            for key, each in value.items()
        }
    return [_absolute(each) for each in value] if isinstance(value, list) else value


def followed(value):
    """Return a value of the document, or what its reference leads to."""
    while "$ref" in value:
        target = document()
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def operation(method, path):
    """Return the operation of a request; raises AssertionError if there is none."""
    for template, item in document()["paths"].items():
        pattern = re.sub(r"\{\w+\}", r"[A-Z0-9-]{1,40}", template)
        if re.fullmatch(pattern, path) and method.lower() in item:
            return item[method.lower()]
    raise AssertionError(f"{method} {path} is not of the protocol")


def judge_answer(method, path, *, status, body):
    """Insist that an answer is one that the protocol lists."""
    responses = operation(method, path)["responses"]
    assert str(status) in responses, f"{status} is no answer to {method} {path}"
    content = followed(responses[str(status)])["content"]
    validator(content["application/json"]["schema"]).validate(body)


def judge_question(method, path, *, body):
    """Insist that a question is one that the protocol lists; None stands for no body."""
    found = operation(method, path)
    if "requestBody" not in found:
        assert body is None, f"{method} {path} has no body"
        return
    validator(found["requestBody"]["content"]["application/json"]["schema"]).validate(body)
