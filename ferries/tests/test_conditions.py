"""What cancelling costs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import conditions
from ferries.conditions import Band, Charge

FREE = Band("free", 336, None, 0, "Free until 14 days before departure.")
QUARTER = Band("quarter", 168, 336, 25, "A quarter is kept.")
HALF = Band("half", 12, 168, 50, "Half is kept.")
ALL = Band("all", 0, 12, 100, "Nothing is refunded.")
BANDS = (FREE, QUARTER, HALF, ALL)
DEPARTS = datetime(2027, 5, 1, 12, tzinfo=UTC)


def charge(before, base=1105, bands=BANDS):
    return conditions.charge(bands, base=base, departs_at=DEPARTS, now=DEPARTS - before)


@pytest.mark.parametrize(
    ("before", "band", "kept"),
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
def test_bands_include_their_lower_bound(before, band, kept):
    result = charge(before)

    assert (result.band, result.charge, result.refund) == (band, kept, 1105 - kept)


def test_tells_band_hours_and_sentence():
    assert charge(timedelta(hours=30, minutes=59), base=1000) == Charge(
        band="half", hours=30, base=1000, charge=500, refund=500, sentence="Half is kept."
    )


def test_without_conditions_nothing_is_refunded():
    result = charge(timedelta(days=30), bands=())

    assert (result.band, result.charge, result.refund) == ("no_conditions", 1105, 0)


def test_a_gap_between_bands_refunds_nothing():
    result = charge(timedelta(hours=20), bands=(FREE, ALL))

    assert (result.band, result.refund) == ("no_conditions", 0)


def test_hours_are_absolute_over_the_night_when_clocks_change():
    zone = ZoneInfo("America/Los_Angeles")
    departs_at = datetime(2026, 11, 1, 12, tzinfo=zone)
    day_before = datetime(2026, 10, 31, 12, tzinfo=zone)

    result = conditions.charge(
        BANDS, base=100, departs_at=departs_at.astimezone(UTC), now=day_before.astimezone(UTC)
    )

    assert result.hours == 25


amounts = st.integers(0, 10_000_000)
moments = st.timedeltas(timedelta(days=-2), timedelta(days=60))


@st.composite
def monotone_bands(draw):
    """Bands without gaps whose charge falls with the time left."""
    edges = sorted(draw(st.sets(st.integers(1, 1000), max_size=5)))
    percents = sorted(draw(st.lists(st.integers(0, 100), min_size=6, max_size=6)), reverse=True)
    starts, ends = [0, *edges], [*edges, None]
    return [
        Band(str(index), start, end, percents[index], "")
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


@given(before=moments, base=amounts, bands=monotone_bands())
def test_charge_and_refund_make_the_price(before, base, bands):
    result = charge(before, base=base, bands=bands)

    assert result.charge + result.refund == base
    assert result.charge >= 0
    assert result.refund >= 0


@given(one=moments, other=moments, base=amounts, bands=monotone_bands())
def test_cancelling_earlier_never_costs_more(one, other, base, bands):
    earlier, later = max(one, other), min(one, other)

    assert (
        charge(earlier, base=base, bands=bands).charge
        <= charge(later, base=base, bands=bands).charge
    )
