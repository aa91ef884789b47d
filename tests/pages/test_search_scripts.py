"""The scripts of the search, in a browser: port picker, steppers, sizes, what is filled in later."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ferries.models import Route
from ferries.tests import makers
from tests.pages.conftest import local_day, port_field


@pytest.fixture
def page(chromium, crossing, live_server):
    """Return the start page; ports Aaa and Piraeus lead to Bbb."""
    piraeus = makers.port("GRPIR", country="GR", zone="Europe/Athens")
    makers.route(crossing.operator, piraeus, makers.port("BBB"))
    makers.route(crossing.operator, makers.port("ZZZ"), piraeus)
    makers.route(crossing.operator, makers.port("BBB"), makers.port("ZZZ"))
    with chromium.new_context() as context:
        found = context.new_page()
        found.goto(live_server.url)
        origin(found).wait_for()
        yield found


def origin(page):
    return port_field(page, "From")


def destination(page):
    return port_field(page, "To")


@pytest.mark.parametrize("typed", ["Grpir", "piräus", "Πειραιάς", "Greece", "athen", "grp"])
def test_finds_a_port_by_names_country_and_code(typed, page):
    origin(page).fill(typed)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(origin(page)).to_have_value("Grpir")
    assert page.locator("select[name=origin]").input_value() == "GRPIR"


def test_the_list_is_worked_by_keyboard(page):
    origin(page).focus()
    page.keyboard.press("ArrowDown")
    expect(origin(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Bbb")
    active = page.get_by_role("option", selected=True).get_attribute("id")
    expect(origin(page)).to_have_attribute("aria-activedescendant", active)

    page.keyboard.press("Escape")
    expect(origin(page)).to_have_attribute("aria-expanded", "false")
    assert page.locator("select[name=origin]").input_value() == ""

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(origin(page)).to_have_value("Aaa")


def test_direct_crossings_come_first(page):
    origin(page).fill("aaa")
    page.keyboard.press("Enter")
    destination(page).click()

    groups = page.get_by_role("listbox").get_by_role("group")
    expect(page.get_by_role("option").first).to_contain_text("Bbb")
    expect(groups.first).to_contain_text("Direct crossings")
    expect(groups.last).to_contain_text("Other ports")


def test_a_name_that_nobody_has_is_told_and_taken_back(page):
    origin(page).fill("Atlantis")
    expect(page.get_by_role("status").filter(has_text="No port has this name.")).to_have_count(1)

    destination(page).focus()

    expect(origin(page)).to_have_value("")


def test_swaps_the_ports(page):
    for field, name in ((origin(page), "bbb"), (destination(page), "zzz")):
        field.fill(name)
        page.keyboard.press("Enter")

    page.get_by_role("button", name="Swap the two ports").click()

    expect(origin(page)).to_have_value("Zzz")
    expect(destination(page)).to_have_value("Bbb")


def test_steppers_stay_within_their_limits(page):
    less = page.get_by_role("button", name="Adults: one less")
    expect(less).to_be_disabled()

    page.get_by_role("button", name="Adults: one more").click()

    expect(page.get_by_label("Adults", exact=True)).to_have_value("2")
    expect(less).to_be_enabled()


def test_adds_up_what_the_ferry_will_measure(page):
    page.get_by_label("Car", exact=True).check()
    page.get_by_label("Roof box").check()
    page.get_by_label("Trailer", exact=True).select_option("caravan")
    expect(page.get_by_text("On the ferry: 12 m long with all, 2.2 m high")).to_be_visible()

    page.get_by_text("Where to measure").click()
    page.get_by_role("button", name="Small car: Use").click()

    expect(page.get_by_text("On the ferry: 10.9 m long with all, 1.9 m high")).to_be_visible()


def test_prices_of_other_days_come_afterwards(page, crossing, live_server):
    query = f"origin=AAA&destination=BBB&date={local_day(crossing)}"

    page.goto(f"{live_server.url}{reverse('results')}?{query}")

    expect(page.locator(".day-none")).to_have_count(6)
    expect(page.locator(".day-tab[aria-current]")).to_contain_text("USD 10.00")


def test_a_late_operator_fills_in_by_itself(page, crossing, live_server):
    far = makers.operator("FAR", name="Far Ferries", adapter="http", base_url="http://127.0.0.1:9")
    makers.route(far, makers.port("AAA"), makers.port("BBB"))
    query = f"origin=AAA&destination=BBB&date={local_day(crossing)}"
    page.goto(f"{live_server.url}{reverse('results')}?{query}")
    late = page.get_by_text("Far Ferries did not answer")
    expect(late).to_be_visible()
    expect(late).to_contain_text("We are asking again.")
    page.locator("input[name=outbound]").check()

    Route.objects.get(operator=far).delete()

    expect(late).to_have_count(0, timeout=15_000)
    expect(page.locator("input[name=outbound]")).to_be_checked()
