"""What search engines are told: the pages in their languages, and what not to read."""

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from ferries.models import Route
from ferries.tests import makers
from maritime import context

SITE = "https://tickets.example"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


@pytest.fixture
def network(db, settings):
    settings.BASE_URL = SITE
    makers.sailing()


@pytest.fixture
def _all_languages(monkeypatch):
    monkeypatch.setattr(context, "_is_translated", lambda code: True)


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml"
    return ET.fromstring(answer.content)


def sections(client):
    found = read(client, "/sitemap.xml").findall("s:sitemap/s:loc", NAMES)
    return ["/" + each.text.split("/", 3)[3] for each in found]


def locations(client):
    return [
        each.text
        for section in sections(client)
        for each in read(client, section).findall("s:url/s:loc", NAMES)
    ]


@pytest.mark.usefixtures("network", "_all_languages")
def test_every_page_is_there_in_every_language(client):
    paths = [
        "/", "/routes/", "/ports/", "/operators/", "/about/data/",
        "/routes/AAA/BBB/", "/ports/AAA/", "/ports/BBB/", "/operators/BLUE/",
    ]  # fmt: skip
    others = [code for code, _ in django_settings.LANGUAGES if code != "en"]

    found = locations(client)

    assert len(found) == len(set(found))
    assert set(found) == {
        f"{SITE}{prefix}{path}" for path in paths for prefix in ("", *(f"/{c}" for c in others))
    }


@pytest.mark.usefixtures("network", "_all_languages")
def test_each_page_names_itself_in_the_other_languages(client):
    url = read(client, "/sitemap-routes.xml").find("s:url", NAMES)

    links = {each.get("hreflang"): each.get("href") for each in url.findall("x:link", NAMES)}

    assert links["en"] == links["x-default"] == f"{SITE}/routes/AAA/BBB/"
    assert links["de"] == f"{SITE}/de/routes/AAA/BBB/"
    assert set(links) == {"x-default", *(code for code, _ in django_settings.LANGUAGES)}


@pytest.mark.usefixtures("network")
def test_languages_that_are_not_translated_are_not_there(client, monkeypatch):
    monkeypatch.setattr(context, "_is_translated", lambda code: False)

    assert not any("/de/" in each for each in locations(client))


@pytest.mark.usefixtures("network")
def test_what_is_not_on_sale_is_not_there(client):
    Route.objects.update(active=False)

    assert not any("AAA" in each for each in locations(client))


@pytest.mark.usefixtures("network")
def test_a_section_needs_few_queries(client, django_assert_num_queries):
    for section in sections(client):
        with django_assert_num_queries(0 if "pages" in section else 1):
            client.get(section)


def test_there_are_no_other_sections(client, db):
    assert client.get("/sitemap-bookings.xml").status_code == 404


@pytest.mark.usefixtures("network")
def test_robots_read_public_pages_and_no_private_ones(client):
    answer = client.get("/robots.txt")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert rules.site_maps() == [f"{SITE}/sitemap.xml"]
    for path in ("/", "/routes/AAA/BBB/", "/de/routes/AAA/BBB/", "/api/docs/", "/charts/A/B.svg"):
        assert rules.can_fetch("Bot", f"{SITE}{path}"), path
    for name in ("results", "find_booking", "checkout"):
        assert not rules.can_fetch("Bot", f"{SITE}{reverse(name)}?x=1"), name
        assert not rules.can_fetch("Bot", f"{SITE}/el{reverse(name)}?x=1"), name
    assert not rules.can_fetch("Bot", f"{SITE}/admin/")
    assert not rules.can_fetch("Bot", f"{SITE}/booking/token/")
