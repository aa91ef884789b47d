"""What becomes of vehicles, cabins and pets when another ship takes over."""

import pytest

from ferries.models import PERSONS, AccommodationType, DeckArea, PetSpace
from ferries.operations.audit_capacity import audit_capacity
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from ferries.tests.harbour import CAR, live, lost, ship, states

pytestmark = pytest.mark.django_db
TRUCKISH = VehicleSize("van", length_cm=650, height_cm=400)


def rooms(fitting, code="inside", units=2, **values):
    facts = {"name": code.title(), "kind": "cabin", "max_occupancy": 4, **values}
    return AccommodationType.objects.create(configuration=fitting, code=code, units=units, **facts)


def test_the_tallest_are_stowed_first_so_that_low_cars_make_way(harbour):
    run = makers.sailing(lane_cm=1000, tall_lane_cm=700)
    low = [harbour.hold(run, Party(vehicle=CAR), confirmed=True) for _ in range(2)]
    tall = harbour.hold(run, Party(vehicle=TRUCKISH), confirmed=True)

    plan = harbour.plan(run, ship(lane_cm=500, tall_lane_cm=1200))

    assert plan.outcome.misfits == ()
    moved = {fit.claimed.holder: (fit.before, fit.after) for fit in plan.outcome.moves}
    assert list(moved.values()) == [("low", "tall")]
    assert tall not in moved
    assert set(moved) < set(low)


def test_a_vehicle_that_the_new_decks_do_not_admit_is_named_with_the_limit(harbour):
    run = makers.sailing(lane_cm=1000, tall_lane_cm=700)
    holder = harbour.hold(run, Party(vehicle=TRUCKISH), confirmed=True)

    plan = harbour.swap(run, ship(lane_cm=9000), displace=True)

    (misfit,) = plan.outcome.misfits
    assert misfit.refusal.numbers == {"height_cm": 400, "clear_height_cm": 220}
    assert states(holder) == [
        ("p0", PERSONS, 1, "confirmed"),
        ("v0", "gone1:deck:tall", 700, "displaced"),
    ]


def test_when_length_is_short_the_earlier_vehicle_stays(harbour):
    run = makers.sailing(lane_cm=2000)
    first = harbour.hold(run, Party(vehicle=CAR))
    longer = VehicleSize("car", length_cm=550, height_cm=200)
    second = harbour.hold(run, Party(vehicle=longer))

    plan = harbour.plan(run, ship(lane_cm=900))

    assert lost(plan) == [(second, "v0", "lane_metres_short")]
    assert first in {fit.claimed.holder for fit in plan.outcome.fits if fit.claimed.item == "v0"}


def test_a_vehicle_of_unknown_size_goes_where_the_limits_are_no_stricter(harbour):
    run = makers.sailing(lane_cm=1000)
    harbour.hold(run, Party(vehicle=CAR))
    harbour.sizes.clear()

    into_same = harbour.plan(run, ship(lane_cm=500))
    lower = ship(lane_cm=500)
    DeckArea.objects.filter(configuration=lower).update(clear_height_cm=200)
    into_lower = harbour.plan(run, lower)

    assert into_same.outcome.misfits == ()
    assert [code for *_, code in lost(into_lower)] == ["size_unknown"]


def test_limits_that_only_the_new_ship_has_are_claimed_from_then_on(harbour):
    run = makers.sailing(lane_cm=1000)
    driver = harbour.hold(run, Party(vehicle=CAR), confirmed=True)
    walker = harbour.hold(run, Party())
    other = ship(persons=50, lane_cm=1000)
    DeckArea.objects.filter(configuration=other).update(total_kg=10_000)
    other.foot_persons = 20
    other.save()

    harbour.swap(run, other)

    assert states(driver) == [
        ("p0", PERSONS, 1, "confirmed"),
        ("v0", "deck:low", 500, "confirmed"),
        ("v0", "weight:low", 2200, "confirmed"),
    ]
    assert states(walker) == [("p0", PERSONS, 1, "held"), ("p0", "foot", 1, "held")]
    assert (0, "weight:low", False, 10_000, 2200) in live(run)
    assert (0, "foot", False, 20, 1) in live(run)


def test_limits_that_only_the_old_ship_had_are_let_go(harbour):
    run = makers.sailing(lane_cm=1000)
    DeckArea.objects.filter(configuration=run.configuration).update(total_kg=9000)
    makers.pools(run, "weight:low", 9000)
    driver = harbour.hold(run, Party(vehicle=CAR), confirmed=True)

    harbour.swap(run, ship(lane_cm=1000))

    assert {(item, resource) for item, resource, *_ in states(driver)} == {
        ("p0", PERSONS),
        ("v0", "deck:low"),
    }
    assert audit_capacity() == []


def test_a_missing_cabin_becomes_the_nearest_that_is_as_good(harbour):
    run = makers.sailing()
    rooms(run.configuration)
    makers.pools(run, "acc:inside", 2)
    holder = harbour.hold(run, Party(accommodation=("inside",)), confirmed=True)
    other = ship()
    rooms(other, "seat", kind="seat", max_occupancy=1)
    rooms(other, "couple", max_occupancy=2)
    rooms(other, "suite", max_occupancy=6)
    rooms(other, "window", max_occupancy=4)

    plan = harbour.swap(run, other)

    (move,) = plan.outcome.moves
    assert (move.before, move.after) == ("inside", "window")
    assert ("a0", "acc:window", 1, "confirmed") in states(holder)


def test_no_cabin_is_exchanged_for_less(harbour):
    run = makers.sailing()
    rooms(run.configuration, pets_ok=True)
    makers.pools(run, "acc:inside", 2)
    harbour.hold(run, Party(accommodation=("inside",)))
    other = ship()
    rooms(other, "inside", max_occupancy=2, pets_ok=True)
    rooms(other, "window", max_occupancy=4, pets_ok=False)
    rooms(other, "wide", max_occupancy=4, accessible=True, pets_ok=True)

    plan = harbour.plan(run, other)

    assert [code for *_, code in lost(plan)] == ["accommodation_less"]


def test_pets_keep_a_place_of_their_kind(harbour):
    run = makers.sailing()
    for kind in ("kennel", "deck"):
        PetSpace.objects.create(configuration=run.configuration, kind=kind, places=2)
        makers.pools(run, f"pet:{kind}", 2)
    holder = harbour.hold(run, Party(pets=("kennel", "kennel", "deck")))
    other = ship()
    PetSpace.objects.create(configuration=other, kind="kennel", places=1)

    plan = harbour.plan(run, other)

    assert lost(plan) == [(holder, "x1", "pet_places_short"), (holder, "x2", "pet_place_unknown")]
