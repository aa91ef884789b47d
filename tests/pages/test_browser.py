"""The journey in a real browser, without JavaScript; and the small scripts with it."""

import pytest
from playwright.sync_api import expect

from bookings.models import Booking
from tests.pages.conftest import local_day, port_field


@pytest.fixture
def server(live_server, settings):
    settings.BASE_URL = live_server.url
    return live_server


@pytest.fixture
def page(chromium):
    """Return a page without JavaScript."""
    with chromium.new_context(java_script_enabled=False) as context:
        yield context.new_page()


@pytest.fixture
def scripted_page(chromium):
    with chromium.new_context() as context:
        yield context.new_page()


def choose_from_lists(page):
    page.get_by_label("From", exact=True).select_option("AAA")
    page.get_by_label("To", exact=True).select_option("BBB")


def type_ports(page):
    for label, name in (("From", "Aaa"), ("To", "Bbb")):
        port_field(page, label).fill(name)
        page.keyboard.press("Enter")


def book(page, server, sailing, *, choose_ports=type_ports):
    page.goto(server.url)
    choose_ports(page)
    page.get_by_label("Departure").fill(local_day(sailing))
    page.get_by_role("button", name="Search sailings").click()
    page.locator("input[name=outbound]").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Given name").fill("Alice")
    page.get_by_label("Surname").fill("Moreau")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_role("button", name="Hold these places").click()


def test_the_whole_journey_works_without_javascript(crossing, server, page, run_jobs):
    book(page, server, crossing, choose_ports=choose_from_lists)
    expect(
        page.get_by_role("heading", level=2, name="Demo payment: no money moves")
    ).to_be_visible()
    page.get_by_role("button", name="Pay USD 10.00 now").click()
    run_jobs()
    page.reload()
    expect(page.get_by_role("heading", name="Your booking is confirmed")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of the ticket")).to_be_visible()

    page.get_by_role("link", name="My booking").click()
    page.get_by_label("Booking reference").fill(Booking.objects.get().reference)
    page.get_by_label("Surname").fill("moreau")
    page.get_by_role("button", name="Find my booking").click()
    page.get_by_role("link", name="Cancel this booking").click()
    page.get_by_role("button", name="Cancel the booking and get USD 10.00 back").click()

    expect(page.get_by_role("heading", name="This booking is cancelled")).to_be_visible()
    assert Booking.objects.get().state == "cancelled"


def test_the_pay_page_counts_down_and_no_page_breaks_the_policy(crossing, server, scripted_page):
    complaints = []
    scripted_page.on("console", lambda message: complaints.append(message.text))
    scripted_page.on("pageerror", lambda error: complaints.append(str(error)))

    book(scripted_page, server, crossing)

    expect(scripted_page.locator("[data-until]")).to_contain_text("left)")
    assert complaints == []


def test_vehicle_sizes_are_asked_only_for_a_vehicle(crossing, server, page):
    page.goto(server.url)
    expect(page.get_by_label("Length in cm", exact=True)).to_be_hidden()

    page.get_by_label("Car", exact=True).check()

    expect(page.get_by_label("Length in cm", exact=True)).to_be_visible()


def test_errors_take_the_keyboard_to_the_field(crossing, server, page):
    page.goto(f"{server.url}/my-booking/")
    page.get_by_role("button", name="Find my booking").click()
    page.get_by_role("link", name="Enter the surname.").click()

    expect(page.get_by_label("Surname")).to_be_focused()


def test_pages_fit_a_narrow_screen(crossing, server, chromium):
    with chromium.new_context(viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        book(page, server, crossing)
        for address in (server.url, page.url, f"{server.url}/my-booking/"):
            page.goto(address)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 320, address


FAKE_STRIPE_JS = """
window.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    create: () => ({
      on: (name, ready) => ready(),
      mount: (slot) => { slot.textContent = `${key} ${clientSecret}`; },
    }),
  }),
  confirmPayment: async ({ confirmParams }) => (
    { error: { message: `Declined; would return to ${confirmParams.return_url}` } }
  ),
});
"""


def test_the_card_form_starts_the_payment_and_shows_the_refusal(
    crossing, server, scripted_page, settings
):
    book(scripted_page, server, crossing)
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_pages"
    scripted_page.route(
        "https://js.stripe.com/**",
        lambda route: route.fulfill(body=FAKE_STRIPE_JS, content_type="text/javascript"),
    )
    scripted_page.route("**/start/", lambda route: route.fulfill(json={"client_secret": "cs_1"}))

    scripted_page.reload()
    expect(scripted_page.locator("#stripe-slot")).to_have_text("pk_test_pages cs_1")
    scripted_page.get_by_role("button", name="Pay USD 10.00 now").click()

    expect(scripted_page.get_by_role("alert")).to_have_text(
        f"Declined; would return to {scripted_page.url}return/"
    )


def test_the_card_form_says_why_it_cannot_start(crossing, server, scripted_page, settings):
    book(scripted_page, server, crossing)
    settings.PAYMENTS_DEMO = False
    scripted_page.route(
        "https://js.stripe.com/**",
        lambda route: route.fulfill(body=FAKE_STRIPE_JS, content_type="text/javascript"),
    )

    scripted_page.reload()

    expect(scripted_page.get_by_role("alert")).to_have_text(
        "Payments are switched off at the moment. Please try again later."
    )
    expect(scripted_page.get_by_role("button", name="Pay USD 10.00 now")).to_be_disabled()
