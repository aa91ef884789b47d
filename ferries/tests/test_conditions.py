"""What cancelling, amending and not showing up cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ferries import conditions
from ferries.conditions import Band, Charge, Departures, Line, Terms

FREE = Band("free", from_hours=336, charge="none", sentence="Free until 14 days before departure.")
QUARTER = Band("quarter", from_hours=168, to_hours=336, percent=25, sentence="A quarter is kept.")
HALF = Band("half", from_hours=12, to_hours=168, percent=50, sentence="Half is kept.")
ALL = Band("all", to_hours=12, percent=100, sentence="Nothing is refunded.")
BANDS = (FREE, QUARTER, HALF, ALL)
DEPARTS = datetime(2027, 5, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ADULT = Line(0, "p0", "passenger", "Adult", 1000)
CHILD = Line(0, "p1", "passenger", "Child", 500)
CAR = Line(0, "v0", "vehicle", "Car", 2500)
FUEL = Line(0, "v0", "surcharge", "Fuel", 300)


def back(line):
    return replace(line, leg=1)


def off(item, amount):
    return Line(0, item, "discount", "Offer", -amount)


def charges(
    *lines,
    bands=BANDS,
    before=DAY,
    action="cancel",
    always=(),
    first=DEPARTS,
    outbound=DEPARTS,
):
    """Return the charges so long before the first leg's departure; the second is a week later."""
    legs = {0: DEPARTS, 1: DEPARTS + WEEK}
    return conditions.charges(
        lines,
        terms=dict.fromkeys(legs, Terms(bands=tuple(bands), always_refunded=always)),
        departures={leg: Departures(own, first, outbound) for leg, own in legs.items()},
        now=DEPARTS - before,
        action=action,
    )


def kept(*lines, **values):
    return [each.charge for each in charges(*lines, **values)]


@pytest.mark.parametrize(
    ("before", "band", "charge"),
    [
        (timedelta(days=14), "free", 0),
        (timedelta(days=14, microseconds=-1), "quarter", 276),
        (timedelta(days=7), "quarter", 276),
        (timedelta(days=7, seconds=-1), "half", 553),
        (timedelta(hours=12), "half", 553),
        (timedelta(hours=12, seconds=-1), "all", 1105),
        (timedelta(microseconds=1), "all", 1105),
        (timedelta(0), "departed", 1105),
        (timedelta(hours=-1), "departed", 1105),
    ],
)
@pytest.mark.parametrize("bands", [BANDS, BANDS[::-1]], ids=["falling", "rising"])
def test_bands_include_their_lower_bound(before, band, charge, bands):
    (result,) = charges(replace(ADULT, amount=1105), before=before, bands=bands)

    assert (result.band, result.charge, result.refund) == (band, charge, 1105 - charge)


def test_tells_line_band_hours_sentence_and_medium():
    voucher = replace(HALF, medium="voucher")

    (result,) = charges(ADULT, bands=[voucher], before=timedelta(hours=30, minutes=59))

    assert result == Charge(
        leg=0, item="p0", kind="passenger", label="Adult", band="half", hours=30,
        base=1000, charge=500, refund=500, sentence="Half is kept.", medium="voucher",
    )  # fmt: skip


def test_keeps_the_order_of_the_lines():
    result = charges(back(CAR), off("v0", 100), ADULT, CAR)

    assert [(each.leg, each.item, each.base) for each in result] == [
        (1, "v0", 2500),
        (0, "v0", -100),
        (0, "p0", 1000),
        (0, "v0", 2500),
    ]


def test_without_conditions_nothing_is_refunded():
    (result,) = charges(ADULT, bands=(), before=timedelta(days=30))

    assert (result.band, result.hours, result.refund) == ("no_conditions", 720, 0)
    assert result.sentence == "The fare allows no refund."


def test_a_gap_between_bands_refunds_nothing():
    (result,) = charges(ADULT, bands=(FREE, ALL), before=timedelta(hours=20))

    assert (result.band, result.refund) == ("no_conditions", 0)


def test_hours_are_absolute_over_the_night_when_clocks_change():
    zone = ZoneInfo("America/Los_Angeles")
    departs_at = datetime(2026, 11, 1, 12, tzinfo=zone).astimezone(UTC)
    day_before = datetime(2026, 10, 31, 12, tzinfo=zone).astimezone(UTC)

    (result,) = conditions.charges(
        [ADULT],
        terms={0: Terms(bands=BANDS)},
        departures={0: Departures(departs_at, departs_at, departs_at)},
        now=day_before,
    )

    assert result.hours == 25


