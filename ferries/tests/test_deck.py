"""Where vehicles go on the car deck."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import deck
from ferries.deck import AreaSpace
from ferries.party import VehicleSize

LOW = AreaSpace("low", clear_height_cm=220, left_cm=1000)
TALL = AreaSpace("tall", clear_height_cm=450, left_cm=1000)

areas = st.lists(
    st.builds(
        AreaSpace,
        code=st.sampled_from("abcdef"),
        clear_height_cm=st.integers(150, 500),
        left_cm=st.integers(0, 3000),
    ),
    unique_by=lambda area: area.code,
)
vehicles = st.builds(
    VehicleSize,
    kind=st.just("car"),
    length_cm=st.integers(50, 2000),
    height_cm=st.integers(50, 500),
    trailer_length_cm=st.integers(0, 1000),
)


def car(*, length=450, height=150, trailer=0):
    return VehicleSize("car", length, height, trailer)


def test_prefers_the_lowest_area_that_admits_the_height():
    assert deck.choose_area([TALL, LOW], car(), 50) == LOW
    assert deck.choose_area([TALL, LOW], car(height=221), 50) == TALL


def test_a_vehicle_as_high_as_the_deck_still_enters():
    assert deck.choose_area([LOW], car(height=220), 50) == LOW


def test_goes_higher_when_the_low_area_is_full():
    full = AreaSpace("low", clear_height_cm=220, left_cm=499)

    assert deck.choose_area([full, TALL], car(), 50) == TALL


@pytest.mark.parametrize(("left_cm", "fits"), [(1200, True), (1199, False)])
def test_counts_trailer_and_gap(left_cm, fits):
    area = AreaSpace("low", clear_height_cm=220, left_cm=left_cm)

    assert bool(deck.choose_area([area], car(trailer=700), 50)) is fits


def test_says_that_the_ship_has_no_car_deck():
    refusal = deck.refuse([], car(), 50)

    assert refusal.as_dict() == {
        "code": "no_vehicle_deck",
        "message": "This ship carries no vehicles.",
    }


def test_says_how_high_the_highest_deck_is():
    refusal = deck.refuse([LOW, TALL], car(height=460), 50)

    assert refusal.as_dict() == {
        "code": "too_high",
        "message": "Your vehicle is 4.60 m high; this ship admits up to 4.50 m.",
        "height_cm": 460,
        "clear_height_cm": 450,
    }


def test_says_how_much_length_is_left_where_the_height_is_admitted():
    roomy_but_low = AreaSpace("low", clear_height_cm=220, left_cm=9000)
    tall = AreaSpace("tall", clear_height_cm=450, left_cm=300)

    refusal = deck.refuse([roomy_but_low, tall], car(height=300), 50)

    assert refusal.as_dict() == {
        "code": "lane_metres_short",
        "message": "Only 3.00 m of car deck are left; "
        "your vehicle needs 5.00 m with the gap to the next.",
        "left_cm": 300,
        "needed_cm": 500,
    }


@given(areas=areas, vehicle=vehicles, gap=st.integers(0, 100))
def test_a_chosen_area_always_admits_and_none_lower_would(areas, vehicle, gap):
    chosen = deck.choose_area(areas, vehicle, gap)

    fitting = [
        area
        for area in areas
        if area.clear_height_cm >= vehicle.height_cm
        and area.left_cm >= vehicle.length_cm + vehicle.trailer_length_cm + gap
    ]
    assert (chosen is None) == (not fitting)
    assert (deck.refuse(areas, vehicle, gap) is None) == bool(fitting)
    if chosen:
        assert chosen in fitting
        assert chosen.clear_height_cm == min(area.clear_height_cm for area in fitting)
