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


def test_an_age_band_wins_over_the_line_of_the_category_and_the_narrowest_over_wider_ones():
    young = FareLine("y", "passenger", "adult", "Under 26", 900, max_age=26)
    student = FareLine("s", "passenger", "adult", "18 to 21", 800, min_age=18, max_age=22)
    senior = FareLine("o", "passenger", "adult", "Senior", 700, min_age=65)
    party = Party(adults=8, ages=(17, 18, 21, 22, 25, 26, 65, None))

    lines = pricing.price(party, (ADULT, young, student, senior))

    assert [line.rule for line in lines] == ["y", "s", "s", "y", "y", "1", "o", "1"]


def test_an_unknown_age_without_a_plain_line_is_priced_as_the_dearest():
    small = FareLine("c1", "passenger", "child", "Child 4 to 11", 300, min_age=4, max_age=12)
    big = FareLine("c2", "passenger", "child", "Child 12 to 15", 700, min_age=12, max_age=16)

    prices = [
        pricing.price(Party(adults=0, children=1, ages=ages), (small, big))[0].amount
        for ages in ((), (None,), (11,))
    ]

    assert prices == [700, 700, 300]


def test_an_age_that_no_line_spans_has_no_fare():
    band = FareLine("c", "passenger", "child", "Child 4 to 15", 300, min_age=4, max_age=16)

    with pytest.raises(NoFare) as caught:
        pricing.price(Party(adults=0, children=1, ages=(16,)), (band,))

    assert caught.value.category == "child"


TRAILER = FareLine("t", "trailer", "all", "Trailer", 900, max_length_cm=500)
LONG_TRAILER = FareLine(
    "tm", "trailer", "all", "each metre", 200, min_length_cm=500, per_started_cm=100
)


def test_a_tariff_with_trailer_lines_prices_vehicle_and_trailer_apart():
    party = Party(vehicle=car(420, trailer=620))

    lines = pricing.price(party, (*TARIFF, TRAILER, LONG_TRAILER))

    assert lines[1:] == (
        PriceLine("vehicle", "Car under 4.27 m", 1550, "v0", "4"),
        PriceLine("trailer", "Trailer + 2 x each metre", 1300, "t0", "t+tm"),
    )


def test_trailer_lines_of_the_towing_kind_win_and_those_of_other_kinds_do_not_count():
    of_cars = FareLine("tc", "trailer", "car", "Car trailer", 500)
    of_vans = FareLine("tv", "trailer", "van", "Van trailer", 5000)
    party = Party(vehicle=car(420, trailer=300))

    own = pricing.price(party, (*TARIFF, TRAILER, of_cars))
    together = pricing.price(party, (*TARIFF, of_vans))

    assert [(line.item, line.amount) for line in own[1:]] == [("v0", 1550), ("t0", 500)]
    assert [(line.item, line.amount) for line in together[1:]] == [("v0", 2300)]


def test_a_vehicle_without_a_trailer_has_no_line_for_one():
    assert pricing.price(Party(vehicle=car()), (*TARIFF, TRAILER))[-1].item == "v0"


def test_a_trailer_longer_than_all_bands_has_no_fare():
    with pytest.raises(NoFare) as caught:
        pricing.price(Party(vehicle=car(trailer=500)), (*TARIFF, TRAILER))

    assert caught.value.category == "trailer"


CABIN = FareLine("cab", "accommodation", "cabin-4", "Cabin for four", 9000)
SEAT = FareLine("seat", "accommodation", "seat", "Reserved seat", 500)
KENNEL = FareLine("ken", "pet", "kennel", "Pet in a kennel", 1200)


def test_accommodation_is_paid_by_the_unit_and_pets_by_their_place():
    party = Party(accommodation=("cabin-4", "seat", "seat"), pets=("kennel",))

    lines = pricing.price(party, (ADULT, CABIN, SEAT, KENNEL))

    assert [(line.item, line.kind, line.amount) for line in lines] == [
        ("p0", "passenger", 1105),
        ("a0", "accommodation", 9000),
        ("a1", "accommodation", 500),
        ("a2", "accommodation", 500),
        ("x0", "pet", 1200),
    ]


