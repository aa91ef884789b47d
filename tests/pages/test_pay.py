"""The pay page in each of its states: its own words, and the one next step."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bookings.models import Booking
from maritime.lib import clock
from payments.models import DemoIntent, Payment
from payments.tests.provider.server import KEY, serving

HELD = "Your places are held until"


@pytest.fixture
def pay_address(crossing, pages):
    return pages.hold(crossing)


@pytest.fixture
def expired(pay_address):
    Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    return pay_address


def after(client, pages, pay_address, outcome):
    pages.pay(pay_address, outcome)
    return client.get(f"{pay_address}return/", follow=True)


@pytest.mark.parametrize(
    ("outcome", "reason", "step"),
    [
        ("decline", "The bank declined the payment.", "Use another card or account"),
        ("insufficient_funds", "not enough money on the account", "Use another card or account"),
        ("3ds_refused", "could not confirm that it was you", "confirm the payment in the app"),
    ],
)
def test_a_declined_payment_says_why_and_what_to_do(
    client, pages, pay_address, outcome, reason, step
):
    page = after(client, pages, pay_address, outcome)

    assert page.redirect_chain == [(pay_address, 302)]
    assert "The payment was declined" in page.text
    assert reason in page.text
    assert step in page.text
    assert "<title>Error: " in page.text
    assert HELD in page.text


def test_the_bank_that_asks_has_a_page_of_its_own(client, pages, pay_address, run_jobs):
    page = after(client, pages, pay_address, "3ds_wait")

    assert "Your bank wants to know that it is you" in page.text
    assert "No money was taken yet." in page.text
    assert HELD in page.text
    assert f'href="{pay_address}"' in page.text
    assert client.get(pay_address).status_code == 200

    paid = after(client, pages, pay_address, "3ds_ok")
    assert paid.redirect_chain[-1][0] == pay_address.replace("/pay/", "/booking/")


def test_the_bank_that_is_told_no_leads_back_to_the_pay_page(client, pages, pay_address):
    after(client, pages, pay_address, "3ds_wait")

    page = after(client, pages, pay_address, "3ds_refused")

    assert page.redirect_chain == [(pay_address, 302)]
    assert "could not confirm that it was you" in page.text


def test_the_bank_check_of_the_provider_may_load_its_script(client, pay_address, settings):
    with serving() as provider:
        settings.PAYMENTS_DEMO = False
        settings.STRIPE_SECRET_KEY = KEY
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_pages"
        settings.STRIPE_API_BASE = provider.url
        client.post(f"{pay_address}start/")
        provider.controls.ask_3ds(Payment.objects.get().intent_id)

        page = client.get(f"{pay_address}return/")

    assert page.status_code == 200
    assert "https://js.stripe.com" in page["Content-Security-Policy"]
    assert 'id="bank-check" data-key="pk_test_pages"' in page.text
    assert "js/bank-check.js" in page.text
    assert "Yes, it is me" not in page.text


def test_a_payment_at_work_asks_not_to_pay_twice(client, pages, pay_address):
    page = after(client, pages, pay_address, "delayed_ok")

    assert "The payment is being processed" in page.text
    assert "Please do not pay a second time." in page.text
    assert 'data-poll="processing"' in page.text


def test_a_hold_that_ran_out_has_a_way_on(client, expired):
    page = client.get(expired)

    assert page.status_code == 200
    assert "The time to pay is over" in page.text
    assert "nothing was charged" in page.text
    link = re.search(r'href="([^"]+)">Hold the same places again', page.text)[1]
    assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_paying_after_the_hold_ran_out_has_the_same_way_on(client, pages, expired):
    answers = [
        pages.pay(expired),
        client.post(f"{expired}voucher/", {"code": "ABCDEFGHJKMN"}),
    ]

    for answer in answers:
        assert "Hold the same places again" in answer.text
        assert "nothing was charged" in answer.text
    assert answers[0].status_code == 409
    assert Booking.objects.get().paid == 0


def test_paying_twice_in_two_tabs_pays_once(client, pages, pay_address, run_jobs):
    pages.pay(pay_address)
    client.get(f"{pay_address}return/")

    again = pages.pay(pay_address)

    assert again.url == pay_address.replace("/pay/", "/booking/")
    assert Booking.objects.get().paid == 1000
    assert DemoIntent.objects.count() == 1


def test_outcomes_of_the_demo_stand_under_headings(client, pay_address):
    text = client.get(pay_address).text

    legends = re.findall(r"<legend>([^<]+)</legend>", text)
    assert legends == [
        "The bank says no",
        "The bank asks who you are",
        "It takes time",
        "Twice, or taken back",
    ]
    assert text.count('name="outcome"') == 14


@pytest.fixture
def tab(chromium, live_server, settings):
    settings.BASE_URL = live_server.url
    with chromium.new_context() as context:
        yield context.new_page()


class TestClock:
    """The countdown: seen each second, heard at five minutes and at one, then the page moves on."""

    def open_with(self, tab, live_server, pay_address, seconds):
        tab.clock.install(time=clock.now())
        until = clock.now() + timedelta(minutes=15)
        Booking.objects.update(expires_at=until)
        tab.goto(f"{live_server.url}{pay_address}")
        tab.clock.fast_forward(1000 * (15 * 60 - seconds))

    def test_with_plenty_of_time_nothing_is_said(self, tab, live_server, pay_address):
        self.open_with(tab, live_server, pay_address, 800)

        expect(tab.get_by_role("timer")).to_contain_text("13:")
        expect(tab.locator("[data-clock-said]")).to_have_text("")
        expect(tab.get_by_text("Little time is left.")).to_be_hidden()

    def test_five_minutes_and_one_minute_are_said_once_each(self, tab, live_server, pay_address):
        self.open_with(tab, live_server, pay_address, 299)
        said = tab.locator("[data-clock-said]")
        expect(said).to_have_text("Your places are held for 5 more minutes.")
        tab.evaluate("document.querySelector('[data-clock-said]').textContent = ''")

        tab.clock.run_for(100_000)
        expect(said).to_have_text("")
        tab.clock.run_for(140_000)

        expect(said).to_contain_text("One minute left to pay.")
        expect(tab.get_by_text("Little time is left.")).to_be_visible()

    def test_at_the_end_the_page_says_what_is_next(self, tab, live_server, pay_address):
        self.open_with(tab, live_server, pay_address, 30)
        Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        tab.clock.run_for(40_000)

        expect(tab.get_by_role("link", name="Hold the same places again")).to_be_visible()


class TestWaiting:
    """Pages that wait for an answer look again by themselves, without a sudden reload."""

    def test_the_wait_for_the_bank_ends_on_the_booking(
        self, tab, live_server, pay_address, client, pages, run_jobs
    ):
        pages.pay(pay_address, "delayed_ok")
        tab.goto(f"{live_server.url}{pay_address}return/")
        expect(tab.get_by_text("This page looks again by itself")).to_be_visible()

        run_jobs()

        expect(tab).to_have_url(f"{live_server.url}{pay_address.replace('/pay/', '/booking/')}")

    def test_the_wait_for_the_ferry_company_ends_with_the_tickets(
        self, tab, live_server, pay_address, client, pages, run_jobs
    ):
        pages.pay(pay_address)
        tab.goto(f"{live_server.url}{pay_address}return/")
        expect(tab.get_by_role("heading", name="the ferry company is being asked")).to_be_visible()

        run_jobs()

        expect(tab.get_by_role("heading", name="Your booking is confirmed")).to_be_visible()
