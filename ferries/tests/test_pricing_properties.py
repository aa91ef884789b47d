"""Prices of any party under any tariff, against a second way to compute them."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ferries import pricing
from ferries.party import CATEGORIES, PET_PLACES, VEHICLE_KINDS, Party, VehicleSize
from ferries.pricing import FareLine

CABINS = ("cabin-2", "cabin-4", "seat")
SHORT_CM, METRE_CM = 500, 100

amounts = st.integers(0, 100_000)
rates = st.sampled_from([0, 550, 1000, 2400]) | st.integers(0, 10_000)


PLAIN = (
    *(("passenger", each) for each in CATEGORIES),
    *(("accommodation", each) for each in CABINS),
    *(("pet", each) for each in PET_PLACES),
)
LEVIES = st.tuples(
    st.sampled_from(["surcharge", "tax"]),
    st.sampled_from(["passenger", "vehicle", "all"]),
    amounts,
    rates,
    rates,
)


def tariff(prices, vat_rates, levies, trailers, driver):
    """Return a tariff in which everything has a price; vehicles and trailers by the metre."""
    prices, vat_rates = itertools.cycle(prices), itertools.cycle(vat_rates)

    def fare(code, kind, category, **values):
        return FareLine(code, kind, category, code, next(prices), vat_bp=next(vat_rates), **values)

    fares = [fare(category, kind, category) for kind, category in PLAIN]
    measured = [("vehicle", each) for each in VEHICLE_KINDS] + [("trailer", "all")] * trailers
    for kind, category in measured:
        free = driver and kind == "vehicle"
        fares += [
            fare(category, kind, category, max_length_cm=SHORT_CM, includes_driver=free),
            fare("m", kind, category, min_length_cm=SHORT_CM, per_started_cm=METRE_CM),
        ]
    fares += [
        FareLine(f"s{number}", kind, category, "Levy", amount, percent_bp=share, vat_bp=vat)
        for number, (kind, category, amount, share, vat) in enumerate(levies)
    ]
    return fares


tariffs = st.builds(
    tariff,
    prices=st.lists(amounts, min_size=1, max_size=9),
    vat_rates=st.lists(rates, min_size=1, max_size=3),
    levies=st.lists(LEVIES, max_size=3),
    trailers=st.booleans(),
    driver=st.booleans(),
)
vehicles = st.builds(
    VehicleSize,
    st.sampled_from(VEHICLE_KINDS),
    length_cm=st.integers(100, 1500),
    height_cm=st.integers(100, 400),
    trailer_length_cm=st.just(0) | st.integers(100, 1000),
)
parties = st.builds(
    Party,
    adults=st.integers(0, 4),
    children=st.integers(0, 3),
    infants=st.integers(0, 2),
    vehicle=st.none() | vehicles,
    pets=st.lists(st.sampled_from(PET_PLACES), max_size=2).map(tuple),
    assistance_dogs=st.integers(0, 1),
    accommodation=st.lists(st.sampled_from(CABINS), max_size=3).map(tuple),
)


def half_up(number):
    return math.floor(number + Fraction(1, 2))


def expected(party, fares):
    """Return the total in minor units, from the tariff's meaning and exact fractions."""
    by_key = {(fare.kind, fare.category, fare.per_started_cm): fare for fare in fares}
    charged = []  # kind of item, fare

    def measured(kind, category, length):
        base, metre = by_key[kind, category, None], by_key[kind, category, METRE_CM]
        return base.amount + metre.amount * max(0, math.ceil((length - SHORT_CM) / METRE_CM))

    car, has_trailer_fares = party.vehicle, ("trailer", "all", None) in by_key
    is_free = car is not None and by_key["vehicle", car.kind, None].includes_driver
    for index, category in enumerate(party.categories):
        free = is_free and index == 0 and category == "adult"
        charged.append(("person", 0 if free else by_key["passenger", category, None].amount))
    if car:
        apart = has_trailer_fares and car.trailer_length_cm > 0
        length = car.length_cm + (0 if apart else car.trailer_length_cm)
        charged.append(("vehicle", measured("vehicle", car.kind, length)))
        if apart:
            charged.append(("trailer", measured("trailer", "all", car.trailer_length_cm)))
    charged += [
        ("cabin", by_key["accommodation", each, None].amount) for each in party.accommodation
    ]
    charged += [("pet", by_key["pet", each, None].amount) for each in party.pets]

    whole = sum(fare for _, fare in charged)
    bearers = {"passenger": ["person"], "vehicle": ["vehicle", "trailer"]}
    for levy in (fare for fare in fares if fare.kind in ("surcharge", "tax")):
        for kind, fare in charged:
            if kind in bearers.get(levy.category, [kind]):
                whole += levy.amount if kind in ("person", "vehicle") else 0
                whole += half_up(Fraction(fare * levy.percent_bp, 10_000))
    return whole


@given(party=parties, fares=tariffs)
def test_the_lines_sum_to_what_a_second_computation_finds(party, fares):
    lines = pricing.price(party, fares)

    assert sum(line.amount for line in lines) == expected(party, fares)


@given(party=parties, fares=tariffs)
def test_every_line_contains_its_vat_and_no_more_than_its_amount(party, fares):
    for line in pricing.price(party, fares):
        assert line.vat == half_up(Fraction(line.amount * line.vat_bp, 10_000 + line.vat_bp))
        assert 0 <= line.vat <= line.amount


@given(party=parties, fares=tariffs)
def test_every_item_has_exactly_one_fare_line_and_each_levy_at_most_once(party, fares):
    lines = pricing.price(party, fares)

    bearing = [line.item for line in lines if line.kind not in ("surcharge", "tax")]
    levies = [(line.item, line.rule) for line in lines if line.kind in ("surcharge", "tax")]
    assert len(set(bearing)) == len(bearing)
    assert len(set(levies)) == len(levies)
    assert {item for item, _ in levies} <= set(bearing)


@given(party=parties, fares=tariffs)
def test_an_adult_more_never_costs_less(party, fares):
    more = replace(party, adults=party.adults + 1)

    totals = [sum(line.amount for line in pricing.price(each, fares)) for each in (party, more)]

    assert totals[0] <= totals[1]


@given(
    bands=st.lists(
        st.tuples(st.integers(0, 90), st.integers(1, 40), amounts), min_size=1, max_size=5
    ),
    plain=st.none() | amounts,
    age=st.integers(0, 120),
)
def test_a_known_age_is_priced_by_a_narrowest_band_that_spans_it(bands, plain, age):
    fares = [
        FareLine(f"b{start}+{years}", "passenger", "adult", "Band", amount, min_age=start, max_age=start + years)
        for start, years, amount in bands
    ]  # fmt: skip
    fares += [] if plain is None else [FareLine("plain", "passenger", "adult", "Adult", plain)]
    widths = [years for start, years, _ in bands if start <= age < start + years]
    if not widths and plain is None:
        return

    line = pricing.price(Party(ages=(age,)), fares)[0]

    if widths:
        start, years = map(int, line.rule[1:].split("+"))
        assert start <= age < start + years
        assert years == min(widths)
    else:
        assert line.rule == "plain"
