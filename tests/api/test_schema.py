"""The OpenAPI document: valid, complete, with examples that keep to it."""

import json
from copy import deepcopy

import pytest
from django.urls import URLPattern, get_resolver
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from maritime import api_docs

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(api_docs.document()))


def operations(document):
    return [
        (path, method, facts)
        for path, methods in document["paths"].items()
        for method, facts in methods.items()
        if method in METHODS
    ]


def bodies(facts):
    """Return the bodies of an operation by a name for each: the request, and answers by status."""
    found = {"request": facts.get("requestBody", {}), **facts["responses"]}
    return {
        name: content
        for name, body in found.items()
        for content in body.get("content", {}).values()
    }


def examples(content):
    named = [each["value"] for each in content.get("examples", {}).values()]
    return [*named, *([content["example"]] if "example" in content else [])]


def routes(patterns, prefix=""):
    """Return all addresses below the patterns, with the views."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from routes(pattern.url_patterns, address)


def closed(document):
    """Return the document with shapes that allow no other members than those they name."""
    document = deepcopy(document)

    def close(part):
        if isinstance(part, dict):
            if part.get("type") == "object" and "properties" in part:
                part.setdefault("additionalProperties", False)
            for each in part.values():
                close(each)
        elif isinstance(part, list):
            for each in part:
                close(each)

    close(document["components"]["schemas"])
    return document


def faults(document, schema, value):
    whole = {**schema, "components": closed(document)["components"]}
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(whole).iter_errors(value)
    ]


def test_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert list(map(str, OpenAPIV31SpecValidator(document).iter_errors())) == []


def test_every_route_of_the_api_is_in_it(document):
    known = {
        address.replace("<str:", "{").replace("<uuid:", "{").replace(">", "}")
        for address, _ in routes(get_resolver().url_patterns)
        if address.startswith("api/v1/")
    }

    assert len(known) > 15
    assert {path.removeprefix("/") for path in document["paths"]} == known


def test_every_method_of_a_view_is_in_it(document):
    for address, view in routes(get_resolver().url_patterns):
        if address.startswith("api/v1/") and hasattr(view, "view_class"):
            path = "/" + address.replace("<str:", "{").replace("<uuid:", "{").replace(">", "}")
            taken = {name for name in METHODS if hasattr(view.view_class, name)}
            assert taken == set(document["paths"][path]) & METHODS, path


def test_every_operation_has_a_summary_a_problem_and_an_own_id(document):
    found = operations(document)

    assert len({facts["operationId"] for _, _, facts in found}) == len(found)
    for path, _, facts in found:
        assert facts["summary"], path
        assert facts["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, path


def test_every_body_has_an_example_that_keeps_to_its_shape(document):
    for path, method, facts in operations(document):
        for name, content in bodies(facts).items():
            if content["schema"].get("format") == "binary":
                continue
            if name in {"request", min(facts["responses"])}:
                assert examples(content), (path, method, name)
            for example in examples(content):
                assert faults(document, content["schema"], example) == [], (path, method, name)


def test_the_example_of_a_problem_keeps_to_its_shape(document):
    (content,) = document["components"]["responses"]["Problem"]["content"].values()

    assert faults(document, content["schema"], content["example"]) == []


def test_every_shape_is_used(document):
    text = json.dumps(document)

    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name


def test_is_served_as_json(client, db, document):
    answer = client.get("/api/schema/")

    assert answer["Content-Type"] == "application/json"
    assert answer.json() == document
