"""Changing a booking over its pages: what it costs first, errors at the field, nothing lost."""

import re
from datetime import timedelta

import pytest

from bookings.models import Booking
from ferries.tests import makers
from tests.pages.conftest import local_day


@pytest.fixture
def bought(crossing, client, pages, run_jobs):
    """Return the address of a confirmed booking for one adult."""
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    client.get(f"{pay_address}return/")
    run_jobs()
    return pay_address.replace("/pay/", "/booking/")


AS_IT_IS = {"p0_given_name": "Alice", "p0_surname": "Moreau", "p0_stays": "on"}


def party(client, address, **values):
    return client.post(f"{address}amend/party/", {**AS_IT_IS, **values})


def agree(client, address, page):
    hidden = dict(re.findall(r'name="(quote|due|refund)" value="([^"]*)"', page.text))
    return client.post(f"{address}amend/confirm/", hidden)


def test_a_missing_name_is_named_in_summary_and_at_the_field(bought, client):
    answer = party(client, bought, p0_surname="")

    assert answer.status_code == 422
    assert answer.text.count("Alice Moreau: enter the surname.") == 2
    assert 'href="#id_p0_surname"' in answer.text
    assert "<title>Error: " in answer.text


def test_what_was_typed_stays_when_something_is_missing(bought, client):
    answer = party(client, bought, new_category="child", new_given_name="Bo")

    assert answer.status_code == 422
    assert 'value="Bo"' in answer.text
    assert "Enter the name of the new traveller." in answer.text
    assert re.search(r"<details[^>]* open>\s*<summary>One more traveller", answer.text)


def test_a_corrected_name_is_quoted_and_made(bought, client, run_jobs):
    page = party(client, bought, p0_given_name="Alicia")
    assert "What changes" in page.text
    assert Booking.objects.get().passengers.get().given_name == "Alice"

    answer = agree(client, bought, page)

    assert answer.status_code == 302
    assert Booking.objects.get().passengers.get().given_name == "Alicia"


def test_one_more_traveller_has_to_be_paid_for(bought, client):
    page = party(client, bought, new_category="adult", new_given_name="Bo", new_surname="Moreau")
    assert "To pay now: USD 10.00." in page.text

    assert agree(client, bought, page).url == bought.replace("/booking/", "/pay/")

    waiting = client.get(bought).text
    assert "A change waits for your payment" in waiting
    assert "A change waits for your payment" in client.get(f"{bought}amend/").text


def test_another_sailing_is_chosen_from_its_day(bought, crossing, client, run_jobs):
    later = makers.sailing(departs_at=crossing.departs_at + timedelta(days=1))
    address = f"{bought}amend/crossing/1/?date={local_day(later)}"
    listed = client.get(address)
    offers = re.findall(r'name="offer" value="([^"]+)"', listed.text)
    assert len(offers) == 1

    missing = client.post(address, {})
    assert missing.status_code == 422
    assert "Choose a sailing from the list." in missing.text
    agree(client, bought, client.post(address, {"offer": offers[0]}))

    assert Booking.objects.get().legs.get().departs_at == later.departs_at


def test_a_day_without_sailings_says_so(bought, crossing, client):
    day = (crossing.departs_at + timedelta(days=30)).date().isoformat()

    page = client.get(f"{bought}amend/crossing/1/?date={day}")

    assert "There is no sailing on this day." in page.text
    assert "Show what it costs" not in page.text
