"""What axe-core finds on the pages: nothing, by day and by night."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from bookings.models import Booking
from ferries.models import CapacityPool, Port, Route, Sailing
from ferries.tests import makers
from maritime.lib import clock
from notifications.models import Message
from payments.operations.refund import refund_payment
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


@pytest.fixture
def night(crossing):
    """Return the crossing with cabins, seats and kennels."""
    makers.accommodation(crossing, "seat", kind="seat", units=20, amount=300)
    makers.accommodation(crossing, "cabin", units=2, berths=2, amount=4000)
    makers.accommodation(crossing, "easy", units=1, berths=2, amount=4000, accessible=True)
    makers.pet_space(crossing, "kennel", places=1, amount=500)
    Sailing.objects.filter(pk=crossing.pk).update(accommodation_required=True)
    return crossing


class TestBookingFlow:
    """Check-out and payment in each of their states."""

    def test_check_out_with_everything_open(self, night, live_server, page):
        car = {"vehicle": "car", "vehicle_length_cm": 480, "vehicle_height_cm": 180}
        page.goto(f"{live_server.url}{checkout_address(night, adults=2, children=1, **car)}")
        for fold in ("Special assistance", "Offer code"):
            page.locator("summary", has_text=fold).click()
        page.get_by_role("button", name="Cabin: one more").click()
        page.wait_for_timeout(600)

        assert violations(page) == []

    def test_check_out_with_errors(self, night, live_server, page):
        page.goto(f"{live_server.url}{checkout_address(night, adults=2)}")
        page.get_by_role("button", name="Hold these places").click()

        page.get_by_role("heading", name="Please check the form").wait_for()
        assert violations(page) == []

    def test_check_out_that_asks_for_the_list_of_persons(self, crossing, live_server, page):
        Route.objects.update(persons_list=True)
        page.goto(f"{live_server.url}{checkout_address(crossing, children=1)}")
        page.get_by_label("Date of birth").first.wait_for()
        assert violations(page) == []

        page.get_by_role("button", name="Hold these places").click()
        page.get_by_role("heading", name="Please check the form").wait_for()
        assert violations(page) == []

    def test_check_out_of_what_cannot_be_booked(self, night, live_server, page):
        page.goto(f"{live_server.url}{checkout_address(night, **{'acc-1-cabin': 3})}")

        assert violations(page) == []

    def test_check_out_beside_an_open_hold(self, crossing, live_server, page):
        hold(page, live_server, crossing)
        page.goto(f"{live_server.url}{checkout_address(crossing)}")

        page.get_by_text("You hold places on this sailing already").wait_for()
        assert violations(page) == []

    def test_terms(self, live_server, page, db):
        page.goto(f"{live_server.url}{reverse('terms')}")

        assert violations(page) == []

    def test_pay_page_with_its_clock(self, crossing, live_server, page):
        hold(page, live_server, crossing)
        page.get_by_text("Pay with a voucher").click()
        page.get_by_role("timer").wait_for()

        assert violations(page) == []

    @pytest.mark.parametrize("outcome", ["decline", "3ds_wait", "delayed_ok"])
    def test_states_of_a_payment(self, crossing, live_server, page, outcome):
        hold(page, live_server, crossing)
        page.locator(f"button[value='{outcome}']").click()

        assert violations(page) == []

    def test_a_wrong_voucher(self, crossing, live_server, page):
        hold(page, live_server, crossing)
        page.get_by_text("Pay with a voucher").click()
        page.get_by_label("Voucher code").fill("WRONG")
        page.get_by_role("button", name="Pay with the voucher").click()

        page.get_by_role("heading", name="Please check the form").wait_for()
        assert violations(page) == []

    def test_little_time_is_left_and_then_none(self, crossing, live_server, page):
        hold(page, live_server, crossing)
        Booking.objects.update(expires_at=clock.now() + timedelta(seconds=50))
        page.reload()
        page.get_by_text("Little time is left.").wait_for()
        assert violations(page) == []

        Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        page.reload()
        page.get_by_role("link", name="Hold the same places again").wait_for()
        assert violations(page) == []


class TestMyBooking:
    """The booking's page in each of its states, and the pages that change it."""

    @pytest.fixture
    def bought(self, crossing, live_server, page, run_jobs):
        """Return the address of a confirmed booking that the page shows."""
        hold(page, live_server, crossing)
        page.locator("button[value=succeed]").click()
        run_jobs()
        page.reload()
        page.get_by_role("heading", name="Your booking is confirmed").wait_for()
        return page.url

    def test_confirmed_and_kept_on_the_device(self, bought, page):
        page.get_by_role("button", name="Remove from this device").wait_for()

        assert violations(page) == []

    def test_without_network(self, bought, page):
        page.get_by_role("button", name="Remove from this device").wait_for()
        page.context.set_offline(True)
        page.reload()
        page.get_by_role("heading", name="No connection").wait_for()

        assert violations(page) == []

    def test_with_refunds_and_a_button_for_the_mail(self, bought, page):
        payment = Booking.objects.get().payments.get()
        refund_payment(payment.pk, amount=400, request_key="k", reason="kind", actor="staff:1")
        Message.objects.update(created_at=clock.now() - timedelta(minutes=6))
        page.reload()

        page.get_by_role("button", name="Send the mail again").wait_for()
        assert violations(page) == []

    @pytest.mark.parametrize("state", ["paid", "cancelled", "cancelled_by_operator"])
    def test_other_states(self, bought, page, state):
        Booking.objects.update(state=state)
        page.goto(bought)

        assert violations(page) == []

    def test_the_form_that_changes_it(self, bought, page):
        page.goto(f"{bought}amend/")
        page.get_by_text("One more traveller", exact=True).first.click()
        page.get_by_text("Where to measure").click()
        assert violations(page) == []

        page.get_by_label("Surname").first.fill("")
        page.get_by_role("button", name="Show what it costs").click()
        page.get_by_role("heading", name="Please check the form").wait_for()
        assert violations(page) == []

    def test_another_sailing_and_its_price(self, bought, page, crossing):
        makers.sailing(departs_at=crossing.departs_at + timedelta(hours=2))
        page.goto(f"{bought}amend/crossing/1/")
        assert violations(page) == []

        page.locator("input[name=offer]").last.check()
        page.get_by_role("button", name="Show what it costs").click()
        page.get_by_role("heading", name="What the change costs").wait_for()
        assert violations(page) == []

    def test_cancelling_and_its_price(self, bought, page):
        page.goto(f"{bought}cancel/")

        assert violations(page) == []

    def test_finding_it(self, live_server, page, db):
        page.goto(f"{live_server.url}{reverse('find_booking')}")
        page.get_by_role("button", name="Find my booking").click()

        assert violations(page) == []


def checkout_address(sailing, **choices):
    offer = f"{sailing.operator.code}~{sailing.public_id.hex}~0-1"
    return f"{reverse('checkout')}?{urlencode({'adults': 1, 'outbound': offer, **choices})}"


def hold(page, live_server, sailing):
    page.goto(f"{live_server.url}{checkout_address(sailing)}")
    for label, value in (("Given name", "Alice"), ("Surname", "Moreau"), ("E-mail", "a@b.example")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Hold these places").click()
    page.get_by_role("heading", name="Check and pay").wait_for()
