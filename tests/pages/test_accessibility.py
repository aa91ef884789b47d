"""What axe-core finds on the pages of the search: nothing, by day and by night."""

from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from ferries.models import CapacityPool, Port
from ferries.tests import makers
from tests.pages.conftest import local_day, port_field

NARROW = {"width": 390, "height": 844}


@pytest.fixture(params=["light", "dark"])
def page(chromium, request):
    with chromium.new_context(
        color_scheme=request.param, viewport=NARROW, reduced_motion="reduce"
    ) as context:
        yield context.new_page()


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


def search_address(sailing, **party):
    query = {"origin": "AAA", "destination": "BBB", "date": local_day(sailing), **party}
    return f"{reverse('results')}?{urlencode(query)}"


def test_start_page(crossing, live_server, page):
    page.goto(live_server.url)
    assert violations(page) == []

    page.get_by_label("Car", exact=True).check()
    page.get_by_text("Where to measure").click()
    port_field(page, "From").fill("a")
    page.get_by_role("option").first.wait_for()

    assert violations(page) == []


def test_errors_of_a_search(crossing, live_server, page):
    page.goto(f"{live_server.url}{search_address(crossing, adults=40, vehicle='boat')}")

    assert violations(page) == []


def test_results(crossing, way_back, live_server, page):
    Port.objects.filter(code="AAA").update(latitude=47.6, longitude=-122.3)
    Port.objects.filter(code="BBB").update(latitude=47.7, longitude=-122.5)
    makers.sailing(persons=3)
    back = local_day(way_back)

    page.goto(f"{live_server.url}{search_address(crossing, adults=4, return_date=back)}")
    page.get_by_text("Change the search").click()
    page.get_by_text("Sort and filter").click()
    page.get_by_text("How the price is made").first.click()

    assert violations(page) == []


def test_results_without_a_place(crossing, live_server, page):
    CapacityPool.objects.filter(resource="persons").update(authorised=0)

    page.goto(f"{live_server.url}{search_address(crossing)}")

    assert violations(page) == []


def test_style_guide(db, live_server, page, settings):
    settings.DEBUG = True

    page.goto(f"{live_server.url}{reverse('styleguide')}")

    assert violations(page) == []
