"""Another ship takes over a sailing that is sold."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable, SwapOutdated, SwapRefused
from ferries.models import PERSONS, DeckArea, Sailing
from ferries.operations.audit_capacity import audit_capacity
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from ferries.tests.harbour import CAR, live, lost, ship, states

pytestmark = pytest.mark.django_db


TRUCKISH = VehicleSize("van", length_cm=650, height_cm=400)


def test_a_dry_run_writes_nothing(harbour):
    run = makers.sailing(persons=10)
    holder = harbour.hold(run, Party(adults=3), confirmed=True)

    plan = harbour.plan(run, ship(persons=2))

    assert lost(plan) == [(holder, f"p{n}", "persons_short") for n in range(3)]
    assert plan.outcome.misfits[0].refusal.message == "Only 2 places are left; your party needs 3."
    assert live(run) == [(0, "deck:low", False, 10_000, 0), (0, PERSONS, False, 10, 3)]
    assert Sailing.objects.get().version == 1


def test_claims_move_to_the_pools_of_the_new_ship(harbour):
    run = makers.sailing(persons=10, lane_cm=2000)
    kept = harbour.hold(run, Party(adults=2, vehicle=CAR), confirmed=True)
    held = harbour.hold(run, Party())
    other = ship(persons=50, lane_cm=3000, tall_lane_cm=700)

    harbour.swap(run, other)

    assert live(run) == [
        (0, "deck:low", False, 3000, 500),
        (0, "deck:tall", False, 700, 0),
        (0, PERSONS, False, 50, 3),
    ]
    assert states(kept) == [
        ("p0", PERSONS, 1, "confirmed"),
        ("p1", PERSONS, 1, "confirmed"),
        ("v0", "deck:low", 500, "confirmed"),
    ]
    assert states(held) == [("p0", PERSONS, 1, "held")]
    run.refresh_from_db()
    assert (run.configuration, run.version) == (other, 2)
    assert not run.pools.filter(resource__startswith="gone").exists()
    assert audit_capacity() == []


def test_refuses_to_leave_somebody_out_unless_told_to(harbour):
    run = makers.sailing(persons=10)
    holder = harbour.hold(run, Party(adults=3), confirmed=True)
    small = ship(persons=2)

    with pytest.raises(SwapRefused, match="3 items of 1 bookings do not fit"):
        harbour.swap(run, small)
    unchanged = states(holder)
    harbour.swap(run, small, displace=True)

    assert {state for *_, state in unchanged} == {"confirmed"}
    assert states(holder) == [(f"p{n}", "gone1:persons", 1, "displaced") for n in range(3)]
    assert live(run) == [(0, "deck:low", False, 10_000, 0), (0, PERSONS, False, 2, 0)]
    assert audit_capacity() == []


def test_confirmed_before_held_and_earlier_before_later(harbour):
    run = makers.sailing(persons=10)
    first, second = harbour.hold(run, Party()), harbour.hold(run, Party())
    paid_last = harbour.hold(run, Party(), confirmed=True)

    plan = harbour.plan(run, ship(persons=2))

    assert [fit.claimed.holder for fit in plan.outcome.fits] == [paid_last, first]
    assert lost(plan) == [(second, "p0", "persons_short")]


def test_a_party_without_places_loses_its_vehicle_too_which_leaves_room(harbour):
    run = makers.sailing(persons=10, lane_cm=1000)
    crowd = harbour.hold(run, Party(adults=3, vehicle=CAR))
    pair = harbour.hold(run, Party(adults=2, vehicle=CAR))

    plan = harbour.plan(run, ship(persons=2, lane_cm=500))

    assert {holder for holder, *_ in lost(plan)} == {crowd}
    assert {fit.claimed.holder for fit in plan.outcome.fits} == {pair}


def test_an_item_is_planned_over_the_sectors_that_it_takes(harbour):
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*ports, persons=10)
    early = harbour.hold(run, Party(adults=2), start=0, to=1)
    late = harbour.hold(run, Party(adults=2), start=1, to=2)
    through = harbour.hold(run, Party(), start=0, to=2)

    plan = harbour.swap(run, ship(persons=2), displace=True)

    assert lost(plan) == [(through, "p0", "persons_short")]
    assert {fit.claimed.holder for fit in plan.outcome.fits} == {early, late}
    assert [row[3:] for row in live(run) if row[1] == PERSONS] == [(2, 2), (2, 2)]


def test_new_holds_that_fit_are_taken_along(harbour):
    run = makers.sailing(persons=10)
    plan = harbour.plan(run, ship(persons=5))
    late = harbour.hold(run, Party(adults=2))

    harbour.apply(plan)

    assert states(late) == [("p0", PERSONS, 1, "held"), ("p1", PERSONS, 1, "held")]


def test_a_plan_that_would_end_differently_now_is_answered_with_the_new_one(harbour):
    run = makers.sailing(persons=10)
    plan = harbour.plan(run, ship(persons=1))
    late = harbour.hold(run, Party(adults=2))

    with pytest.raises(SwapOutdated) as caught:
        harbour.apply(plan, displace=True)

    assert {holder for holder, *_ in lost(caught.value.plan)} == {late}
    assert Sailing.objects.get().version == 1
    assert {state for *_, state in states(late)} == {"held"}


def test_a_plan_is_carried_out_once(harbour):
    run = makers.sailing()
    plan = harbour.plan(run, ship())
    harbour.apply(plan)

    with pytest.raises(SwapOutdated):
        harbour.apply(plan)

    assert Sailing.objects.get().version == 2


def test_a_hold_planned_on_the_old_ship_finds_nothing_there(harbour, now):
    run = makers.sailing(persons=10, lane_cm=1000)
    needs = inventory.plan(makers.leg(run), Party(vehicle=CAR), now=now)
    lower = ship(persons=10, lane_cm=1000)
    DeckArea.objects.filter(configuration=lower).update(clear_height_cm=120)
    harbour.swap(run, lower)

    with pytest.raises(CapacityTaken), transaction.atomic():
        inventory.take(needs, holder=uuid.uuid4(), expires_at=now, now=now)
    with pytest.raises(NotBookable) as caught:
        inventory.plan(makers.leg(run), Party(vehicle=CAR), now=now)

    assert caught.value.details["refusals"][0]["code"] == "too_high"


def test_late_money_for_displaced_or_lapsed_space_is_refused(harbour, now):
    run = makers.sailing(persons=10, lane_cm=1000)
    displaced = harbour.hold(run, Party(vehicle=CAR))
    lapsed = harbour.hold(run, Party())
    inventory.release(lapsed, now=now)
    harbour.swap(run, ship(persons=10, lane_cm=0), displace=True)

    with pytest.raises(NotBookable) as caught:
        inventory.confirm(displaced, now=now)
    with pytest.raises(NotBookable):
        inventory.confirm(lapsed, now=now)

    assert caught.value.details["refusals"][0]["code"] == "hold_displaced"
    assert audit_capacity() == []


def test_lapsed_holds_do_not_go_along(harbour, now):
    run = makers.sailing(persons=10)
    harbour.now = now - timedelta(hours=1)
    over = harbour.hold(run, Party(adults=2))
    harbour.now = now

    plan = harbour.swap(run, ship(persons=1))

    assert plan.outcome.fits == ()
    assert {state for *_, state in states(over)} == {"released"}


def test_a_sailing_without_a_ship_gets_one(harbour):
    run = makers.sailing(persons=10)
    run.pools.all().delete()
    Sailing.objects.update(configuration=None)

    harbour.swap(run, ship(persons=7, lane_cm=0))

    assert live(run) == [(0, PERSONS, False, 7, 0)]


def test_refuses_what_is_over_and_ships_of_others(harbour):
    run = makers.sailing()
    foreign = makers.configuration(makers.operator("RED"))

    with pytest.raises(SwapRefused, match="belongs to another operator"):
        harbour.plan(run, foreign)
    Sailing.objects.update(status="cancelled")
    with pytest.raises(SwapRefused, match="departed or is cancelled"):
        harbour.plan(run, ship())