@pytest.mark.parametrize(
    ("reference", "band"), [("own", "half"), ("first", "all"), ("outbound", "quarter")]
)
def test_counts_from_the_departure_that_the_band_names(reference, band):
    bands = [replace(each, reference=reference) for each in BANDS]

    (result,) = charges(
        ADULT, bands=bands, first=DEPARTS - timedelta(hours=20), outbound=DEPARTS + WEEK
    )

    assert result.band == band


def test_own_hours_differ_by_leg():
    result = charges(ADULT, back(ADULT))

    assert [(each.band, each.hours) for each in result] == [("half", 24), ("quarter", 192)]


def test_keeps_all_once_the_departure_it_counts_from_has_passed():
    bands = [replace(each, reference="first") for each in BANDS]

    (result,) = charges(back(ADULT), bands=bands, before=timedelta(0), always=("surcharge",))

    assert (result.band, result.hours, result.charge) == ("departed", 168, 1000)
    assert result.sentence.startswith("The journey has begun")


def test_always_refunded_kinds_come_back_until_departure():
    result = charges(ADULT, FUEL, before=SECOND, always=("surcharge",))
    departed = charges(FUEL, before=timedelta(0), always=("surcharge",))

    assert [each.refund for each in result] == [0, 300]
    assert result[1].band == "always_refunded"
    assert [each.refund for each in departed] == [0]


def test_an_amendment_fee_is_charged_on_surcharges_too():
    fee = Band("fee", action="amend", percent=10)

    assert kept(FUEL, bands=[fee], action="amend", always=("surcharge",)) == [30]


@pytest.mark.parametrize("before", [timedelta(minutes=10), timedelta(0), timedelta(hours=-3)])
def test_a_no_show_is_charged_by_its_own_bands(before):
    bands = [*BANDS, Band("lost-deposit", action="no_show", percent=25)]

    (result,) = charges(ADULT, bands=bands, action="no_show", before=before)

    assert (result.band, result.hours, result.charge) == ("lost-deposit", 0, 250)


def test_a_no_show_without_bands_loses_everything():
    assert kept(ADULT, FUEL, action="no_show", before=timedelta(0), always=("surcharge",)) == [
        1000,
        300,
    ]


def test_bands_that_name_a_kind_come_before_general_ones():
    bands = [ALL, replace(FREE, from_hours=0, components=("passenger", "pet"))]

    assert kept(ADULT, CAR, bands=bands, before=timedelta(hours=1)) == [0, 2500]


def test_a_named_kind_never_falls_back_to_general_bands():
    bands = [replace(ALL, charge="none", to_hours=None), replace(FREE, components=("vehicle",))]

    assert kept(ADULT, CAR, bands=bands) == [0, 2500]


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        ("item", [300, 300, 300, 300, 300]),
        ("sailing", [75, 38, 187, 86, 214]),
        ("booking", [40, 20, 100, 40, 100]),
        ("person", [43, 300, 107, 43, 107]),
    ],
)
def test_a_flat_amount_counts_once_for_each(per, expected):
    flat = Band("fee", charge="flat", amount=300, per=per)
    lines = [ADULT, CHILD, CAR, back(ADULT), back(CAR)]

    assert kept(*lines, bands=[flat]) == expected


def test_a_flat_amount_is_never_above_the_price():
    flat = Band("fee", charge="flat", amount=5000, per="booking")

    assert kept(ADULT, CHILD, bands=[flat]) == [1000, 500]


def test_per_person_the_vehicle_bears_the_fee_of_a_driver_who_rides_free():
    flat = Band("fee", charge="flat", amount=300, per="person")
    driver = replace(ADULT, amount=0)

    assert kept(driver, CHILD, CAR, bands=[flat]) == [0, 300, 300]


def test_per_person_a_vehicle_alone_has_no_fee_and_no_limits():
    flat = Band("fee", charge="flat", amount=300, per="person")
    share = Band("share", percent=10, minimum=500, maximum=600, per="person")

    assert kept(CAR, bands=[flat]) == [0]
    assert kept(CAR, bands=[share]) == [250]


@pytest.mark.parametrize(
    ("per", "expected"),
    [("item", [400, 400, 400]), ("booking", [100, 50, 250]), ("sailing", [100, 50, 250])],
)
def test_a_minimum_counts_once_for_each(per, expected):
    assert (
        kept(ADULT, CHILD, CAR, bands=[Band("low", percent=10, minimum=400, per=per)]) == expected
    )


@pytest.mark.parametrize(
    ("per", "expected"), [("item", [600, 400, 600]), ("booking", [150, 75, 375])]
)
def test_a_maximum_counts_once_for_each(per, expected):
    assert (
        kept(ADULT, CHILD, CAR, bands=[Band("cap", percent=80, maximum=600, per=per)]) == expected
    )


