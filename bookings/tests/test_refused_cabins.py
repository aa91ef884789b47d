"""Which cabins are refused and why, and which are chosen where everybody needs a place."""

import pytest

from bookings.operations.hold import hold_booking
from bookings.tests.refusing import BEFORE, night, offer_for, refused, sailing, taken, wish
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sold_out_cabin_names_another_one():
    run = sailing()
    makers.accommodation(run, "inside", units=0, places=2)
    makers.accommodation(run, "window", units=3, places=2)

    assert refused(wish(run, 2, accommodation=["inside"])) == [
        {
            "code": "accommodation_short",
            "message": "Sold out: Inside; you chose 1.",
            "accommodation": "inside",
            "left": 0,
            "needed": 1,
            "nearest": {
                "kind": "other_accommodation",
                "message": "Still to be had: Window (3 left).",
                "accommodation": "window",
                "left": 3,
            },
        }
    ]


@pytest.mark.parametrize(
    ("cabin", "party", "code", "numbers"),
    [
        ({"accessible": True}, {}, "accessible_only", {"accommodation": "cabin"}),
        ({"infants_ok": False}, {"infants": 1}, "infants_not_allowed", {"accommodation": "cabin"}),
        ({"min_occupancy": 2}, {}, "occupancy_low", {"least": 2, "persons": 1}),
        ({}, {"pets": ("cabin",)}, "pet_place_unknown", {"place": "cabin"}),
    ],
)
def test_cabins_that_are_not_for_the_party(cabin, party, code, numbers):
    run = sailing()
    makers.accommodation(run, "cabin", units=5, places=4, **cabin)
    makers.price(run, "pet", "cabin", 300)

    (refusal,) = refused(wish(run, accommodation=["cabin"], **party))

    assert refusal.pop("message")
    assert refusal == {"code": code, **numbers}


def test_a_type_that_the_ship_does_not_have():
    run = sailing()
    makers.price(run, "accommodation", "suite", 9000)

    (refusal,) = refused(wish(run, accommodation=["suite"]))

    assert (refusal["code"], refusal["accommodation"]) == ("accommodation_unknown", "suite")


def test_a_type_without_a_fare():
    run = sailing()
    makers.accommodation(run, "cabin", amount=None)

    (refusal,) = refused(wish(run, accommodation=["cabin"]))

    assert (refusal["code"], refusal["category"]) == ("no_fare", "cabin")


def test_where_everybody_needs_a_place_the_cheapest_are_shown_and_held():
    run = night(seat=(1, 1, 900), two=(1, 2, 2000), four=(9, 4, 5000))

    offer = offer_for(wish(run, 3))
    booking = hold_booking(wish(run, 3), now=BEFORE)

    assert offer.chosen_accommodation == ("seat", "two")
    assert [(line.item, line.amount) for line in offer.lines] == [
        ("p0", 1000), ("p1", 1000), ("p2", 1000), ("a0", 900), ("a1", 2000),
    ]  # fmt: skip
    assert booking.total == offer.amount == 5900
    assert booking.legs.get().accommodation == ["seat", "two"]
    assert taken(booking) == {
        "p0 persons": 1, "p1 persons": 1, "p2 persons": 1, "a0 acc:seat": 1, "a1 acc:two": 1,
    }  # fmt: skip
    assert offer_for(wish(run, 3)).chosen_accommodation == ("four",)


def test_a_choice_with_too_few_places_is_refused_where_everybody_needs_one():
    run = night(seat=(9, 1, 900))

    (refusal,) = refused(wish(run, 2, infants=1, accommodation=["seat", "seat"]))

    assert (refusal["code"], refusal["persons"], refusal["berths"]) == (
        "accommodation_required", 3, 2,
    )  # fmt: skip


def test_says_for_how_many_there_are_cabins_where_everybody_needs_one():
    run = night(two=(1, 2, 900))

    assert refused(wish(run, 3)) == [
        {
            "code": "berths_short",
            "message": "Cabins, berths and seats for 2 are left; "
            "on this sailing all 3 travellers need one.",
            "left": 2,
            "needed": 3,
        }
    ]


def test_says_that_no_accessible_cabin_is_left_where_everybody_needs_one():
    run = night(two=(5, 2, 900))
    makers.accommodation(run, "access", units=0, places=2, accessible=True)

    (refusal,) = refused(wish(run, needs_accessible=True))

    assert (refusal["code"], refusal["left"]) == ("accessible_short", 0)
