"""The pages of a booking at 320 px, which is also 1280 px at 400 %: nothing scrolls sideways."""

import pytest
from playwright.sync_api import expect

from ferries.models import Sailing
from ferries.tests import makers

LANGUAGES = ["", "/de", "/el"]


@pytest.fixture
def night(crossing):
    makers.accommodation(crossing, "seat", kind="seat", units=20, amount=300)
    makers.accommodation(crossing, "cabin", units=2, berths=4, amount=4000)
    makers.pet_space(crossing, "kennel", places=1, amount=500)
    Sailing.objects.filter(pk=crossing.pk).update(accommodation_required=True)
    return crossing


@pytest.fixture
def tab(chromium):
    with chromium.new_context(viewport={"width": 320, "height": 640}) as context:
        yield context.new_page()


def look(tab, address):
    tab.goto(address)
    expect(tab.locator("h1")).to_be_visible()
    for fold in tab.locator("main details > summary").all():
        fold.click()
    return tab.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_out_and_payment_fit(night, live_server, tab, pages, language):
    car = {"vehicle": "car", "vehicle_length_cm": 480, "vehicle_height_cm": 180}
    address = pages.checkout_address(night, **car)
    pay_address = pages.hold(night, **car)

    widths = [look(tab, f"{live_server.url}{language}{each}") for each in (address, pay_address)]

    assert widths == [320, 320]


@pytest.mark.parametrize("language", LANGUAGES)
def test_my_booking_and_its_changes_fit(
    crossing, live_server, tab, client, pages, run_jobs, language
):
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    booking_address = client.get(f"{pay_address}return/").url
    run_jobs()

    parts = ("", "amend/", "amend/crossing/1/", "cancel/")
    base = f"{live_server.url}{language}{booking_address}"

    assert [look(tab, f"{base}{part}") for part in parts] == [320] * 4
