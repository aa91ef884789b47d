"""The cheapest cabins, berths and seats for a party."""

from itertools import combinations_with_replacement
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferries import berths, fits
from ferries.fits import LegRules
from ferries.fitting import AccommodationFacts, Fitting
from ferries.party import Party
from ferries.pricing import FareLine

CODES = "abcd"


def unit(code, *, least=1, most=2, infants=True, accessible=False, pets=False, kind="cabin"):
    return AccommodationFacts(
        code, code.title(), kind, most, least, most, infants, accessible, pets
    )


def fares(**amounts):
    return [FareLine(code, "accommodation", code, code, amount) for code, amount in amounts.items()]


def cheapest(types, prices, party, **left):
    stock = {f"acc:{facts.code}": left.get(facts.code, 9) for facts in types}
    return berths.cheapest(Fitting(accommodation=tuple(types)), stock, fares(**prices), party)


types = st.lists(
    st.builds(
        unit,
        code=st.sampled_from(CODES),
        least=st.integers(0, 3),
        most=st.integers(3, 4) | st.just(1),
        infants=st.sampled_from([True, True, False]),
        accessible=st.sampled_from([False, False, True]),
        pets=st.booleans(),
    ).filter(lambda facts: facts.min_occupancy <= facts.max_occupancy),
    min_size=1,
    max_size=4,
    unique_by=lambda facts: facts.code,
)
stocks = st.fixed_dictionaries({f"acc:{code}": st.integers(0, 3) for code in CODES})
price_lists = st.fixed_dictionaries({code: st.integers(0, 6) for code in CODES})
parties = st.builds(
    Party,
    adults=st.integers(1, 5),
    infants=st.sampled_from([0, 0, 1]),
    pets=st.sampled_from([(), (), ("cabin",), ("kennel",)]),
    needs_accessible=st.booleans(),
)


def test_takes_one_big_cabin_or_several_small_things_by_their_price():
    found = [unit("four", most=4), unit("seat", most=1, kind="seat")]

    assert cheapest(found, {"four": 4000, "seat": 1001}, Party(adults=4)) == ("four",)
    assert cheapest(found, {"four": 4000, "seat": 999}, Party(adults=4)) == ("seat",) * 4


def test_a_cabin_may_stay_partly_empty():
    assert cheapest([unit("four", most=4)], {"four": 4000}, Party(adults=1)) == ("four",)


def test_of_equal_prices_the_fewer_units_win():
    found = [unit("four", most=4), unit("two")]

    assert cheapest(found, {"four": 4000, "two": 2000}, Party(adults=4)) == ("four",)


def test_what_runs_out_is_completed_by_what_is_dearer():
    found = [unit("two"), unit("seat", most=1), unit("four", most=4)]
    prices = {"two": 1000, "seat": 900, "four": 9000}

    assert cheapest(found, prices, Party(adults=4), two=1) == ("seat", "seat", "two")
    assert cheapest(found, prices, Party(adults=4), two=1, seat=1) == ("four",)
    assert cheapest(found, prices, Party(adults=4), two=1, seat=1, four=0) == ()


def test_uses_up_everything_where_only_all_of_it_covers_the_party():
    """The cheapest cover of four takes the large cabin, without which six find no place."""
    found = [unit("small", most=2), unit("large", most=3)]
    prices = {"small": 100, "large": 200}

    chosen = cheapest(found, prices, Party(adults=6), small=2, large=1)

    assert chosen == ("large", "small", "small")


def test_divides_people_so_that_each_cabin_has_its_least_number():
    """Three and one would be too few for the second cabin; two and two are not."""
    found = [unit("family", least=2, most=3)]

    assert cheapest(found, {"family": 300}, Party(adults=4)) == ("family", "family")


def test_infants_and_children_need_a_place_too():
    party = Party(adults=1, children=1, infants=1)

    assert cheapest([unit("seat", most=1)], {"seat": 500}, party) == ("seat",) * 3


def test_leaves_cabins_alone_that_are_for_more_people():
    found = [unit("suite", least=3, most=4), unit("two")]
    prices = {"suite": 100, "two": 5000}

    assert cheapest(found, prices, Party(adults=2)) == ("two",)
    assert cheapest(found, prices, Party(adults=3)) == ("suite",)
    # Two suites would be for at least six; the fifth sleeps in the other cabin.
    assert cheapest(found, prices, Party(adults=5)) == ("suite", "two")


def test_leaves_types_alone_that_do_not_admit_infants():
    found = [unit("quiet", infants=False), unit("two")]
    prices = {"quiet": 100, "two": 5000}

    assert cheapest(found, prices, Party(adults=1, infants=1)) == ("two",)
    assert cheapest(found, prices, Party(adults=2)) == ("quiet",)


