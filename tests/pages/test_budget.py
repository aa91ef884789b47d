"""What the main pages cost a phone with a weak signal: bytes, requests, and nothing that jumps.

Files count as the server sends them, compressed in advance by WhiteNoise on a server; documents
count as they are, since nothing in the platform compresses them.
"""

import gzip
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from ferries import cache
from ferries.models import Port
from ferries.tests import makers
from tests.pages.conftest import local_day

KB = 1000
FIRST_PAGE = 100 * KB
# Kilobytes without images, requests with them: a little more than what is needed now.
BUDGETS = {
    "start": (70, 10),
    "results": (75, 12),
    "route": (30, 7),
    "checkout": (45, 10),
}
# As many ports as the demo has, and some more.
PORTS = 40
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@dataclass
class Cost:
    """What loading a page took: bytes without images by path, all paths, hosts, layout shift."""

    bytes: dict
    paths: list
    hosts: set
    shift: float


@pytest.fixture
def addresses(crossing, way_back, pages, live_server, settings):
    settings.BASE_URL = live_server.url
    Port.objects.filter(code="AAA").update(latitude=47.6, longitude=-122.3)
    Port.objects.filter(code="BBB").update(latitude=47.7, longitude=-122.5)
    for number in range(PORTS):
        harbour = makers.port(f"HARBOUR-{number}")
        makers.route(crossing.operator, harbour, makers.port("AAA"))
        makers.route(crossing.operator, makers.port("AAA"), harbour)
    cache.invalidate_searches()
    day = local_day(crossing)
    paths = {
        "start": "/",
        "results": f"{reverse('results')}?origin=AAA&destination=BBB&date={day}&adults=2&vehicle=car",
        "route": f"{reverse('route', args=['AAA', 'BBB'])}?month={day[:7]}",
        "checkout": pages.checkout_address(crossing, vehicle="car"),
    }
    return {name: live_server.url + path for name, path in paths.items()}


def load(chromium, address, viewport):
    """Load a page in a new browser context, as a first-time visitor does."""
    with chromium.new_context(viewport=viewport) as context:
        page = context.new_page()
        page.add_init_script(SHIFTS)
        requests = []
        page.on("requestfinished", lambda each: requests.append(each))
        page.goto(address, wait_until="networkidle")
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        return Cost(
            bytes={
                urlsplit(each.url).path: sent_bytes(each)
                for each in requests
                if each.resource_type != "image"
            },
            paths=[urlsplit(each.url).path for each in requests],
            hosts={urlsplit(each.url).netloc for each in requests},
            shift=page.evaluate("window.shifted"),
        )


def sent_bytes(request):
    sizes = request.sizes()
    if urlsplit(request.url).path.startswith("/static/"):
        body = len(gzip.compress(request.response().body()))
    else:
        body = sizes["responseBodySize"]
    return body + sizes["responseHeadersSize"]


@pytest.mark.parametrize("name", BUDGETS)
def test_keeps_to_its_budget(chromium, addresses, live_server, name):
    kilobytes, requests = BUDGETS[name]

    for viewport in (PHONE, DESK):
        cost = load(chromium, addresses[name], viewport)

        assert sum(cost.bytes.values()) < kilobytes * KB, cost.bytes
        assert len(cost.paths) <= requests, cost.paths
        # The browser loads the icon of the tab apart from the same picture on the page.
        once = [path for path in cost.paths if path != "/static/favicon.svg"]
        assert len(once) == len(set(once)), "something is loaded twice"
        assert cost.hosts == {urlsplit(live_server.url).netloc}
        assert cost.shift < 0.02


def test_the_first_page_is_below_a_hundred_kilobytes_before_compression(chromium, addresses):
    """As a server without files compressed in advance would send it."""
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        requests = []
        page.on("requestfinished", lambda each: requests.append(each))
        page.goto(addresses["start"], wait_until="networkidle")
        sizes = {
            urlsplit(each.url).path: each.sizes()["responseBodySize"]
            for each in requests
            if each.resource_type != "image"
        }

    assert {"/", "/static/css/site.css", "/static/css/search.css"} <= set(sizes)
    assert sum(sizes.values()) < FIRST_PAGE, sizes


def test_the_measure_sees_a_shift(chromium, live_server, db):
    """Without this, a measure that always says nothing would be content."""
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.add_init_script(SHIFTS)
        page.goto(live_server.url, wait_until="networkidle")
        page.evaluate("document.querySelector('main').style.paddingTop = '400px'")
        page.wait_for_timeout(300)

        assert page.evaluate("window.shifted") > 0.02
