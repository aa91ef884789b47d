"""What is refused and why: the search says it, and a hold says the same and writes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.operations.hold import hold_booking, party_of
from bookings.tests.refusing import (
    A_MOMENT,
    BEFORE,
    DAY,
    EVENING,
    car,
    offer_for,
    refused,
    sailing,
    ship_with,
    taken,
    wish,
)
from ferries.models import Sailing
from ferries.search import search
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


def test_too_few_places():
    assert refused(wish(sailing(persons=2), 2, infants=1)) == [
        {
            "code": "persons_short",
            "message": "Only 2 places are left; your party needs 3.",
            "left": 2,
            "needed": 3,
        }
    ]


def test_foot_passengers_have_a_lower_limit_that_motorists_do_not_count_for():
    run = sailing()
    makers.foot_limit(run, 2)

    assert refused(wish(run, 3)) == [
        {
            "code": "foot_short",
            "message": "The ship takes 2 foot passengers more; your party needs 3 places.",
            "left": 2,
            "needed": 3,
        }
    ]
    hold_booking(wish(run, 3, vehicle=car()), now=BEFORE)
    booking = hold_booking(wish(run, 2), now=BEFORE)
    assert taken(booking) == {
        "p0 persons": 1, "p0 foot": 1, "p1 persons": 1, "p1 foot": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "vehicle", "code", "numbers"),
    [
        ({"lane_cm": 499}, car(), "lane_metres_short", {"left_cm": 499, "needed_cm": 500}),
        (
            {"lane_cm": 999, "lane_width_cm": 250}, car(width_cm=251),
            "lane_metres_short", {"left_cm": 999, "needed_cm": 1000},
        ),
        ({}, car(height=221), "too_high", {"height_cm": 221, "clear_height_cm": 220}),
        ({"max_width_cm": 240}, car(width_cm=241), "too_wide", {"width_cm": 241, "max_width_cm": 240}),
        (
            {"max_vehicle_kg": 3500}, car(weight_kg=3501),
            "too_heavy", {"weight_kg": 3501, "max_weight_kg": 3500},
        ),
        ({"total_kg": 2199}, car(), "load_short", {"left_kg": 2199, "needed_kg": 2200}),
        ({"admits": ["bicycle"]}, car(), "class_not_admitted", {"kind": "car"}),
        ({"places": 0, "lane_cm": 0, "admits": ["car"]}, car(), "bay_places_short", {"left": 0, "needed": 1}),
    ],
)  # fmt: skip
def test_vehicles(limits, vehicle, code, numbers):
    (refusal,) = refused(wish(ship_with(**limits), vehicle=vehicle))

    assert refusal.pop("message")
    refusal.pop("nearest", None)
    assert refusal == {"code": code, **numbers}


def test_a_ship_without_a_car_deck():
    (refusal,) = refused(wish(sailing(lane_cm=0), vehicle=car()))

    assert refusal["code"] == "no_vehicle_deck"


def test_a_ship_without_a_free_plug():
    run = ship_with(plugs=1)
    request = wish(run, vehicle=car())
    charging = replace(party_of(request), vehicle=replace(party_of(request).vehicle, charges=True))

    free = search(origin="AAA", destination="BBB", day=DAY, party=charging, now=BEFORE).offers[0]
    run.pools.get(resource="plugs:main").delete()
    Sailing.objects.get().save()
    gone = search(origin="AAA", destination="BBB", day=DAY, party=charging, now=BEFORE).offers[0]

    assert free.bookable
    assert [refusal.code for refusal in gone.refusals] == ["plugs_short"]


def test_a_wide_vehicle_takes_two_lanes_and_its_weight_and_a_motorcycle_a_place():
    run = ship_with(lane_width_cm=250, total_kg=9000)
    makers.deck_area(run, "bikes", places=2)
    makers.price(run, "vehicle", "motorcycle", 700)

    wide = hold_booking(wish(run, vehicle=car(width_cm=260, trailer=300)), now=BEFORE)
    biker = hold_booking(wish(run, vehicle=car(230, 130, kind="motorcycle")), now=BEFORE)

    assert taken(wide) == {"p0 persons": 1, "v0 deck:main": 1600, "v0 weight:main": 3700}
    assert taken(biker) == {"p0 persons": 1, "v0 deck:bikes": 1}


def test_names_the_lower_deck_and_the_vehicle_without_its_trailer():
    run = sailing(lane_cm=5000, tall_lane_cm=300)

    (too_tall,) = refused(wish(run, vehicle=car(height=230)))
    (too_long,) = refused(wish(run, vehicle=car(trailer=5000)))

    assert too_tall["nearest"] == {
        "kind": "other_deck",
        "message": "50.00 m are left on the car deck for vehicles up to 2.20 m high, "
        "for example without the roof box.",
        "clear_height_cm": 220,
        "left_cm": 5000,
    }
    assert too_long["nearest"] == {
        "kind": "without_trailer",
        "message": "Without the trailer your vehicle fits.",
        "length_cm": 450,
    }


@pytest.mark.parametrize("kind", ["kennel", "deck"])
def test_places_for_pets(kind):
    run = sailing()
    makers.pet_space(run, kind, places=1, amount=700)

    (refusal,) = refused(wish(run, pets=(kind, kind)))
    booking = hold_booking(wish(run, pets=(kind,)), now=BEFORE)

    assert {**refusal, "message": ""} == {
        "code": "pet_places_short", "message": "", "place": kind, "left": 1, "needed": 2,
    }  # fmt: skip
    assert booking.total == 1700
    assert taken(booking) == {"p0 persons": 1, f"x0 pet:{kind}": 1}


@pytest.mark.parametrize("place", ["kennel", "deck", "vehicle"])
def test_where_no_pet_can_stay(place):
    run = sailing()
    makers.price(run, "pet", place, 300)

    (refusal,) = refused(wish(run, pets=(place,)))

    assert (refusal["code"], refusal["place"]) == ("pet_place_unknown", place)


def test_an_assistance_dog_is_neither_refused_nor_charged_nor_counted():
    run = sailing(persons=1)

    booking = hold_booking(wish(run, assistance_dogs=2), now=BEFORE)

    assert booking.total == 1000
    assert taken(booking) == {"p0 persons": 1}


@pytest.mark.parametrize(
    ("values", "now", "code", "numbers"),
    [
        ({"status": "stop_sale"}, BEFORE, "sale_stopped", {}),
        ({"status": "cancelled"}, BEFORE, "cancelled", {}),
        ({"status": "departed"}, BEFORE, "departed", {}),
        ({}, EVENING, "departed", {}),
        (
            {}, EVENING - timedelta(minutes=10),
            "sale_closed", {"closes_at": "2027-06-01T18:50:00Z"},
        ),
        (
            {"sale_opens_at": BEFORE}, BEFORE - A_MOMENT,
            "sale_not_open", {"opens_at": "2027-05-01T00:00:00Z"},
        ),
        (
            {"sale_closes_at": BEFORE}, BEFORE,
            "sale_closed", {"closes_at": "2027-05-01T00:00:00Z"},
        ),
        (
            {"sale_closes_at": EVENING + timedelta(hours=1)}, EVENING,
            "departed", {},
        ),
        ({"configuration": None}, BEFORE, "no_vessel", {}),
    ],
)  # fmt: skip
def test_sailings_that_are_not_on_sale(values, now, code, numbers):
    run = sailing(persons=1)
    Sailing.objects.update(**values)

    # One reason is enough: the party of five is not told that it would not fit either.
    (refusal,) = refused(wish(run, 5), now=now)

    assert refusal.pop("message")
    assert refusal == {"code": code, **numbers}


@pytest.mark.parametrize(
    ("values", "now"),
    [
        ({"sale_opens_at": BEFORE}, BEFORE),
        ({"sale_closes_at": BEFORE}, BEFORE - A_MOMENT),
        ({"sale_closes_at": EVENING}, EVENING - A_MOMENT),
        ({}, EVENING - timedelta(minutes=10) - A_MOMENT),
    ],
)
def test_a_sale_includes_its_start_and_excludes_its_end(values, now):
    run = sailing()
    Sailing.objects.update(**values)

    assert offer_for(wish(run), now=now).bookable
    assert hold_booking(wish(run), now=now).state == "held"


def test_a_leg_over_several_sectors_has_the_least_and_takes_all_of_them():
    run = sailing(stops=("AAA", "BBB", "CCC"), persons=10, lane_cm=2000)
    makers.accommodation(run, "two", units=3, places=2)
    hold_booking(wish(run, 2, vehicle=car(), accommodation=["two"]), now=BEFORE)

    through = offer_for(wish(run, legs="0-2"), to="CCC")
    booking = hold_booking(wish(run, vehicle=car(), accommodation=["two"], legs="0-2"), now=BEFORE)

    assert through.left == {"persons": 8, "lane_cm": 1500}
    assert [each.left for each in through.accommodation] == [2]
    expected = {"p0 persons": 1, "v0 deck:low": 500, "a0 acc:two": 1}
    assert taken(booking, sector=0) == taken(booking, sector=1) == expected