def test_a_pet_in_the_cabin_needs_one_such_cabin_and_not_more():
    found = [unit("plain"), unit("pets", pets=True)]
    prices = {"plain": 3000, "pets": 5000}

    assert cheapest(found, prices, Party(adults=4, pets=("cabin",))) == ("pets", "plain")
    assert cheapest(found, prices, Party(adults=4, pets=("cabin",)), pets=0) == ()
    assert cheapest(found, prices, Party(adults=4, pets=("kennel",))) == ("plain", "plain")


def test_a_pet_may_bring_a_cabin_for_which_there_were_beds_enough():
    found = [unit("big", most=4), unit("pets", pets=True, most=1)]

    chosen = cheapest(found, {"big": 3000, "pets": 1000}, Party(adults=4, pets=("cabin",)), pets=1)

    assert chosen == ("big", "pets")


def test_accessible_cabins_are_kept_for_those_who_need_them():
    found = [unit("access", accessible=True), unit("plain")]
    prices = {"access": 100, "plain": 5000}

    assert cheapest(found, prices, Party(adults=2)) == ("plain",)
    assert cheapest(found, prices, Party(adults=2), plain=0) == ()
    assert cheapest(found, prices, Party(adults=2, needs_accessible=True)) == ("access",)


def test_who_needs_an_accessible_cabin_takes_one_where_others_cost_the_same():
    found = [unit("access", accessible=True), unit("plain")]
    party = Party(adults=6, needs_accessible=True)

    assert cheapest(found, {"access": 900, "plain": 900}, party) == ("access", "plain", "plain")
    assert cheapest(found, {"access": 900, "plain": 900}, party, access=0) == ()


def test_a_ship_that_tells_no_unit_apart_takes_those_who_need_an_accessible_one():
    party = Party(adults=1, needs_accessible=True)

    assert cheapest([unit("seat", most=1)], {"seat": 500}, party) == ("seat",)


def test_leaves_types_without_a_fare_alone():
    assert cheapest([unit("two"), unit("four", most=4)], {"four": 9000}, Party()) == ("four",)


def test_of_two_fares_for_a_type_the_first_counts_as_in_the_price():
    twice = [*fares(two=100), *fares(two=9000), *fares(four=500)]
    fitting = Fitting(accommodation=(unit("four", most=4), unit("two")))

    chosen = berths.cheapest(fitting, {"acc:two": 1, "acc:four": 1}, twice, Party())

    assert chosen == ("two",)


@settings(max_examples=400)
@given(found=types, stock=stocks, prices=price_lists, party=parties)
def test_is_as_cheap_as_the_best_of_all_choices(found, stock, prices, party):
    fitting = Fitting(accommodation=tuple(found))

    chosen = berths.cheapest(fitting, stock, fares(**prices), party)

    possible = list(_all_choices(found, stock, party))
    assert bool(chosen) == bool(possible)
    if chosen:
        assert chosen in possible
        assert _rank(chosen, found, prices) == min(_rank(each, found, prices) for each in possible)


@given(found=types, stock=stocks, prices=price_lists, party=parties)
def test_what_is_chosen_is_never_refused(found, stock, prices, party):
    fitting = Fitting(accommodation=tuple(found), pets=("kennel",))
    left = {"persons": 99, "pet:kennel": 9, **stock}
    rules = LegRules(fitting, 50, accommodation_required=True)

    chosen = berths.cheapest(fitting, left, fares(**prices), party)

    party = _with(party, chosen)
    assert bool(fits.refuse(rules, left, party)) == (not chosen)


@pytest.mark.parametrize("persons", [1, 50])
def test_is_quick_for_groups(persons):
    found = [
        unit(code, most=most)
        for code, most in zip("abcdefgh", (1, 1, 2, 2, 3, 4, 4, 6), strict=True)
    ]
    prices = {facts.code: 1000 + 700 * facts.max_occupancy for facts in found}

    started = perf_counter()
    chosen = cheapest(found, prices, Party(adults=persons), f=3, g=3, h=2)

    assert chosen
    assert perf_counter() - started < 2


def _all_choices(found, stock, party):
    """Yield every sorted tuple of units that may be sold to the party and has all the places."""
    by_code = {facts.code: facts for facts in found}
    wants = party.needs_accessible and any(facts.accessible for facts in found)
    for size in range(1, party.persons + 3):
        for codes in combinations_with_replacement(sorted(by_code), size):
            units = [by_code[code] for code in codes]
            if (
                all(codes.count(code) <= stock[f"acc:{code}"] for code in codes)
                and sum(each.min_occupancy for each in units) <= party.persons
                and sum(each.max_occupancy for each in units) >= party.persons
                and all(party.needs_accessible or not each.accessible for each in units)
                and all(each.infants_ok or not party.infants for each in units)
                and (not wants or any(each.accessible for each in units))
                and ("cabin" not in party.pets or any(each.pets_ok for each in units))
            ):
                yield codes


def _rank(codes, found, prices):
    accessible = {facts.code for facts in found if facts.accessible}
    return (
        sum(prices[code] for code in codes), sum(code in accessible for code in codes), len(codes),
    )  # fmt: skip


def _with(party, codes):
    return Party(**{**vars(party), "accommodation": codes})
