"""Cancelling a part on the pages, without any script."""

import re
from datetime import timedelta

import pytest

from bookings.tests.cancel_worlds import family, ships, tickets
from maritime.lib import clock, references

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs():
    return ships()


@pytest.fixture
def booking(runs):
    return family(*runs, now=clock.now())


@pytest.fixture
def address(booking):
    return f"/booking/{references.access_token(booking.public_id)}/"


def hidden(page):
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: [value for other, value in fields if other == name] for name, _ in fields}


def test_lets_the_traveller_choose(client, address, runs):
    page = client.get(f"{address}cancel/").text

    boxes = re.findall(r'type="checkbox" id="[\w-]+" name="(\w+)" value="(\w+)"', page)
    assert boxes == [
        ("leg", "1"), ("leg", "2"),
        ("item", "p0"), ("item", "p1"), ("item", "p2"), ("item", "v0"), ("item", "a0"), ("item", "x0"),
    ]  # fmt: skip
    assert "Adult 1 Doe" in page
    assert "Car abc 123" in page or "Car ABC 123" in page


def test_shows_each_line_and_cancels_the_part(client, address, booking):
    page = client.get(f"{address}cancel/", {"part": 1, "leg": 1, "item": "p1"}).text
    assert "0 % from 24 h before departure" in page
    assert "Cancel this part and get USD 10.00 back" in page

    answer = client.post(f"{address}cancel/", hidden(page))

    assert answer.url == address
    assert tickets(booking) == {(leg, item) for leg in (1, 2) for item in ("p0", "p1", "p2", "v0")} - {
        (1, "p1")
    }  # fmt: skip
    shown = client.get(address).text
    assert "Partly cancelled by you" in shown
    assert "<del>Adult</del>" in shown
    assert shown.count("<svg") == 7


def test_the_whole_is_one_click_away(client, address, booking):
    page = client.get(f"{address}cancel/", {"whole": 1}).text
    assert "Cancel the booking and get USD 170.00 back" in page

    client.post(f"{address}cancel/", hidden(page))

    booking.refresh_from_db()
    assert (booking.state, booking.total) == ("cancelled", 0)


def test_a_cancelled_crossing_is_marked(client, address):
    page = client.get(f"{address}cancel/", {"part": 1, "leg": 2}).text
    client.post(f"{address}cancel/", hidden(page))

    assert client.get(address).text.count("This crossing is cancelled.") == 1
    choice = client.get(f"{address}cancel/").text
    assert 'name="leg"' not in choice
    assert 'value="p1"' in choice


def test_nothing_ticked_is_said(client, address):
    answer = client.get(f"{address}cancel/", {"part": 1})

    assert answer.status_code == 422
    assert "Tick at least one box" in answer.text


def test_a_choice_that_cannot_be_is_explained_and_kept(client, address):
    answer = client.get(f"{address}cancel/", {"part": 1, "leg": 1, "item": ["p0", "p1"]})

    assert answer.status_code == 422
    assert "The vehicle needs a driver." in answer.text
    assert answer.text.count(" checked") == 3


@pytest.mark.parametrize("query", [{"leg": 9}, {"item": "<b>"}, {"item": "b0"}, {"leg": "1" * 9}])
def test_nonsense_in_the_address_is_a_choice_again(client, address, query):
    answer = client.get(f"{address}cancel/", {"part": 1, **query})

    assert answer.status_code == 422
    assert "What do you want to cancel?" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("change", [{"refund": ["1"]}, {"charge": ["x"]}, {"quote": ["stale"]}])
def test_what_was_not_agreed_is_shown_again(client, address, booking, change):
    page = client.get(f"{address}cancel/", {"part": 1, "leg": 1, "item": "p1"}).text

    answer = client.post(f"{address}cancel/", {**hidden(page), **change})

    assert answer.status_code == 409
    assert "Nothing has been cancelled yet." in answer.text
    if "quote" not in change:
        assert "Cancel this part and get USD 10.00 back" in answer.text
    assert len(tickets(booking)) == 8


def test_a_band_that_passed_is_shown_again(client, address, booking):
    page = client.get(f"{address}cancel/", {"part": 1, "leg": 1, "item": "p1"}).text
    booking.legs.filter(position=0).update(departs_at=clock.now() + timedelta(hours=2))

    answer = client.post(f"{address}cancel/", hidden(page))

    assert answer.status_code == 409
    assert "Cancel this part and get USD 5.00 back" in answer.text
    assert len(tickets(booking)) == 8
