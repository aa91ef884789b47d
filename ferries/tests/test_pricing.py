"""Prices of parties under a tariff."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import pricing
from ferries.errors import NoFare
from ferries.offers import PriceLine
from ferries.party import Party, VehicleSize
from ferries.pricing import FareLine

ADULT = FareLine("1", "passenger", "adult", "Adult", 1105)
CHILD = FareLine("2", "passenger", "child", "Child", 550)
INFANT = FareLine("3", "passenger", "infant", "Infant", 0)
SHORT = FareLine(
    "4", "vehicle", "car", "Car under 4.27 m", 1550, max_length_cm=427, includes_driver=True
)
LONG = FareLine(
    "5", "vehicle", "car", "Car 4.27 m to 6.71 m", 2000,
    min_length_cm=427, max_length_cm=671, includes_driver=True,
)  # fmt: skip
EXTRA = FareLine(
    "6", "vehicle", "car", "each metre beyond", 300, min_length_cm=671, per_started_cm=100
)
TARIFF = (ADULT, CHILD, INFANT, SHORT, LONG, EXTRA)


def car(length=450, *, height=150, trailer=0, kind="car"):
    return VehicleSize(kind, length, height, trailer)


def test_each_person_has_a_line_in_the_order_of_the_party():
    lines = pricing.price(Party(adults=2, children=1, infants=1), TARIFF)

    assert lines == (
        PriceLine("passenger", "Adult", 1105, "p0", "1"),
        PriceLine("passenger", "Adult", 1105, "p1", "1"),
        PriceLine("passenger", "Child", 550, "p2", "2"),
        PriceLine("passenger", "Infant", 0, "p3", "3"),
    )


def test_the_driver_is_included_with_the_vehicle_and_still_has_a_line():
    lines = pricing.price(Party(adults=2, vehicle=car()), TARIFF)

    assert lines == (
        PriceLine("passenger", "Adult (included with the vehicle)", 0, "p0", "1"),
        PriceLine("passenger", "Adult", 1105, "p1", "1"),
        PriceLine("vehicle", "Car 4.27 m to 6.71 m", 2000, "v0", "5"),
    )


def test_a_child_is_no_driver():
    lines = pricing.price(Party(adults=0, children=1, vehicle=car()), TARIFF)

    assert [line.amount for line in lines] == [550, 2000]


@pytest.mark.parametrize(
    ("length", "amount"),
    [(426, 1550), (427, 2000), (670, 2000), (671, 2000), (672, 2300), (771, 2300), (772, 2600)],
)
def test_bands_include_their_minimum_and_each_started_metre_counts(length, amount):
    lines = pricing.price(Party(vehicle=car(length)), TARIFF)

    assert lines[-1].amount == amount


def test_names_the_stretches_beyond_the_longest_band():
    line = pricing.price(Party(vehicle=car(850)), TARIFF)[-1]

    assert line.label == "Car 4.27 m to 6.71 m + 2 x each metre beyond"
    assert line.rule == "5+6"


def test_a_trailer_lengthens_the_vehicle():
    assert pricing.price(Party(vehicle=car(400, trailer=400)), TARIFF)[-1].amount == 2600


def test_height_bands_choose_among_lines():
    high = FareLine("7", "vehicle", "van", "High van", 4000, min_height_cm=220)
    low = FareLine("8", "vehicle", "van", "Van", 3000, max_height_cm=220)

    amounts = [
        pricing.price(Party(vehicle=car(kind="van", height=height)), (ADULT, high, low))[-1].amount
        for height in (219, 220)
    ]

    assert amounts == [3000, 4000]


@pytest.mark.parametrize(
    ("party", "category"),
    [
        (Party(infants=1), "infant"),
        (Party(vehicle=car(kind="motorhome")), "motorhome"),
        (Party(vehicle=car(900)), "car"),
    ],
)
def test_names_the_category_without_a_fare(party, category):
    with pytest.raises(NoFare) as caught:
        pricing.price(party, (ADULT, CHILD, SHORT, LONG))

    assert caught.value.category == category


def test_an_extra_without_a_plain_band_is_no_fare():
    with pytest.raises(NoFare):
        pricing.price(Party(vehicle=car(900)), (ADULT, EXTRA))


parties = st.builds(
    Party,
    adults=st.integers(1, 9),
    children=st.integers(0, 9),
    infants=st.integers(0, 9),
    vehicle=st.none() | st.builds(car, st.integers(50, 3000), trailer=st.integers(0, 1500)),
)


@given(party=parties)
def test_every_person_and_vehicle_has_exactly_one_line(party):
    items = [line.item for line in pricing.price(party, TARIFF)]

    expected = [f"p{index}" for index in range(party.persons)]
    assert items == expected + (["v0"] if party.vehicle else [])


@given(party=parties)
def test_the_sum_is_that_of_the_tariff(party):
    total = sum(line.amount for line in pricing.price(party, TARIFF))

    length = party.vehicle.total_length_cm if party.vehicle else 0
    vehicle = 1550 if length < 427 else 2000 + 300 * max(0, math.ceil((length - 671) / 100))
    paying = party.adults - (1 if party.vehicle else 0)
    assert total == paying * 1105 + party.children * 550 + (vehicle if party.vehicle else 0)


@given(shorter=st.integers(50, 3000), more=st.integers(0, 500))
def test_a_longer_vehicle_is_never_cheaper(shorter, more):
    amounts = [
        pricing.price(Party(vehicle=car(length)), TARIFF)[-1].amount
        for length in (shorter, shorter + more)
    ]

    assert amounts[0] <= amounts[1]