@pytest.mark.parametrize(
    ("party", "category"),
    [(Party(accommodation=("suite",)), "suite"), (Party(pets=("kennel", "cabin")), "cabin")],
)
def test_names_the_accommodation_or_pet_place_without_a_fare(party, category):
    with pytest.raises(NoFare) as caught:
        pricing.price(party, (ADULT, CABIN, KENNEL))

    assert caught.value.category == category


def test_assistance_dogs_travel_free_under_every_tariff_and_bear_nothing():
    levy = FareLine("levy", "tax", "all", "Port tax", 100)

    lines = pricing.price(Party(assistance_dogs=2), (ADULT, levy))

    assert lines[1:] == (
        PriceLine("pet", "Assistance dog", 0, "g0", "assistance_dog"),
        PriceLine("pet", "Assistance dog", 0, "g1", "assistance_dog"),
        PriceLine("tax", "Port tax", 100, "p0", "levy"),
    )


def test_the_driver_of_a_vehicle_fare_still_bears_what_persons_bear():
    tax = FareLine("tax", "tax", "passenger", "Port tax", 250)
    fuel = FareLine("fuel", "surcharge", "passenger", "Fuel", 0, percent_bp=1000)

    lines = pricing.price(Party(adults=2, vehicle=car()), (*TARIFF, tax, fuel))

    assert [(line.item, line.rule, line.amount) for line in lines[3:]] == [
        ("p0", "tax", 250),
        ("p1", "tax", 250),
        ("p1", "fuel", 111),  # 110.5, halves up
    ]


def test_amounts_count_heads_and_vehicles_and_percentages_reach_every_fare():
    fuel = FareLine("fuel", "surcharge", "all", "Fuel", 100, percent_bp=500)
    party = Party(vehicle=car(420, trailer=300), accommodation=("cabin-4",), pets=("kennel",))

    lines = pricing.price(party, (*TARIFF, TRAILER, CABIN, KENNEL, fuel))

    assert [(line.item, line.amount) for line in lines if line.kind == "surcharge"] == [
        ("p0", 100),  # the driver's fare is 0
        ("v0", 178),  # 100 + 77.5, halves up
        ("t0", 45),
        ("a0", 450),
        ("x0", 60),
    ]


def test_what_vehicles_bear_falls_on_the_trailer_as_a_percentage_only():
    toll = FareLine("toll", "surcharge", "vehicle", "Emissions", 500, percent_bp=1000)

    lines = pricing.price(Party(vehicle=car(420, trailer=300)), (*TARIFF, TRAILER, toll))

    assert [(line.item, line.amount) for line in lines if line.rule == "toll"] == [
        ("v0", 655),
        ("t0", 90),
    ]


@pytest.mark.parametrize(
    ("amount", "vat_bp", "vat"),
    [
        (1240, 2400, 240),
        (1000, 2000, 167),
        (3, 10_000, 2),
        (1, 10_000, 1),
        (999, 0, 0),
        (0, 700, 0),
    ],
)
def test_each_line_carries_the_vat_that_it_contains_halves_up(amount, vat_bp, vat):
    fare = FareLine("a", "passenger", "adult", "Adult", amount, vat_bp=vat_bp)

    line = pricing.price(Party(), (fare,))[0]

    assert (line.amount, line.vat, line.vat_bp) == (amount, vat, vat_bp)


def test_a_surcharge_has_its_own_vat_rate():
    adult = FareLine("a", "passenger", "adult", "Adult", 1240, vat_bp=2400)
    fuel = FareLine("fuel", "surcharge", "all", "Fuel", 0, percent_bp=1000, vat_bp=1000)

    assert pricing.price(Party(), (adult, fuel))[1] == PriceLine(
        "surcharge", "Fuel", 124, "p0", "fuel", 11, 1000
    )


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
