"""What is told about bands: until when a charge holds, and what is wrong with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ferries import conditions
from ferries.conditions import Band, Departures, Terms
from ferries.tests.test_conditions import ALL, BANDS, DAY, DEPARTS, FREE, HALF, QUARTER, WEEK


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=30), timedelta(days=14)),
        (timedelta(days=14, microseconds=1), timedelta(days=14)),
        (timedelta(days=14), timedelta(days=14, microseconds=-1)),
        (timedelta(days=14, microseconds=-1), timedelta(days=7)),
        (timedelta(days=1), timedelta(hours=12)),
        (timedelta(hours=11), timedelta(0)),
        (timedelta(microseconds=1), timedelta(0)),
    ],
)
def test_the_next_change_is_the_next_bound(before, expected):
    at = Departures(DEPARTS, DEPARTS, DEPARTS)

    assert conditions.next_change(Terms(bands=BANDS), at, DEPARTS - before) == DEPARTS - expected


def test_nothing_changes_after_departure():
    at = Departures(DEPARTS, DEPARTS, DEPARTS)

    assert conditions.next_change(Terms(bands=BANDS), at, DEPARTS) is None


def test_the_next_change_counts_from_the_band_s_departure_and_action():
    bands = (replace(HALF, reference="first"), Band("fee", action="amend", from_hours=15))
    at = Departures(DEPARTS, DEPARTS - WEEK, DEPARTS)

    cancel = conditions.next_change(Terms(bands=bands), at, DEPARTS - WEEK - DAY)
    amend = conditions.next_change(Terms(bands=bands), at, DEPARTS - DAY, action="amend")

    assert cancel == DEPARTS - WEEK - timedelta(hours=12)
    assert amend == DEPARTS - timedelta(hours=15)


def test_a_band_that_ends_before_a_gap_is_a_change():
    bands = (replace(ALL, to_hours=12), FREE)
    at = Departures(DEPARTS, DEPARTS, DEPARTS)

    assert conditions.next_change(Terms(bands=bands), at, DEPARTS - DAY) == DEPARTS - timedelta(
        hours=12
    )


def test_whole_bands_have_no_problem():
    named = [replace(band, components=("vehicle", "trailer")) for band in BANDS]
    amend = [replace(band, action="amend", reference="first") for band in BANDS]

    assert conditions.problems(BANDS) == []
    assert conditions.problems([*BANDS, *named, *amend]) == []
    assert conditions.problems([]) == []


@pytest.mark.parametrize(
    ("bands", "sentence"),
    [
        ((FREE, QUARTER, ALL), "cancel: no band covers 12 to 168 hours before departure."),
        ((FREE, QUARTER, HALF), "cancel: no band covers 0 to 12 hours before departure."),
        ((QUARTER, HALF, ALL), "cancel: no band covers 336 hours before departure or earlier."),
        (
            (*BANDS, replace(HALF, code="twin", from_hours=100)),
            "cancel: half and twin overlap from 100 hours on.",
        ),
        (
            (replace(ALL, to_hours=None), FREE),
            "cancel: all and free overlap from 336 hours on.",
        ),
    ],
)
def test_names_a_gap_and_an_overlap(bands, sentence):
    assert conditions.problems(bands) == [sentence]


def test_names_the_components_of_a_gap():
    pets = replace(FREE, components=("pet",), action="amend", from_hours=5)
    whole = replace(FREE, action="amend", from_hours=0)

    assert conditions.problems([pets, whole]) == [
        "amend (pet): no band covers 0 to 5 hours before departure."
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"percent": 101}, "charges more than 100 %"),
        ({"charge": "none", "percent": 5}, "has a percentage, but does not charge by it"),
        ({"charge": "none", "amount": 5}, "has an amount, but no flat charge"),
        ({"percent": 5, "amount": 5}, "has an amount, but no flat charge"),
        ({"charge": "flat"}, "has a flat charge without an amount"),
        ({"charge": "none", "minimum": 1}, "has a minimum or maximum, but no percentage"),
        ({"charge": "flat", "amount": 1, "maximum": 0}, "has a minimum or maximum, but no percentage"),
        ({"percent": 5, "minimum": 9, "maximum": 8}, "has a minimum above its maximum"),
    ],
)  # fmt: skip
def test_names_fields_that_contradict_each_other(fields, sentence):
    assert conditions.problems([Band("odd", **fields)]) == [f"cancel: odd {sentence}."]


def test_a_band_that_ends_where_it_begins_is_a_problem():
    found = conditions.problems([replace(FREE, from_hours=0), replace(ALL, from_hours=12)])

    assert "cancel: all ends before it begins." in found


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"reference": "first"}, "all kinds of lines"),
        ({"reference": "first", "components": ("pet",)}, None),
    ],
)
def test_names_bands_that_count_from_two_departures(fields, names):
    whole = replace(FREE, from_hours=0)

    found = conditions.problems([whole, replace(whole, **fields)])

    assert found == (
        [
            f"cancel: two sets of bands rule {names}; name a kind in one set of components, "
            "counted from one departure."
        ]
        if names
        else []
    )


def test_names_a_kind_that_two_sets_of_components_share():
    whole = replace(FREE, from_hours=0)
    one, other = ("vehicle", "pet"), ("passenger", "pet")

    found = conditions.problems(
        [whole, replace(whole, components=one), replace(whole, components=other)]
    )

    assert found == [
        "cancel: two sets of bands rule pet; name a kind in one set of components, "
        "counted from one departure."
    ]


def test_names_kinds_that_nothing_rules():
    found = conditions.problems([replace(FREE, from_hours=0, components=("passenger",))])

    assert found == ["cancel: no band covers the kinds of lines that no band names."]
