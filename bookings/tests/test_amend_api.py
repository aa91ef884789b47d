from datetime import timedelta

import pytest

from bookings.models import Amendment
from bookings.tests.amending import live_lines, pools, valid_tickets
from bookings.tests.makers import CAR, confirmed, offer_of, people
from ferries.models import FareRule
from ferries.tests import makers
from maritime.lib.money import format_minor
from maritime.lib.references import access_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    first = makers.sailing()
    return first, makers.sailing(departs_at=first.departs_at + timedelta(days=1))


def call(api, booking, path, body=None, method="post"):
    token = access_token(booking.public_id)
    return getattr(api, method)(
        f"/api/v1/bookings/{booking.reference}/{path}",
        body,
        format="json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )


def commit(api, booking, quote):
    body = {name: quote[name] for name in ("token", "due", "refund")}
    return call(api, booking, "amendments", body)


def test_amends_at_once_when_nothing_is_due(api, now, pair):
    old, new = pair
    booking = confirmed(old, now=now)

    quote = call(
        api, booking, "amendment-quotes", {"legs": [{"leg": 1, "offer": offer_of(new)}]}
    ).json()
    answer = commit(api, booking, quote)

    assert (quote["difference"], quote["fee"], quote["due"], quote["refund"]) == (0, 0, 0, 0)
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["due"]) == ("applied", 0)
    assert answer.json()["booking"]["legs"][0]["offer"] == offer_of(new)
    assert pools(old, new) == {(1, "persons"): 1}


def test_waits_for_payment_and_is_withdrawn(api, now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    FareRule.objects.filter(code="adult").update(amount=1800)

    quote = call(
        api, booking, "amendment-quotes", {"legs": [{"leg": 1, "offer": offer_of(new)}]}
    ).json()
    answer = commit(api, booking, quote)
    gone = call(api, booking, "amendments", method="delete")

    assert (answer.status_code, answer.json()["state"]) == (202, "awaiting_payment")
    assert (answer.json()["due"], answer.json()["currency"]) == (800, "USD")
    assert answer.json()["expires_at"].endswith("Z")
    assert gone.status_code == 204
    assert Amendment.objects.get().state == "withdrawn"
    assert pools(old, new) == {(0, "persons"): 1}


def test_an_old_quote_answers_409_with_a_new_one(api, now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = call(
        api, booking, "amendment-quotes", {"legs": [{"leg": 1, "offer": offer_of(new)}]}
    ).json()
    FareRule.objects.filter(code="adult").update(amount=1800)

    answer = commit(api, booking, quote)

    assert (answer.status_code, answer.json()["code"]) == (409, "amendment_outdated")
    assert answer.json()["quote"]["due"] == 800
    assert commit(api, booking, answer.json()["quote"]).status_code == 202


def test_changes_the_party_and_the_vehicle(api, now, pair):
    old, _ = pair
    booking = confirmed(old, now=now, travellers=people(2), vehicles=[CAR])
    body = {
        "passengers": [
            {"item": "p0", "category": "adult", "given_name": "Ann", "surname": "Lee"},
        ],
        "vehicles": [{"kind": "car", "length_cm": 500, "height_cm": 160, "registration": "X 1"}],
    }

    quote = call(api, booking, "amendment-quotes", body).json()
    answer = commit(api, booking, quote)

    assert (answer.status_code, quote["refund"]) == (200, 1000)
    assert live_lines(booking) == [("p0", "passenger", 0), ("v0", "vehicle", 2500)]
    assert [name for _, name, _ in valid_tickets(booking)] == ["Ann Lee", "car X 1"]
    assert pools(old) == {(0, "persons"): 1, (0, "deck:low"): 550}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"passengers": []}, 422, "invalid_party"),
        (
            {
                "passengers": [
                    {"item": "p7", "category": "adult", "given_name": "A", "surname": "B"}
                ]
            },
            422,
            "invalid_party",
        ),
        (
            {"passengers": [{"category": "child", "given_name": "A", "surname": "B"}]},
            422,
            "invalid_party",
        ),
        ({"legs": [{"leg": 2, "offer": "x"}]}, 409, "not_amendable"),
        ({"legs": [{"leg": 1, "offer": "x"}]}, 404, "unknown_offer"),
        ({"legs": [{"leg": 0, "offer": "x"}]}, 422, "invalid_input"),
        ({}, 409, "not_amendable"),
    ],
)
def test_refuses_with_a_code(api, now, pair, body, status, code):
    booking = confirmed(pair[0], now=now)

    answer = call(api, booking, "amendment-quotes", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_only_the_traveller_may_amend(api, now, pair):
    booking = confirmed(pair[0], now=now)

    for path in ("amendment-quotes", "amendments"):
        body = {"token": "x", "due": 0, "refund": 0}
        answer = api.post(f"/api/v1/bookings/{booking.reference}/{path}", body, format="json")
        assert answer.status_code == 404


def form(**changes):
    return {
        "p0_given_name": "Adult 0",
        "p0_surname": "Doe",
        "p0_stays": "on",
        "vehicle": "",
        **changes,
    }


def post(client, booking, path, data):
    return client.post(f"/booking/{access_token(booking.public_id)}/amend/{path}", data)


def test_the_page_corrects_a_name(client, now, pair):
    booking = confirmed(pair[0], now=now)

    quote = post(client, booking, "party/", form(p0_given_name="Zoë")).context["quote"]
    values = {"quote": quote["token"], "due": quote["due"], "refund": quote["refund"]}
    answer = post(client, booking, "confirm/", values)

    assert answer.url == f"/booking/{access_token(booking.public_id)}/"
    assert [name for _, name, _ in valid_tickets(booking)] == ["Zoë Doe"]


def test_the_page_says_what_is_missing(client, now, pair):
    booking = confirmed(pair[0], now=now)

    no_name = post(client, booking, "party/", form(new_category="adult"))
    no_size = post(client, booking, "party/", form(vehicle="car"))
    nobody = post(client, booking, "party/", form(p0_stays=""))
    no_offer = post(client, booking, "crossing/1/", {})

    for answer, sentence in (
        (no_name, "Enter the name of the new traveller."),
        (no_size, "Enter the size of the vehicle in cm."),
        (nobody, "At least one person must travel."),
        (no_offer, "Choose a sailing from the list."),
    ):
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_the_page_shows_the_new_figures_of_an_old_quote(client, now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = post(client, booking, "crossing/1/", {"offer": offer_of(new)}).context["quote"]
    FareRule.objects.filter(code="adult").update(amount=1800)

    values = {"quote": quote["token"], "due": quote["due"], "refund": quote["refund"]}
    answer = post(client, booking, "confirm/", values)

    assert answer.status_code == 409
    assert f"To pay now: {format_minor(800, 'USD')}." in answer.content.decode()
    assert pools(old, new) == {(0, "persons"): 1}
