"""A crossing that asks for the list of persons: what its pages ask of whom, and why."""

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils.translation import override

from bookings.models import Booking, Passenger
from ferries.models import FareRule, Route, Tariff
from maritime.lib import clock

JANE = {"p0_given_name": "Alice", "p0_surname": "Moreau", "email": "alice@example.org"}
LIST = {"p0_gender": "F", "p0_nationality": "NO", "p0_birth_date": "1990-05-17"}
FIELDS = re.compile(r'name="(p\d_(?:age|birth_date|gender|nationality))"')


@pytest.fixture
def listed(crossing):
    """Return the crossing with a route that asks."""
    Route.objects.update(persons_list=True)
    return crossing


def address_of(*runs, **choices):
    offers = [f"{run.operator.code}~{run.public_id.hex}~0-1" for run in runs]
    chosen = dict(zip(("outbound", "inbound"), offers, strict=False))
    return f"{reverse('checkout')}?{urlencode({'adults': 1, **chosen, **choices})}"


def hidden(page):
    return dict(re.findall(r'name="(key|quote|extras)" value="([^"]+)"', page.text))


def send(client, address, **values):
    return client.post(address, {**hidden(client.get(address)), **JANE, **values})


def born(run, years):
    day = clock.local(run.departs_at, "America/Los_Angeles").date()
    return date(day.year - years, 1, 1).isoformat()


class TestCheckout:
    def test_a_crossing_that_does_not_ask_has_none_of_the_fields(self, client, crossing):
        text = client.get(address_of(crossing)).text

        assert FIELDS.findall(text) == []
        assert "list of all persons on board" not in text

    def test_one_that_asks_says_why_and_asks_everybody(self, client, listed):
        text = client.get(address_of(listed, infants=1)).text

        assert FIELDS.findall(text) == [
            "p0_birth_date", "p0_gender", "p0_nationality",
            "p1_birth_date", "p1_gender", "p1_nationality",
        ]  # fmt: skip
        assert "erase them 24 hours after arrival" in text
        assert re.search(r'name="p0_birth_date"[^>]*autocomplete="bday"', text)
        assert re.search(r'name="p0_gender"[^>]*autocomplete="sex"', text)
        assert re.search(r'name="p1_birth_date"[^>]*autocomplete="off"', text)

    def test_one_leg_that_asks_is_enough(self, client, crossing, way_back):
        Route.objects.filter(origin__code="BBB").update(persons_list=True)

        assert "p0_gender" in client.get(address_of(crossing, way_back)).text

    def test_what_is_told_reaches_the_booking_but_neither_its_page_nor_a_ticket(
        self, client, listed
    ):
        answer = send(client, address_of(listed), **LIST)

        assert answer.status_code == 302
        alice = Passenger.objects.get()
        assert (alice.gender, alice.nationality, alice.birth_date) == ("F", "NO", date(1990, 5, 17))
        page = client.get(answer.url.replace("/pay/", "/booking/")).text
        assert "1990" not in page
        assert "Norway" not in page

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("p0_gender", "Adult 1: choose the gender."),
            ("p0_nationality", "Adult 1: choose the nationality."),
            ("p0_birth_date", "Adult 1: enter the date of birth."),
        ],
    )
    def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(
        self, client, listed, name, sentence
    ):
        answer = send(client, address_of(listed), **{**LIST, name: ""})

        assert answer.status_code == 422
        assert answer.text.count(sentence) == 2
        assert f'href="#id_{name}"' in answer.text
        assert ('value="1990-05-17"' in answer.text) is (name != "p0_birth_date")
        assert ('<option value="NO" selected>' in answer.text) is (name != "p0_nationality")

    @pytest.mark.parametrize("text", ["31.12.1990", "2999-01-01", "1799-01-01"])
    def test_a_date_that_cannot_be_is_said_at_its_field(self, client, listed, text):
        answer = send(client, address_of(listed), **{**LIST, "p0_birth_date": text})

        assert answer.status_code == 422
        assert answer.text.count("Adult 1: ") == 2

    def test_nobody_is_too_old_for_the_age_group_without_being_told(self, client, listed):
        address = address_of(listed, children=1)
        child = {"p1_given_name": "Bo", "p1_surname": "Moreau", "p1_gender": "X"}
        child |= {"p1_nationality": "NO", "p1_birth_date": born(listed, 30)}

        answer = send(client, address, **LIST, **child)

        assert answer.status_code == 422
        assert "Child 1: the age on the day of travel is 30, at most 17 here." in answer.text

    def test_a_page_from_before_the_route_asked_is_answered_with_the_fields(self, client, crossing):
        address = address_of(crossing)
        page = client.get(address)
        Route.objects.update(persons_list=True)

        answer = client.post(address, {**hidden(page), **JANE})

        assert answer.status_code == 422
        assert answer.text.count("Adult 1: enter the date of birth.") == 2
        assert 'value="Alice"' in answer.text
        assert not Booking.objects.exists()

    def test_a_page_from_before_the_route_stopped_asking_books_without_them(self, client, listed):
        address = address_of(listed)
        page = client.get(address)
        Route.objects.update(persons_list=False)

        answer = client.post(address, {**hidden(page), "quote": "", **JANE, **LIST})

        assert answer.status_code == 302
        assert Passenger.objects.get().birth_date is None

    def test_another_price_keeps_what_was_told(self, client, listed):
        address = address_of(listed)
        sent = {**hidden(client.get(address)), **JANE, **LIST, "action": "price"}

        answer = client.post(address, sent)

        assert 'value="1990-05-17"' in answer.text
        assert '<option value="F" selected>' in answer.text

    def test_a_second_click_makes_one_booking(self, client, listed):
        address = address_of(listed)
        sent = {**hidden(client.get(address)), **JANE, **LIST}

        assert client.post(address, sent).url == client.post(address, sent).url
        assert Booking.objects.count() == 1

    def test_holding_again_begins_with_what_was_told(self, client, listed):
        pay = send(client, address_of(listed), **LIST).url
        Booking.objects.update(expires_at=clock.now())
        again = re.search(r'href="([^"]+again=[^"]+)"', client.get(pay).text)[1]

        text = client.get(again.replace("&amp;", "&")).text

        assert 'value="1990-05-17"' in text
        assert '<option value="NO" selected>' in text

    @pytest.mark.parametrize(
        ("code", "name", "before"),
        [
            ("de", "Norwegen", "Österreich"),
            ("fr", "Norvège", "Pays-Bas"),
            ("el", "Νορβηγία", "Ουγγαρία"),
            ("nb", "Norge", "Oman"),
        ],
    )
    def test_countries_are_named_and_sorted_in_the_language_of_the_page(
        self, client, listed, code, name, before
    ):
        with override(code):
            address = address_of(listed)
        text = client.get(address).text

        countries = re.findall(r'<option value="[A-Z]{2}">([^<]+)', text)
        assert countries.index(name) < countries.index(before)
        assert len(countries) == 249


