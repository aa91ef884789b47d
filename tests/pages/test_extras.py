"""Fares, cabins, pets and codes on the check-out page: each choice shows its price first."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from bookings.models import Booking
from ferries.models import Discount, FareRule, Sailing
from ferries.tests import makers
from maritime.lib import clock


@pytest.fixture
def night(crossing):
    """Return the crossing as a night sailing: everybody needs a place, in one of two fares."""
    makers.accommodation(crossing, "seat", kind="seat", units=20, amount=300)
    makers.accommodation(crossing, "cabin", units=2, berths=2, amount=4000)
    makers.pet_space(crossing, "kennel", places=1, amount=500)
    values = {"accommodation_required": True, "check_in_minutes": 45}
    Sailing.objects.filter(pk=crossing.pk).update(**values)
    return crossing


def checkout(client, run, **choices):
    offer = f"{run.operator.code}~{run.public_id.hex}~0-1"
    return client.get(reverse("checkout"), {"adults": 1, "outbound": offer, **choices})


def total(page):
    return re.search(r'class="total"><span>Total</span> <span>([^<]+)', page.text)[1]


def hold(client, page, run, **choices):
    """Send the form of the page as a browser would."""
    hidden = dict(re.findall(r'name="(key|quote)" value="([^"]+)"', page.text))
    names = {"p0_given_name": "Alice", "p0_surname": "Moreau", "email": "alice@example.org"}
    offer = f"{run.operator.code}~{run.public_id.hex}~0-1"
    query = {"adults": 1, "outbound": offer, **choices}
    return client.post(reverse("checkout", query=query), {**hidden, **names})


def test_the_cheapest_seat_is_in_the_first_price(client, night):
    page = checkout(client, night)

    assert total(page) == "USD 13.00"
    assert "every traveller needs a cabin, berth or seat" in page.text


def test_a_cabin_and_a_kennel_show_their_price_and_are_booked(client, night):
    choices = {"acc-1-cabin": 1, "acc-1-seat": 0, "pets-kennel": 1}

    page = checkout(client, night, **choices)
    assert total(page) == "USD 55.00"
    assert hold(client, page, night, **choices).status_code == 302

    booking = Booking.objects.get()
    assert booking.legs.get().accommodation == ["cabin"]
    assert [pet.place for pet in booking.pets.all()] == ["kennel"]
    assert booking.total == 5500


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_held(client, night):
    page = checkout(client, night)
    FareRule.objects.filter(category="seat").update(amount=350)

    answer = hold(client, page, night)

    assert answer.status_code == 409
    assert "The price has changed" in answer.text
    assert total(answer) == "USD 13.50"
    assert not Booking.objects.exists()
    assert hold(client, answer, night).status_code == 302


def test_says_what_stands_against_a_choice_and_what_would_fit(client, night):
    page = checkout(client, night, **{"acc-1-cabin": 3, "pets-kennel": 2})

    assert "cannot be booked as it is" in page.text
    assert "Only 2 left of" in page.text
    assert "kennel): 1 left, you need 2" in page.text
    assert "Hold these places" not in page.text


def test_an_offer_code_lowers_the_price_and_a_wrong_one_says_so(client, night):
    Discount.objects.create(
        operator=night.operator, kind="offer", code="SPRING", label="Spring", percent_bp=1000
    )

    assert total(checkout(client, night, offer_code="spring")) == "USD 12.00"
    assert "do not know the offer code" in checkout(client, night, offer_code="AUTUMN").text


def test_says_when_check_in_closes(client, night):
    at = clock.local(night.departs_at - timedelta(minutes=45), "America/Los_Angeles")
    assert f"Check-in closes at {at:%H:%M}." in checkout(client, night).text


def test_numbers_that_make_no_sense_count_as_none(client, night):
    page = checkout(client, night, **{"acc-1-cabin": "-1", "pets-kennel": "many"})

    assert page.status_code == 200
    assert total(page) == "USD 13.00"
