"""The check-out: nothing typed is lost, nothing is booked twice, whatever the traveller presses."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bookings.models import Booking
from bookings.views.held import COOKIE
from ferries.models import CapacityPool, FareRule, Sailing, Tariff
from ferries.tests import makers
from maritime.lib import clock


@pytest.fixture
def night(crossing):
    """Return the crossing as a night sailing: everybody needs a place."""
    makers.accommodation(crossing, "seat", kind="seat", units=20, amount=300)
    makers.accommodation(crossing, "cabin", units=2, berths=2, amount=4000)
    Sailing.objects.filter(pk=crossing.pk).update(accommodation_required=True)
    return crossing


def address_of(run, **choices):
    offer = f"{run.operator.code}~{run.public_id.hex}~0-1"
    return f"{reverse('checkout')}?{urlencode({'adults': 1, 'outbound': offer, **choices})}"


def total(page):
    return re.search(r'class="total"><span>Total</span> <span>([^<]+)', page.text)[1]


def hidden(page):
    return dict(re.findall(r'name="(key|quote|extras)" value="([^"]+)"', page.text))


NAMES = {"p0_given_name": "Alice", "p0_surname": "Moreau", "email": "alice@example.org"}


class TestOnePage:
    """Names, extras and price are one form."""

    def test_another_price_keeps_the_names_and_shows_no_error(self, client, night):
        address = address_of(night)
        page = client.get(address)
        typed = {**hidden(page), "p0_given_name": "Alice", "action": "price", "acc-1-cabin": 1}

        answer = client.post(address, typed)

        assert answer.status_code == 200
        assert total(answer) == "USD 50.00"
        assert 'value="Alice"' in answer.text
        assert "enter the surname" not in answer.text
        assert hidden(answer)["key"] == hidden(page)["key"]
        assert not Booking.objects.exists()

    def test_what_the_page_chooses_wins_over_its_address(self, client, night):
        address = address_of(night, **{"acc-1-cabin": 1, "needs_accessible": "on"})
        page = client.get(address)

        client.post(address, {**hidden(page), "action": "price", "acc-1-seat": 1})
        answer = client.post(
            address, {**hidden(page), **NAMES, "quote": "", "acc-1-cabin": 0, "acc-1-seat": 1}
        )

        assert answer.status_code == 302
        booking = Booking.objects.get()
        assert booking.legs.get().accommodation == ["seat"]
        assert booking.needs_accessible is False

    def test_an_error_keeps_the_chosen_cabin(self, client, night):
        address = address_of(night)
        page = client.get(address)

        answer = client.post(address, {**hidden(page), "acc-1-cabin": 1, "p0_given_name": "Al"})

        assert answer.status_code == 422
        assert total(answer) == "USD 50.00"
        assert re.search(r'name="acc-1-cabin" value="1"', answer.text)

    def test_the_place_that_was_put_in_gives_way_to_the_chosen_one(self, client, night):
        page = client.get(address_of(night))

        assert "until you choose: <strong>Seat</strong>" in page.text
        assert 'name="acc-1-seat" value=' not in page.text

    def test_assistance_is_asked_for_and_reaches_the_booking_and_its_page(self, client, crossing):
        address = address_of(crossing)
        wish = {"assistance": ["sight", "hearing"], "assistance_note": "A guide at the gangway."}

        answer = client.post(address, {**hidden(client.get(address)), **NAMES, **wish})

        booking = Booking.objects.get()
        assert booking.assistance == ["sight", "hearing"]
        text = client.get(answer.url.replace("/pay/", "/booking/")).text
        assert "Is blind or sees badly" in text
        assert "A guide at the gangway." in text

    def test_the_whole_price_and_the_conditions_are_there_from_the_start(self, client, crossing):
        text = client.get(address_of(crossing)).text

        assert text.count("USD 10.00") >= 3
        assert re.search(r"<strong>If you cancel:</strong>\s+\S", text)
        assert f'href="{reverse("terms")}"' in text
        assert 'aria-current="step"' in text


@pytest.fixture
def aged(crossing):
    """Let seniors pay less, and children by their age."""
    fares = Tariff.objects.get(route__origin__code="AAA")
    fares.rules.filter(category="child").delete()
    rules = (
        ("SEN", "adult", 65, None, 700),
        ("KID", "child", 0, 6, 200),
        ("CHD", "child", 6, 18, 500),
    )
    for code, category, least, most, amount in rules:
        FareRule.objects.create(
            tariff=fares, code=code, kind="passenger", category=category, label=code.title(),
            amount=amount, min_age=least, max_age=most,
        )  # fmt: skip
    return crossing


class TestAges:
    """Ages are asked where fares depend on them, and make the price before anything is held."""

    def test_no_age_is_asked_where_no_fare_depends_on_it(self, client, crossing):
        text = client.get(address_of(crossing, children=1)).text

        assert "Age on the day of travel" not in text

    def test_the_ages_of_both_are_asked_where_fares_depend_on_them(self, client, aged):
        text = client.get(address_of(aged, children=1, infants=1)).text

        assert list(re.findall(r'name="(p\d_age)"', text)) == ["p0_age", "p1_age"]

    def test_an_age_changes_the_price_and_then_the_booking(self, client, aged):
        address = address_of(aged, children=1)
        page = client.get(address)
        assert total(page) == "USD 15.00"
        typed = {
            **hidden(page), **NAMES, "p0_age": "70",
            "p1_given_name": "Bo", "p1_surname": "Moreau", "p1_age": "4",
        }  # fmt: skip

        priced = client.post(address, {**typed, "action": "price"})
        assert total(priced) == "USD 9.00"
        assert 'name="p0_age" value="70"' in priced.text
        answer = client.post(address, {**typed, **hidden(priced)})

        assert answer.status_code == 302
        assert Booking.objects.get().total == 900

    def test_a_price_that_an_age_changes_is_shown_once_before_it_is_held(self, client, aged):
        address = address_of(aged, children=1)
        page = client.get(address)
        typed = {**NAMES, "p1_given_name": "Bo", "p1_surname": "Moreau", "p1_age": "4"}

        shown = client.post(address, {**hidden(page), **typed, "p0_age": ""})
        assert (shown.status_code, total(shown)) == (409, "USD 12.00")

        assert client.post(address, {**hidden(shown), **typed, "p0_age": ""}).status_code == 302

    def test_the_ages_of_an_expired_booking_make_the_next_price(self, client, aged):
        address = address_of(aged)
        page = client.post(address, {**hidden(client.get(address)), **NAMES, "p0_age": "70"})
        answer = client.post(address, {**hidden(page), **NAMES, "p0_age": "70"})
        Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        expired = client.get(answer.url)
        link = re.search(r'href="([^"]+)">Hold the same places again', expired.text)[1]

        assert total(client.get(link.replace("&amp;", "&"))) == "USD 7.00"

    @pytest.mark.parametrize("age", ["-1", "9" * 5000, "½"])
    def test_an_age_that_makes_no_sense_counts_as_none(self, client, aged, age):
        page = client.post(address_of(aged), {"extras": 1, "action": "price", "p0_age": age})

        assert page.status_code == 200
        assert total(page) == "USD 10.00"

    def test_an_age_that_is_none_is_explained(self, client, aged):
        address = address_of(aged)

        answer = client.post(address, {**hidden(client.get(address)), **NAMES, "p0_age": "old"})

        assert answer.status_code == 422
        assert answer.text.count("Adult 1: enter the age as a whole number.") == 2


class TestOnce:
    """The same wish makes one booking."""

    def test_going_back_and_sending_the_same_again(self, client, crossing):
        address = address_of(crossing)
        first = client.post(address, {**hidden(client.get(address)), **NAMES})

        again = client.get(address)
        second = client.post(address, {**hidden(again), **NAMES})

        assert "You hold places on this sailing already" in again.text
        assert second.url == first.url
        assert Booking.objects.count() == 1

    def test_two_tabs_with_the_same_names(self, client, crossing):
        address = address_of(crossing)
        tabs = [client.get(address) for _ in range(2)]

        answers = [client.post(address, {**hidden(tab), **NAMES}) for tab in tabs]

        assert answers[0].url == answers[1].url
        assert Booking.objects.count() == 1

    def test_a_page_that_is_sent_again_after_its_hold_ran_out_holds_anew(self, client, crossing):
        address = address_of(crossing)
        typed = {**hidden(client.get(address)), **NAMES}
        first = client.post(address, typed)
        Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        second, third = (client.post(address, typed) for _ in range(2))

        assert second.url != first.url
        assert second.url == third.url
        assert Booking.objects.count() == 2

    def test_a_page_whose_places_were_given_back_holds_anew(self, client, crossing):
        address = address_of(crossing)
        typed = {**hidden(client.get(address)), **NAMES}
        first = client.post(address, typed)
        Booking.objects.update(state="cancelled")

        second = client.post(address, typed)

        assert second.url != first.url
        assert Booking.objects.count() == 2

    def test_other_sailings_and_ended_holds_are_not_spoken_of(self, client, crossing):
        address = address_of(crossing)
        client.post(address, {**hidden(client.get(address)), **NAMES})
        other = makers.sailing(departs_at=crossing.departs_at + timedelta(hours=3))

        assert "hold places" not in client.get(address_of(other)).text
        Booking.objects.update(state="paid")
        assert "hold places" not in client.get(address).text

    def test_a_forged_cookie_opens_nothing(self, client, crossing):
        address = address_of(crossing)
        client.post(address, {**hidden(client.get(address)), **NAMES})
        client.cookies[COOKIE] = client.cookies[COOKIE].value.replace("a", "b")

        assert "hold places" not in client.get(address).text

    def test_the_cookie_is_for_the_server_only(self, client, crossing):
        address = address_of(crossing)

        client.post(address, {**hidden(client.get(address)), **NAMES})

        cookie = client.cookies[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_an_expired_booking_gives_its_names_to_the_next(client, crossing, pages):
    pay_address = pages.hold(crossing)
    Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    page = client.get(pay_address.replace("/pay/", "/booking/"))
    link = re.search(r'href="([^"]+)">Hold the same places again', page.text)[1]

    again = client.get(link.replace("&amp;", "&"))

    assert 'value="Alice"' in again.text
    assert 'value="alice@example.com"' in again.text


@pytest.fixture
def tab(chromium, live_server, settings):
    settings.BASE_URL = live_server.url
    with chromium.new_context() as context:
        yield context.new_page()


def open_tab(tab, live_server, run, **choices):
    tab.goto(f"{live_server.url}{address_of(run, **choices)}")


def fill(tab):
    tab.get_by_label("Given name").fill("Alice")
    tab.get_by_label("Surname").fill("Moreau")
    tab.get_by_label("E-mail").fill("alice@example.com")


def send(tab):
    tab.get_by_role("button", name="Hold these places").click()


class TestInTheBrowser:
    """Back, reload, two tabs, double click, expired hold and lost connection."""

    def test_a_double_click_books_once(self, tab, live_server, crossing):
        open_tab(tab, live_server, crossing)
        fill(tab)

        tab.get_by_role("button", name="Hold these places").dblclick()

        expect(tab.get_by_role("heading", name="Check and pay")).to_be_visible()
        assert Booking.objects.count() == 1

    def test_back_brings_the_names_and_sending_again_the_same_booking(
        self, tab, live_server, crossing
    ):
        open_tab(tab, live_server, crossing)
        fill(tab)
        send(tab)
        pay_address = tab.url

        tab.go_back()
        expect(tab.get_by_label("Given name")).to_have_value("Alice")
        expect(tab.get_by_text("You hold places on this sailing already")).to_be_visible()
        send(tab)

        expect(tab).to_have_url(pay_address)
        assert Booking.objects.count() == 1

    def test_a_reload_keeps_what_was_typed(self, tab, live_server, crossing):
        open_tab(tab, live_server, crossing)
        fill(tab)

        tab.reload()

        expect(tab.get_by_label("Surname")).to_have_value("Moreau")
        expect(tab.get_by_label("E-mail")).to_have_value("alice@example.com")

    def test_a_second_tab_sees_the_hold_of_the_first(self, tab, live_server, crossing):
        open_tab(tab, live_server, crossing)
        fill(tab)
        other = tab.context.new_page()
        open_tab(other, live_server, crossing)
        fill(other)

        send(tab)
        expect(tab.get_by_role("heading", name="Check and pay")).to_be_visible()
        send(other)

        expect(other).to_have_url(tab.url)
        assert Booking.objects.count() == 1

    def test_a_hold_that_ran_out_is_held_again_with_the_names(self, tab, live_server, crossing):
        open_tab(tab, live_server, crossing)
        fill(tab)
        send(tab)
        Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        tab.reload()

        tab.get_by_role("link", name="Hold the same places again").click()
        expect(tab.get_by_label("Given name")).to_have_value("Alice")
        send(tab)

        expect(tab.get_by_role("heading", name="Check and pay")).to_be_visible()
        assert Booking.objects.count() == 2

    def test_without_a_connection_nothing_is_sent_and_nothing_lost(
        self, tab, live_server, crossing
    ):
        open_tab(tab, live_server, crossing)
        fill(tab)
        tab.context.set_offline(True)

        send(tab)
        expect(tab.get_by_role("alert")).to_contain_text("There is no connection")
        expect(tab.get_by_label("Given name")).to_have_value("Alice")
        tab.context.set_offline(False)
        send(tab)

        expect(tab.get_by_role("heading", name="Check and pay")).to_be_visible()
        assert Booking.objects.count() == 1

    def test_a_choice_shows_its_price_at_once_and_says_it(self, tab, live_server, night):
        open_tab(tab, live_server, night)
        tab.get_by_label("Given name").fill("Alice")

        tab.get_by_role("button", name="Cabin: one more").click()

        expect(tab.locator(".bar-price")).to_have_text("USD 50.00")
        expect(tab.locator("[data-price-said]")).to_have_text("Price now: USD 50.00")
        expect(tab.get_by_label("Given name")).to_have_value("Alice")

    def test_a_choice_that_cannot_be_had_says_why_at_once(self, tab, live_server, night):
        CapacityPool.objects.filter(resource="acc:cabin").update(authorised=0)
        open_tab(tab, live_server, night)

        tab.get_by_role("button", name="Cabin: one more").click()

        expect(tab.get_by_role("alert")).to_contain_text("Sold out: Cabin")
        expect(tab.locator(".bar")).to_contain_text("cannot be booked")
