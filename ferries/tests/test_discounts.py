"""What groups, return journeys and offer codes take off."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import discounts
from ferries.discounts import DiscountFacts, LegPrice
from ferries.offers import PriceLine

DAY = date(2030, 6, 1)
TODAY = date(2030, 1, 10)

ADULT = PriceLine("passenger", "Adult", 1005, "p0", "1")
INFANT = PriceLine("passenger", "Infant", 0, "p1", "3")
CAR = PriceLine("vehicle", "Car", 2500, "v0", "5")
FUEL = PriceLine("surcharge", "Fuel", 200, "v0", "fuel")
CABIN = PriceLine("accommodation", "Cabin", 9000, "a0", "cab")

RESIDENT = DiscountFacts("BLUE", "group", "res", "Residents", group="residents", percent_bp=5000)
RETURN = DiscountFacts("BLUE", "return", "ret", "Return", percent_bp=1000)
DAY_RETURN = DiscountFacts("BLUE", "day_return", "day", "Day return", percent_bp=3000)
SPRING = DiscountFacts("BLUE", "offer", "SPRING", "Spring offer", percent_bp=2000)


def leg(*lines, origin="AAA", destination="BBB", day=DAY, operator="BLUE", family=""):
    return LegPrice(operator, family, origin, destination, day, lines or (ADULT,))


def back(*lines, **values):
    return leg(*lines, **{"origin": "BBB", "destination": "AAA", **values})


def cuts(legs, *found, group="", code="", booked_on=TODAY):
    """Return (item, rule, amount) of the discount lines of each leg."""
    priced = discounts.discounted(legs, found, group=group, offer_code=code, booked_on=booked_on)
    return [
        [(line.item, line.rule, line.amount) for line in lines if line.kind == "discount"]
        for lines in priced
    ]


def test_the_lines_stay_and_one_negative_line_follows_for_each_reduced_item():
    priced = discounts.discounted(
        (leg(ADULT, INFANT, CAR, FUEL, CABIN),), (SPRING,),
        group="", offer_code="spring ", booked_on=TODAY,
    )  # fmt: skip

    assert priced == (
        (
            ADULT, INFANT, CAR, FUEL, CABIN,
            PriceLine("discount", "Spring offer", -201, "p0", "SPRING"),
            PriceLine("discount", "Spring offer", -500, "v0", "SPRING"),
        ),
    )  # fmt: skip


def test_halves_of_a_percentage_are_rounded_up_once_for_each_item():
    half = replace(SPRING, percent_bp=5000)
    two = (ADULT, replace(ADULT, item="p1"))

    assert cuts((leg(*two),), half, code="SPRING") == [
        [("p0", "SPRING", -503), ("p1", "SPRING", -503)]
    ]


def test_group_then_return_then_offer_each_on_what_is_left():
    ways = (leg(), back(day=DAY + timedelta(7)))

    found = cuts(ways, SPRING, RETURN, RESIDENT, group="residents", code="SPRING")

    # 1005 - 503 = 502; - 50 = 452; - 90 = 362
    expected = [("p0", "res", -503), ("p0", "ret", -50), ("p0", "SPRING", -90)]
    assert found == [expected, expected]


@pytest.mark.parametrize("group", ["", "agents"])
def test_a_group_discount_is_for_its_members_only(group):
    assert cuts((leg(),), RESIDENT, group=group) == [[]]


def test_a_discount_without_a_group_is_no_group_discount_for_the_public():
    assert cuts((leg(),), replace(RESIDENT, group="")) == [[]]


def test_offers_need_their_code():
    assert cuts((leg(),), SPRING) == [[]]
    assert cuts((leg(),), SPRING, code="SUMMER") == [[]]


@pytest.mark.parametrize(
    "second",
    [
        leg(),
        back(operator="RED"),
        back(origin="CCC"),
        back(destination="CCC"),
    ],
)
def test_a_return_is_the_same_operator_with_swapped_ports(second):
    assert cuts((leg(), second), RETURN) == [[], []]


def test_a_single_is_no_return():
    assert cuts((leg(),), RETURN, DAY_RETURN) == [[]]


def test_the_legs_of_a_longer_journey_that_have_a_way_back_are_returns():
    through = leg(origin="BBB", destination="CCC")

    found = cuts((leg(), through, back(day=DAY + timedelta(1))), RETURN)

    assert found == [[("p0", "ret", -101)], [], [("p0", "ret", -101)]]


def test_one_leg_is_the_way_back_of_one_other_only():
    assert cuts((leg(), back(), leg()), RETURN)[2] == []


def test_a_day_return_takes_the_place_of_the_return_discount():
    same_day, later = (leg(), back()), (leg(), back(day=DAY + timedelta(1)))

    assert cuts(same_day, RETURN, DAY_RETURN) == [[("p0", "day", -302)]] * 2
    assert cuts(later, RETURN, DAY_RETURN) == [[("p0", "ret", -101)]] * 2
    assert cuts(same_day, RETURN) == [[("p0", "ret", -101)]] * 2


def test_what_the_day_return_does_not_reduce_the_return_discount_does():
    persons = replace(DAY_RETURN, components=("passenger",))

    found = cuts((leg(ADULT, CAR), back()), persons, RETURN)

    assert found[0] == [("p0", "day", -302), ("v0", "ret", -250)]


def test_in_a_stage_a_line_is_reduced_once_and_the_own_family_comes_first():
    general, flexi = RESIDENT, replace(RESIDENT, code="flex", family="flexi", percent_bp=1000)
    legs = (leg(family="flexi"), leg(family="economy"))

    found = cuts(legs, general, flexi, group="residents")

    assert found == [[("p0", "flex", -101)], [("p0", "res", -503)]]


def test_components_replace_the_fares_as_what_is_reduced():
    cabins = replace(SPRING, components=("accommodation", "surcharge"))

    found = cuts((leg(ADULT, CAR, FUEL, CABIN),), cabins, code="SPRING")

    assert found == [[("v0", "SPRING", -40), ("a0", "SPRING", -1800)]]


@pytest.mark.parametrize(
    ("values", "applies"),
    [
        ({"travel_from": DAY}, True),
        ({"travel_until": DAY}, True),
        ({"travel_from": DAY + timedelta(1)}, False),
        ({"travel_until": DAY - timedelta(1)}, False),
        ({"booking_from": TODAY, "booking_until": TODAY}, True),
        ({"booking_from": TODAY + timedelta(1)}, False),
        ({"booking_until": TODAY - timedelta(1)}, False),
        ({"family": "flexi"}, False),
        ({"operator": "RED"}, False),
    ],
)
def test_periods_include_their_ends_and_family_and_operator_must_match(values, applies):
    found = cuts((leg(family="economy"),), replace(SPRING, **values), code="SPRING")

    assert found == ([[("p0", "SPRING", -201)]] if applies else [[]])


def test_an_amount_is_spread_over_all_legs_by_largest_remainder():
    off = replace(SPRING, percent_bp=0, amount=1000)

    found = cuts((leg(ADULT, CAR, CABIN), back(ADULT)), off, code="SPRING")

    # 1000 x 1005, 2500, 1005 of 4510: 222.8, 554.3, 222.8
    assert found == [[("p0", "SPRING", -223), ("v0", "SPRING", -554)], [("p0", "SPRING", -223)]]


def test_an_amount_above_the_fare_takes_it_all_and_no_more():
    off = replace(SPRING, percent_bp=0, amount=999_999)

    assert cuts((leg(ADULT, INFANT, FUEL),), off, code="SPRING") == [[("p0", "SPRING", -1005)]]


def test_the_discount_carries_vat_in_proportion():
    taxed = replace(ADULT, amount=1240, vat=240, vat_bp=2400)
    priced = discounts.discounted(
        (leg(taxed),), (SPRING,), group="", offer_code="SPRING", booked_on=TODAY
    )

    assert priced[0][1] == PriceLine("discount", "Spring offer", -248, "p0", "SPRING", -48, 2400)


def test_an_item_with_two_vat_rates_is_rounded_once_and_has_a_line_for_each():
    fare = replace(CAR, amount=1005, vat=93, vat_bp=1000)
    toll = replace(FUEL, amount=1000, vat=194, vat_bp=2400)
    both = replace(SPRING, percent_bp=1000, components=("vehicle", "surcharge"))
    priced = discounts.discounted(
        (leg(fare, toll),), (both,), group="", offer_code="SPRING", booked_on=TODAY
    )

    # A tenth of 2005 is 201 for the item, not 101 + 100 by chance of the rates.
    assert [(line.amount, line.vat, line.vat_bp) for line in priced[0][2:]] == [
        (-101, -9, 1000),
        (-100, -20, 2400),
    ]


def test_lines_of_an_offer_with_its_group_discount_can_be_passed_as_they_are():
    known = (RESIDENT, RETURN)
    single = discounts.discounted(
        (leg(),), known, group="residents", offer_code="", booked_on=TODAY
    )[0]

    found = cuts((leg(*single), back(*single)), *known, group="residents")

    assert found == [[("p0", "res", -503), ("p0", "ret", -50)]] * 2


def test_an_amount_that_one_leg_has_already_is_not_taken_off_again():
    off = replace(SPRING, percent_bp=0, amount=1)
    first = discounts.discounted(
        (leg(), back()), (off,), group="", offer_code="SPRING", booked_on=TODAY
    )

    assert [len(lines) for lines in first] == [2, 1]
    again = (leg(*first[0]), back(*first[1]))
    assert cuts(again, off, code="SPRING") == [[("p0", "SPRING", -1)], []]


def test_a_line_that_one_discount_of_a_stage_has_reduced_already_is_not_for_another():
    first = discounts.discounted(
        (leg(),), (RESIDENT,), group="residents", offer_code="", booked_on=TODAY
    )[0]
    more = replace(RESIDENT, code="more", percent_bp=1000)

    found = cuts((leg(*first),), RESIDENT, more, group="residents")

    assert found == [[("p0", "res", -503)]]


def test_a_discount_of_the_operator_for_the_whole_leg_is_taken_off_its_fares_first():
    own = PriceLine("discount", "Club", -1000, "b0", "club")
    line = replace(ADULT, amount=3000)

    found = cuts((leg(line, replace(line, item="p1"), own),), SPRING, code="SPRING")

    assert found[0][1:] == [("p0", "SPRING", -500), ("p1", "SPRING", -500)]


def reason(code="SPRING", legs=None, found=(SPRING,), booked_on=TODAY):
    refusal = discounts.reason_against(code, legs or (leg(),), found, booked_on=booked_on)
    return refusal and (refusal.code, refusal.message)


def test_nothing_stands_against_a_code_that_reduces_the_journey():
    assert reason(" spring") is None


def test_a_code_that_nobody_knows():
    assert reason("WINTER") == (
        "offer_code_unknown",
        "We do not know the offer code WINTER. Please check it, or book without it.",
    )
    assert reason("ret", found=(RETURN,))[0] == "offer_code_unknown"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"operator": "RED"}, "The offer SPRING belongs to another ferry company."),
        (
            {"booking_from": date(2030, 2, 1), "booking_until": date(2030, 2, 28)},
            "The offer SPRING is for bookings made from 1 February 2030 until 28 February 2030.",
        ),
        (
            {"travel_until": date(2030, 5, 31)},
            "The offer SPRING is for travel until 31 May 2030.",
        ),
        ({"family": "flexi"}, "The offer SPRING is for another fare than the one you chose."),
        ({"components": ("pet",)}, "The offer SPRING takes nothing off this journey."),
    ],
)
def test_says_why_a_known_code_does_not_apply(values, message):
    assert reason(found=(replace(SPRING, **values),)) == ("offer_code_not_valid", message)


def test_the_family_that_would_do_is_among_the_numbers():
    offer = replace(SPRING, family="flexi")

    refusal = discounts.reason_against("SPRING", (leg(),), (offer,), booked_on=TODAY)

    assert refusal.numbers == {"offer_code": "SPRING", "family": "flexi"}


def test_one_operator_of_the_journey_that_takes_the_code_is_enough():
    over = replace(SPRING, operator="RED", booking_until=TODAY - timedelta(1))

    assert reason(legs=(leg(), back(operator="RED")), found=(over, SPRING)) is None


def test_a_code_that_is_taken_off_already_still_applies():
    priced = discounts.discounted(
        (leg(),), (SPRING,), group="", offer_code="SPRING", booked_on=TODAY
    )[0]

    assert reason(legs=(leg(*priced),)) is None


KINDS = ("passenger", "vehicle", "trailer", "accommodation", "pet", "surcharge", "tax")
amounts = st.integers(0, 100_000)
rates = st.sampled_from([0, 700, 1000, 2400])


@st.composite
def priced_lines(draw):
    """Return lines as pricing makes them: the contained VAT rounded half up."""
    lines = []
    for index in range(draw(st.integers(1, 5))):
        kind, amount, vat_bp = draw(st.sampled_from(KINDS)), draw(amounts), draw(rates)
        vat = int(Fraction(amount * vat_bp, 10_000 + vat_bp) + Fraction(1, 2))
        item = draw(st.sampled_from(["p0", "p1", "v0"]))
        lines.append(PriceLine(kind, "Line", amount, item, str(index), vat, vat_bp))
    return tuple(lines)


@st.composite
def any_discounts(draw):
    found = []
    for index in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["group", "return", "day_return", "offer"]))
        percent = draw(st.integers(0, 10_000))
        found.append(
            DiscountFacts(
                "BLUE", kind, "CODE" if kind == "offer" else f"{kind}{index}", "Off",
                family=draw(st.sampled_from(["", "flexi"])),
                group="residents" if kind == "group" else "",
                percent_bp=percent, amount=0 if percent else draw(st.integers(1, 200_000)),
                components=draw(st.sampled_from([(), ("passenger",), ("surcharge", "tax"), KINDS])),
            )
        )  # fmt: skip
    return tuple(found)


journeys = st.tuples(priced_lines(), priced_lines(), st.sampled_from([0, 1])).map(
    lambda values: (
        leg(*values[0], family="flexi"),
        back(*values[1], day=DAY + timedelta(values[2])),
    )
)


def everything(legs, found):
    return discounts.discounted(legs, found, group="residents", offer_code="CODE", booked_on=TODAY)


@given(legs=journeys, found=any_discounts())
def test_no_item_becomes_negative_and_the_total_never_grows(legs, found):
    for before, after in zip(legs, everything(legs, found), strict=True):
        assert after[: len(before.lines)] == before.lines
        cut = after[len(before.lines) :]
        assert all(line.kind == "discount" and line.amount < 0 for line in cut)
        for item in {line.item for line in after}:
            assert sum(line.amount for line in after if line.item == item) >= 0


@given(legs=journeys, found=any_discounts())
def test_the_vat_of_what_is_left_is_within_it_at_every_rate(legs, found):
    for lines in everything(legs, found):
        assert all(line.amount <= line.vat <= 0 for line in lines if line.kind == "discount")
        for key in {(line.item, line.vat_bp) for line in lines}:
            own = [line for line in lines if (line.item, line.vat_bp) == key]
            assert 0 <= sum(line.vat for line in own) <= sum(line.amount for line in own)


@st.composite
def one_fare_for_each_item(draw):
    kinds = {"p0": "passenger", "p1": "passenger", "v0": "vehicle", "a0": "accommodation"}
    return tuple(
        PriceLine(kind, "Line", draw(amounts), item, kind, vat_bp=draw(rates))
        for item, kind in kinds.items()
    )


@given(lines=st.tuples(one_fare_for_each_item(), one_fare_for_each_item()), found=any_discounts())
def test_applying_everything_again_changes_nothing(lines, found):
    legs = (leg(*lines[0], family="flexi"), back(*lines[1]))
    once = everything(legs, found)
    again = tuple(replace(way, lines=cut) for way, cut in zip(legs, once, strict=True))

    assert everything(again, found) == once


@given(legs=journeys, amount=st.integers(1, 1_000_000))
def test_an_amount_is_taken_off_whole_as_far_as_there_are_fares(legs, amount):
    off = replace(SPRING, percent_bp=0, amount=amount)
    fares = sum(line.amount for way in legs for line in way.lines if line.kind in discounts.FARES)

    taken = [line for way in cuts(legs, off, code="SPRING") for line in way]

    assert -sum(cut for _, _, cut in taken) == min(amount, fares)


@given(legs=journeys, percent_bp=st.integers(1, 10_000))
def test_a_percentage_takes_its_rounded_share_of_each_item(legs, percent_bp):
    found = cuts(legs, replace(SPRING, percent_bp=percent_bp, components=KINDS), code="SPRING")

    for way, taken in zip(legs, found, strict=True):
        for item in {line.item for line in way.lines}:
            whole = sum(line.amount for line in way.lines if line.item == item)
            off = -sum(cut for at, _, cut in taken if at == item)
            assert off == int(Fraction(whole * percent_bp, 10_000) + Fraction(1, 2))
