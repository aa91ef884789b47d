"""What axe-core finds on the pages of routes, ports, operators and of the API: nothing.

And that they work on a narrow screen, at 400 % zoom, by keyboard, and keep to the strict policy.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from ferries import cache
from ferries.models import Port
from ferries.tests import makers
from maritime.lib import clock
from tests.pages.conftest import local_day
from tests.pages.test_accessibility import page, violations

__all__ = ("page",)  # a fixture

PATHS = (
    "/routes/", "/ports/", "/operators/", "/routes/AAA/BBB/", "/ports/AAA/", "/operators/BLUE/",
    "/ports/NOWHERE/", "/routes/BBB/CCC/", "/api/docs/",
)  # fmt: skip


@pytest.fixture
def network(crossing, way_back):
    makers.sailing(departs_at=clock.now() + timedelta(hours=3))
    makers.sailing(departs_at=crossing.departs_at + timedelta(days=40))
    makers.port("CCC")
    Port.objects.filter(code="AAA").update(latitude=47.6, longitude=-122.3)
    Port.objects.filter(code="BBB").update(latitude=47.7, longitude=-122.5)
    cache.invalidate_searches()
    return crossing


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("path", PATHS)
def test_no_violations_and_no_complaints(live_server, page, path):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{live_server.url}{path}")
    for details in page.locator("details").all()[:6]:
        details.locator("summary").click()

    assert violations(page) == []
    # Of a page that is not there the browser says so itself; of the policy nobody complains.
    assert [each for each in complaints if "status of 404" not in each] == []


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("path", PATHS)
def test_fits_a_screen_of_320_pixels(chromium, live_server, path):
    """Which is a desk's screen at 400 %."""
    with chromium.new_context(viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}{path}")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_day_of_the_month_is_chosen_by_keyboard(network, chromium, live_server):
    day = local_day(network)
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/routes/AAA/BBB/?month={day[:7]}")
        cell = page.locator(f"a[href*='date={day}']")
        cell.focus()
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", level=1)).to_contain_text("Aaa")
        assert page.url.endswith(f"date={day}&adults=1")
        assert page.locator("input[name=outbound]").count() >= 1


def test_the_form_of_a_route_leads_into_the_search(network, chromium, live_server):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/routes/AAA/BBB/")
        page.get_by_label("Departure").fill(local_day(network))
        page.get_by_role("button", name="Search sailings").click()

        expect(page.locator("input[name=outbound]").first).to_be_attached()