def test_a_percentage_of_the_booking_is_rounded_once():
    odd = [replace(ADULT, item=f"p{index}", amount=33) for index in range(3)]

    assert kept(*odd, bands=[replace(HALF, per="item")]) == [17, 17, 17]
    assert kept(*odd, bands=[replace(HALF, per="booking")]) == [17, 17, 16]


EARLY_FEE = Band("early", from_hours=72, charge="flat", amount=200, per="booking")
LATE_FEE = Band("late", to_hours=72, charge="flat", amount=500, per="booking")


def test_a_booking_with_legs_in_two_bands_pays_the_dearer_fee_once():
    assert kept(ADULT, back(ADULT), bands=[EARLY_FEE, LATE_FEE]) == [500, 0]


def test_a_dear_fee_is_not_taken_from_lines_that_owe_a_smaller_one():
    cheap = replace(ADULT, amount=100)

    assert kept(cheap, back(CAR), bands=[EARLY_FEE, LATE_FEE]) == [8, 192]


def test_a_flat_fee_and_a_percentage_in_one_booking_add_up():
    late = Band("late", to_hours=72, percent=50, per="booking")

    assert kept(ADULT, back(CAR), bands=[EARLY_FEE, late]) == [500, 200]


def test_a_maximum_of_one_leg_protects_only_its_lines():
    early = Band("early", from_hours=72, percent=50, maximum=100, per="booking")
    late = Band("late", to_hours=72, percent=100, per="booking")

    assert sum(kept(ADULT, back(CAR), bands=[early, late])) == 1100


def test_legs_of_two_fare_families_pay_their_own_fees():
    flat = Band("fee", charge="flat", amount=300, per="booking")

    result = conditions.charges(
        [ADULT, back(ADULT)],
        terms={0: Terms("economy", (flat,)), 1: Terms("flexi", (flat,))},
        departures=dict.fromkeys((0, 1), Departures(DEPARTS, DEPARTS, DEPARTS)),
        now=DEPARTS - DAY,
    )

    assert [each.charge for each in result] == [300, 300]


def test_fees_for_different_components_add_up():
    bands = [
        Band("people", charge="flat", amount=100, per="booking", components=("passenger",)),
        Band("vehicles", charge="flat", amount=200, per="booking", components=("vehicle",)),
    ]

    assert kept(ADULT, CAR, bands=bands) == [100, 200]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([CAR, off("v0", 500)], [1250, -250]),
        ([CAR, off("v0", 1)], [1251, -1]),
        ([CAR, FUEL, off("v0", 500)], [1250, 0, -250]),
        ([CAR, FUEL, off("v0", 2600)], [2500, 0, -2500]),
        ([ADULT, CAR, off("b0", 700)], [500, 1250, -350]),
        ([ADULT, CAR, back(CAR), off("p0", 1200)], [1000, 1250, 625, -1100]),
        ([ADULT, off("p0", 1000)], [1000, -1000]),
        ([ADULT, off("p0", 1500)], [1000, -1500]),
        ([off("p0", 100)], [-100]),
    ],
    ids=[
        "own-item",
        "one-cent",
        "fare-first",
        "then-surcharge",
        "leg",
        "leg-after-item",
        "free",
        "more",
        "alone",
    ],
)
def test_a_discount_lowers_what_is_charged(lines, expected):
    result = charges(*lines, before=DAY, always=("surcharge",))

    assert [each.charge for each in result] == expected


def test_a_discount_that_eats_into_surcharges_lowers_their_refund():
    car, fuel, offer = charges(CAR, FUEL, off("v0", 2600), always=("surcharge",))

    assert (car.refund, fuel.refund, offer.refund) == (0, 300, -100)


def test_a_discount_tells_the_band_of_what_it_reduces():
    *_, own = charges(FUEL, CAR, off("v0", 500), always=("surcharge",))
    *_, common = charges(
        CAR, ADULT, off("b0", 500), bands=[HALF, replace(ALL, components=("passenger",))]
    )

    assert (own.band, own.sentence) == ("half", "Half is kept.")
    assert common.band == "half"


def test_reads_the_conditions_of_old_bookings():
    old = [
        {"code": "late", "from_hours": 0, "to_hours": 24, "charge_percent": 50, "sentence": "Half."}
    ]

    assert conditions.terms_from_json(old) == Terms(
        bands=(Band("late", to_hours=24, percent=50, sentence="Half."),)
    )
    assert conditions.terms_from_json([]) == Terms()
