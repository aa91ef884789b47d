"""The page of the API: every operation and every kind of problem, without scripts."""

import re

import pytest

from maritime import api_docs
from maritime.lib.api import type_address
from maritime.lib.errors import MaritimeError


@pytest.fixture
def page(client, db):
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    return answer


def test_shows_every_operation_and_shape(page):
    document = api_docs.document()

    for methods in document["paths"].values():
        for facts in methods.values():
            assert f'id="{facts["operationId"]}"' in page.text
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page.text


def test_explains_the_type_of_every_error(page):
    errors = [error for error in api_docs._errors(MaritimeError) if error.code != "error"]

    assert len(errors) > 40
    for error in errors:
        fragment = type_address(error.code).partition("#")[2]
        assert f'id="{fragment}"' in page.text, error


def test_codes_are_of_one_meaning():
    """Classes with one code have one status, or a program cannot rely on either."""
    statuses = {}
    for error in api_docs._errors(MaritimeError):
        statuses.setdefault(error.code, set()).add(error.status)

    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_needs_no_script_and_nothing_of_others(page, settings):
    others = re.findall(r'(?:href|src)="((?:https?:)?//[^"]+)"', page.text)

    assert "<script" not in page.text
    assert [each for each in others if not each.startswith(settings.BASE_URL)] == []
    assert "style=" not in page.text


def test_is_in_english_only(client, db):
    assert client.get("/de/api/docs/").status_code == 404
    assert 'hreflang="de"' not in client.get("/api/docs/").text