class TestAges:
    """Where a fare depends on the age, the date of birth tells it."""

    @pytest.fixture
    def aged(self, listed):
        fares = Tariff.objects.get(route__origin__code="AAA")
        fares.rules.filter(category="adult").update(max_age=65)
        FareRule.objects.create(
            tariff=fares, code="SEN", kind="passenger", category="adult", label="Senior",
            amount=700, min_age=65,
        )  # fmt: skip
        return listed

    def test_it_is_not_asked_twice_and_makes_the_price_before_anything_is_held(self, client, aged):
        address = address_of(aged)
        page = client.get(address)
        assert "p0_age" not in page.text
        assert "the date of birth tells it" in page.text
        typed = {**JANE, **LIST, "p0_birth_date": born(aged, 70)}

        priced = client.post(address, {**hidden(page), **typed, "action": "price"})
        answer = client.post(address, {**hidden(priced), **typed})

        assert 'class="total"><span>Total</span> <span>USD 7.00' in priced.text
        assert answer.status_code == 302
        assert (Booking.objects.get().total, Passenger.objects.get().age) == (700, 70)


class TestChange:
    @pytest.fixture
    def bought(self, listed, client, pages, run_jobs):
        pay_address = send(client, address_of(listed), **LIST).url
        pages.pay(pay_address)
        client.get(f"{pay_address}return/")
        run_jobs()
        return pay_address.replace("/pay/", "/booking/")

    def party(self, client, bought, **values):
        names = {"p0_given_name": "Alice", "p0_surname": "Moreau", "p0_stays": "on"}
        return client.post(f"{bought}amend/party/", {**names, **LIST, **values})

    def test_a_mistake_is_corrected_for_nothing(self, client, bought):
        page = client.get(f"{bought}amend/")
        assert 'value="1990-05-17"' in page.text

        quote = self.party(client, bought, p0_birth_date="1990-05-18")
        sums = dict(re.findall(r'name="(quote|due|refund)" value="([^"]*)"', quote.text))
        client.post(f"{bought}amend/confirm/", sums)

        assert "Nothing to pay and nothing comes back." in quote.text
        assert Passenger.objects.get().birth_date == date(1990, 5, 18)

    def test_a_new_traveller_is_asked_too(self, client, bought):
        new = {"new_category": "adult", "new_given_name": "Bo", "new_surname": "Moreau"}

        answer = self.party(client, bought, **new)

        assert answer.status_code == 422
        assert 'href="#id_new_birth_date"' in answer.text
        assert 'href="#id_new_gender"' in answer.text
        assert "new_age" not in answer.text

    def test_an_impossible_date_is_said_at_its_field(self, client, bought):
        answer = self.party(client, bought, p0_birth_date="2999-01-01")

        assert answer.status_code == 422
        assert 'href="#id_p0_birth_date"' in answer.text

    def test_a_booking_without_such_a_crossing_is_not_asked(self, client, bought):
        Route.objects.update(persons_list=False)

        assert "p0_birth_date" not in client.get(f"{bought}amend/").text


def test_what_is_typed_for_the_list_is_not_kept_by_the_browser(listed, live_server, chromium):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{live_server.url}{address_of(listed)}")
        page.get_by_label("Given name").fill("Alice")
        page.get_by_label("Date of birth").fill("1990-05-17")
        page.get_by_label("Nationality").select_option("NO")

        kept = page.evaluate("sessionStorage.getItem('checkout')")

    assert "Alice" in kept
    assert "1990" not in kept
    assert "nationality" not in kept
