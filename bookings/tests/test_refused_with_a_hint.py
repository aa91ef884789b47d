"""A refusal names another sailing that has space for the party."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.operations.hold import hold_booking
from bookings.tests.refusing import BEFORE, EVENING, refused, sailing, wish
from ferries.errors import NotBookable
from ferries.models import FareRule, Route, Sailing
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


def other_day(days, **values):
    return sailing(EVENING + timedelta(days=days), **values)


@pytest.mark.parametrize("days", [-3, -2, -1, 1, 2, 3])
def test_names_a_sailing_up_to_three_days_away(days):
    run = sailing(persons=1)
    other = other_day(days)

    (refusal,) = refused(wish(run, 2))

    departs_at = EVENING + timedelta(days=days)
    assert refusal["nearest"] == {
        "kind": "other_sailing",
        "message": f"Space for you: the departure on {departs_at:%A}, {departs_at.day} {departs_at:%B} at 20:00.",
        "offer": f"BLUE~{other.public_id.hex}~0-1",
        "departs_at": f"{departs_at:%Y-%m-%d}T19:00:00Z",
    }


@pytest.mark.parametrize("days", [-4, 4])
def test_names_nothing_beyond_three_days(days):
    run = sailing(persons=1)
    other_day(days)

    assert "nearest" not in refused(wish(run, 2))[0]


def test_prefers_the_same_day_and_skips_what_is_full_itself():
    run = sailing(persons=1)
    sailing(EVENING + timedelta(minutes=30), persons=1)
    later = sailing(EVENING + timedelta(hours=2))
    other_day(1)

    (refusal,) = refused(wish(run, 2))

    assert refusal["nearest"]["offer"] == f"BLUE~{later.public_id.hex}~0-1"


def test_the_days_are_those_of_the_port():
    """23:30 UTC on 4 June is 5 June in London in summer: the fourth day."""
    run = sailing(persons=1)
    fourth = sailing(datetime(2027, 6, 4, 23, 30, tzinfo=UTC))

    assert "nearest" not in refused(wish(run, 2))[0]

    Sailing.objects.filter(pk=fourth.pk).update(status="cancelled")
    third = sailing(datetime(2027, 6, 4, 22, 59, tzinfo=UTC))
    assert refused(wish(run, 2))[0]["nearest"]["offer"] == f"BLUE~{third.public_id.hex}~0-1"


def test_names_no_departure_of_a_day_that_is_over_nor_one_that_has_left():
    run = sailing(persons=1)
    other_day(-1)
    sailing(EVENING - timedelta(hours=2))

    (refusal,) = refused(wish(run, 2), now=EVENING - timedelta(hours=1))

    assert "nearest" not in refusal


def test_a_cancelled_or_departed_sailing_names_another_one_too():
    run = sailing()
    other = sailing(EVENING + timedelta(hours=1))
    Sailing.objects.filter(pk=run.pk).update(status="cancelled")

    (refusal,) = refused(wish(run))

    assert (refusal["code"], refusal["nearest"]["offer"]) == (
        "cancelled", f"BLUE~{other.public_id.hex}~0-1",
    )  # fmt: skip


def test_a_refused_fare_family_names_another_day_as_well():
    run, other = sailing(persons=1), other_day(1)
    Route.objects.get().tariffs.all().delete()
    makers.family(Route.objects.get(), "eco", adult=800, order=1)
    makers.family(Route.objects.get(), "flexi", adult=1500, order=2)

    with pytest.raises(NotBookable) as caught:
        hold_booking(wish(run, 2, family="flexi"), now=BEFORE)

    (refusal,) = caught.value.details["refusals"]
    assert refusal["code"] == "persons_short"
    assert refusal["nearest"]["offer"] == f"BLUE~{other.public_id.hex}~0-1~eco"


def test_no_other_sailing_helps_where_the_fare_is_missing():
    run = sailing(persons=1)
    other_day(1)
    FareRule.objects.filter(code="adult").delete()

    refusals = refused(wish(run, 2))

    assert [(each["code"], each.get("nearest")) for each in refusals] == [
        ("no_fare", None), ("persons_short", None),
    ]  # fmt: skip
