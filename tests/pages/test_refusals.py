"""What pages answer when something is wrong: at the field, in a summary, with what was typed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bookings.models import Booking
from ferries.models import CapacityPool
from ferries.tests import makers
from maritime.lib import clock


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"date": "2020-01-01"}, "This day is over. Choose today or a later day."),
        ({"date": "soon"}, "Enter the day of departure as year-month-day, like 2026-07-15."),
        ({"return_date": "2020-01-01"}, "The return is before the departure."),
        ({"destination": "AAA"}, "Choose another port than the one you start from."),
        ({"origin": "ZZZ"}, "Choose the first port from the list."),
        ({"adults": "40"}, "Adults: at most 9. Make two bookings for a group."),
        ({"vehicle_length_cm": "4"}, "Length in cm: at least 100 cm. Did you enter metres?"),
    ],
)
def test_a_wrong_search_is_explained_at_the_field_and_in_the_summary(
    wrong, sentence, crossing, pages
):
    makers.route(crossing.operator, makers.port("BBB"), makers.port("AAA"))

    answer = pages.search(crossing, **wrong)

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert f'href="#id_{next(iter(wrong))}"' in answer.text
    assert "<title>Error: " in answer.text


def test_a_day_without_sailings_says_so(crossing, pages):
    later = (crossing.departs_at + timedelta(days=20)).date().isoformat()

    answer = pages.search(crossing, date=later)

    assert answer.status_code == 200
    assert "No sailing goes from Aaa to Bbb on this day." in answer.text
    assert "Continue" not in answer.text


def test_a_party_that_does_not_fit_reads_the_reason_and_cannot_choose(crossing, pages):
    CapacityPool.objects.filter(resource="persons").update(authorised=3)

    answer = pages.search(crossing, adults=4)

    assert "Only 3 places are left; your party needs 4." in answer.text
    assert 'name="outbound"' not in answer.text


def test_missing_names_are_named_and_the_typed_ones_stay(crossing, client, pages):
    address = pages.checkout_address(crossing, adults=2)

    answer = client.post(address, pages.names(address, email="alice"))

    assert answer.status_code == 422
    assert answer.text.count("Adult 2: enter the given name.") == 2
    assert answer.text.count("Enter an e-mail address like name@example.com.") == 2
    assert 'value="Moreau"' in answer.text
    assert not Booking.objects.exists()


def test_sold_out_meanwhile_keeps_what_was_typed(crossing, client, pages):
    address = pages.checkout_address(crossing)
    typed = pages.names(address)
    CapacityPool.objects.filter(resource="persons").update(authorised=0)

    answer = client.post(address, typed)

    assert answer.status_code == 409
    assert "No places are left; your party needs 1." in answer.text
    assert 'value="Moreau"' in answer.text
    assert not Booking.objects.exists()


def test_no_chosen_sailing_leads_back_to_the_search(client, db):
    answer = client.get(reverse("checkout"), {"adults": 1})

    assert answer.status_code == 422
    assert "No sailing was chosen" in answer.text


def test_a_forged_offer_is_a_friendly_page(crossing, client):
    answer = client.get(reverse("checkout"), {"outbound": "BLUE~nothing", "adults": 1})

    assert answer.status_code == 404
    assert "This sailing is no longer offered. Please search again." in answer.text


def test_an_expired_hold_cannot_be_paid(crossing, client, pages):
    pay_address = pages.hold(crossing)
    Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    answer = client.get(pay_address, follow=True)
    refused = pages.pay(pay_address)

    assert "The time to pay is over" in answer.text
    assert refused.status_code == 409
    assert "The time to pay is over" in refused.text
    assert Booking.objects.get().paid == 0


def test_a_declined_payment_leads_back_to_the_pay_page(crossing, client, pages):
    pay_address = pages.hold(crossing)

    pages.pay(pay_address, "insufficient_funds")
    answer = client.get(f"{pay_address}return/", follow=True)

    assert answer.redirect_chain == [(pay_address, 302)]
    assert "The bank says there is not enough money on the account." in answer.text


def test_a_slow_payment_is_waited_for(crossing, client, pages):
    pay_address = pages.hold(crossing)

    pages.pay(pay_address, "delayed_ok")
    answer = client.get(f"{pay_address}return/")

    assert answer.status_code == 200
    assert 'data-poll="processing"' in answer.text
    assert client.get(pay_address).url == f"{pay_address}return/"


def test_the_secret_in_the_return_address_is_dropped(crossing, client, pages):
    pay_address = pages.hold(crossing)

    answer = client.get(f"{pay_address}return/?payment_intent_client_secret=s")

    assert answer.url == f"{pay_address}return/"


def test_unknown_reference_and_wrong_surname_get_the_same_answer(crossing, client, pages):
    pages.hold(crossing)
    reference = Booking.objects.get().reference
    tries = [
        {"reference": reference, "surname": "Stranger"},
        {"reference": "AAAAAAAAA", "surname": "Moreau"},
    ]

    answers = [client.post(reverse("find_booking"), each) for each in tries]

    for answer in answers:
        assert answer.status_code == 404
        assert "We found no booking with this reference and name." in answer.text


def test_finding_bookings_is_throttled(client, db):
    guess = {"reference": "AAAAAAAAA", "surname": "Moreau"}

    statuses = [client.post(reverse("find_booking"), guess).status_code for _ in range(31)]

    assert statuses == [404] * 30 + [429]


def test_a_changed_quote_is_shown_before_anything_is_cancelled(crossing, client, pages):
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    booking_address = client.get(f"{pay_address}return/").url

    answer = client.post(f"{booking_address}cancel/", {"quote": "stale"})

    assert answer.status_code == 409
    assert "Nothing has been cancelled yet." in answer.text
    assert "get USD 10.00 back" in answer.text
    assert Booking.objects.get().state == "paid"


@pytest.mark.parametrize("page", ["", "cancel/", "tickets.pdf", "calendar.ics"])
def test_a_stranger_with_a_guessed_token_finds_nothing(page, client, db):
    answer = client.get(f"/booking/{'0' * 32}:guess/{page}")

    assert answer.status_code == 404


def test_a_silent_operator_is_named(crossing, pages):
    far = makers.operator(
        "FAR", name="Far Ferries", adapter="http", base_url="http://127.0.0.1:9", zone="UTC"
    )
    makers.route(far, makers.port("AAA"), makers.port("BBB"))

    answer = pages.search(crossing)

    assert "Far Ferries did not answer" in answer.text
    assert 'name="outbound"' in answer.text
