"""No link of the site leads nowhere: every page, file and fragment, in all languages."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from ferries import cache
from ferries.models import Operator, Port
from ferries.tests import makers
from maritime import context
from tests.pages.crawl import SITE, Crawl, Page


@pytest.fixture
def _all_languages(monkeypatch):
    monkeypatch.setattr(context, "_is_translated", lambda code: True)


@pytest.fixture
def site(crossing, way_back, settings):
    """Return a small network: there and back, a sold-out sailing, another month, a remote operator."""
    settings.BASE_URL = SITE
    makers.sailing(departs_at=crossing.departs_at + timedelta(hours=3), persons=0)
    makers.sailing(departs_at=crossing.departs_at + timedelta(days=40))
    Port.objects.filter(code="AAA").update(latitude=47.6, longitude=-122.3)
    Port.objects.filter(code="BBB").update(latitude=47.7, longitude=-122.5)
    red = Operator.objects.create(
        code="RED", name="Red", currency="EUR", zone="Europe/Paris", adapter="http",
        base_url="https://red.example",
    )  # fmt: skip
    makers.route(red, makers.port("CCC"), makers.port("AAA"))
    cache.invalidate_searches()


def sitemap_addresses(client):
    index = client.get("/sitemap.xml").text
    return [
        address
        for section in re.findall(r"<loc>([^<]+)</loc>", index)
        for address in re.findall(r"<loc>([^<]+)</loc>", client.get(section).text)
    ]


@pytest.mark.usefixtures("site", "_all_languages")
def test_every_link_from_the_start_page_and_the_sitemap(client):
    prefixes = {code for code, _ in django_settings.LANGUAGES if code != "en"}

    done = Crawl(client, SITE).start("/", "/robots.txt", *sitemap_addresses(client))

    assert done.faults == []
    assert done.outside == set()
    pages = {path.partition("?")[0] for path in done.ids}
    for page in (
        "/",
        "/routes/AAA/BBB/",
        "/ports/CCC/",
        "/operators/RED/",
        "/search/",
        "/my-booking/",
    ):
        assert page in pages
        assert {f"/{prefix}{page}" for prefix in prefixes} <= pages
    assert "/api/docs/" in pages
    assert {"/static/css/site.css", "/static/js/ports.js", "/static/img/share.png"} <= done.assets


@pytest.mark.usefixtures("site")
def test_every_link_of_a_booking(crossing, client, pages, run_jobs):
    pay_address = pages.hold(crossing, vehicle="car")
    held = Crawl(client, SITE).start(pay_address, pages.checkout_address(crossing))
    pages.pay(pay_address)
    run_jobs()

    confirmed = Crawl(client, SITE).start(pay_address.replace("/pay/", "/booking/"))

    assert held.faults == []
    assert confirmed.faults == []
    assert any(path.endswith("/cancel/") for path in confirmed.ids)


def test_the_crawl_sees_what_is_wrong(client, db):
    """Without this a crawler that finds no links would be content with everything."""
    done = Crawl(client, SITE)
    done._seen.add("/about/")
    done._read_page(
        "/about/",
        '<a id="x" href="/nowhere/">1</a><a id="x" href="#gone">2</a><img src="/static/no.png">'
        '<form action="/not/there/"></form><form method="post" action="/posts/"></form>'
        '<a href="https://else.example/">3</a><a href="/about/#x">4</a>',
    )
    done.start()

    assert sorted(done.faults) == [
        "/about/: /not/there/ answers 404",
        "/about/: /nowhere/ answers 404",
        "/about/: nothing has the id of /about/#gone",
        "/about/: the id x is there twice",
        "/about/: there is no file /static/no.png",
    ]
    assert done.outside == {"https://else.example/"}


def test_a_page_names_what_scripts_ask_for():
    found = Page('<div data-ports="/search/ports.json"></div><meta content="noindex">')

    assert found.named == ["/search/ports.json"]
