"""Space that is kept for a group: who is refused it, until when, and who takes from it."""

from datetime import timedelta

import pytest

from bookings.operations.hold import hold_booking, party_of
from bookings.tests.refusing import (
    A_MOMENT,
    BEFORE,
    DAY,
    EVENING,
    HINT,
    RELEASE,
    car,
    night,
    offer_for,
    refused,
    sailing,
    ship_with,
    taken,
    wish,
)
from ferries.models import Sailing
from ferries.search import search
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


def test_names_the_release_of_a_share_that_will_help():
    run = sailing(persons=10)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    assert refused(wish(run, 2)) == [
        {
            "code": "persons_short",
            "message": "Only 1 place is left; your party needs 2.",
            "left": 1,
            "needed": 2,
            "nearest": HINT,
        }
    ]


def test_names_no_release_that_does_not_help():
    run = sailing(persons=10, lane_cm=400)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    refusals = refused(wish(run, 2, vehicle=car()))

    assert [(each["code"], each.get("nearest")) for each in refusals] == [
        ("persons_short", HINT), ("lane_metres_short", None),
    ]  # fmt: skip


def test_names_no_release_when_the_vehicle_would_then_be_too_heavy():
    run = ship_with(lane_cm=1000, total_kg=2000)
    makers.allotted(run, "deck:main", 900, release_at=RELEASE)

    (refusal,) = refused(wish(run, vehicle=car()))

    assert (refusal["code"], refusal.get("nearest")) == ("lane_metres_short", None)


def test_names_the_release_for_the_cabin_that_it_is_about():
    run = sailing()
    for code in ("inside", "window"):
        makers.accommodation(run, code, places=2)
    makers.allotted(run, "acc:inside", 1, release_at=RELEASE)
    run.pools.filter(resource="acc:window").update(authorised=0)

    refusals = refused(wish(run, 2, accommodation=["inside", "window"]))

    assert [(each["accommodation"], each.get("nearest")) for each in refusals] == [
        ("inside", HINT), ("window", None),
    ]  # fmt: skip


def test_names_the_release_of_cabins_where_everybody_needs_one():
    run = night(two=(2, 2, 900))
    makers.allotted(run, "acc:two", 2, release_at=RELEASE)

    (refusal,) = refused(wish(run, 2))

    assert (refusal["code"], refusal["nearest"]) == ("berths_short", HINT)


@pytest.mark.parametrize("closes_at", [None, EVENING - timedelta(days=2)])
def test_names_no_release_after_the_end_of_the_sale(closes_at):
    run = sailing(persons=10)
    Sailing.objects.update(sale_closes_at=closes_at)
    end = closes_at or EVENING - timedelta(minutes=10)
    makers.allotted(run, "persons", 9, release_at=end)

    assert "nearest" not in refused(wish(run, 2))[0]

    makers.allotted(run, "persons", 9, release_at=end - A_MOMENT)
    assert refused(wish(run, 2))[0]["nearest"]["kind"] == "allotment_release"


def test_a_share_is_free_for_all_from_its_release_without_a_job():
    run = sailing(persons=10)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    assert not offer_for(wish(run, 2), now=RELEASE - A_MOMENT).bookable
    assert offer_for(wish(run, 2), now=RELEASE).bookable
    booking = hold_booking(wish(run, 2), now=RELEASE)

    assert taken(booking) == {"p0 persons": 1, "p1 persons": 1}
    assert offer_for(wish(run, 2), now=RELEASE).left["persons"] == 8


def test_a_search_holds_no_longer_than_until_the_next_release_or_opening():
    now = RELEASE - timedelta(seconds=5)
    run = sailing()
    makers.allotted(run, "persons", 9, release_at=RELEASE)
    with_release = _until(wish(run), now)

    Sailing.objects.get().allotments.get().pools.all().delete()
    run.sale_opens_at = now + timedelta(seconds=3)
    run.save()

    assert with_release <= RELEASE.timestamp()
    assert _until(wish(run), now) <= (now + timedelta(seconds=3)).timestamp()


def test_members_use_their_share_first_and_one_need_may_come_from_two_rows():
    run = sailing(persons=10, lane_cm=1000)
    makers.allotted(run, "persons", 1, release_at=RELEASE)
    makers.allotted(run, "deck:low", 300, release_at=RELEASE)

    booking = hold_booking(wish(run, 2, vehicle=car(), group="Residents"), now=BEFORE)

    assert taken(booking) == {"p0 persons": 1, "p1 persons": 1, "v0 deck:low": 500}
    rows = run.pools.order_by("resource", "allotment").values_list(
        "resource", "allotment__group__code", "used"
    )
    assert list(rows) == [
        ("deck:low", "residents", 300), ("deck:low", None, 200),
        ("persons", "residents", 1), ("persons", None, 1),
    ]  # fmt: skip


def test_a_share_counts_on_the_sectors_on_which_it_is_left():
    run = sailing(stops=("AAA", "BBB", "CCC"), persons=4)
    makers.allotted(run, "persons", 3, release_at=RELEASE)
    hold_booking(wish(run, 2, group="residents"), now=BEFORE)

    members, public = wish(run, legs="0-2", group="residents"), wish(run, legs="0-2")

    assert offer_for(members, to="CCC").left["persons"] == 2
    assert offer_for(public, to="CCC").left["persons"] == 1


def _until(request, now):
    return search(
        origin="AAA", destination="BBB", day=DAY, party=party_of(request), now=now
    ).life.until
