"""Another ship takes over a sailing that is sold."""

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable, SailingBusy, SwapOutdated, SwapRefused
from ferries.models import (
    PERSONS,
    AccommodationType,
    CapacityClaim,
    CapacityPool,
    CustomerGroup,
    DeckArea,
    PetSpace,
    Sailing,
)
from ferries.operations.allot import allot
from ferries.operations.audit_capacity import audit_capacity
from ferries.operations.swap_vessel import apply_swap, plan_swap
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db

CAR = VehicleSize("car", length_cm=450, height_cm=150)
TRUCKISH = VehicleSize("van", length_cm=650, height_cm=400)


@pytest.fixture
def now():
    return clock.now()


class Harbour:
    """Who holds what vehicle, as the bookings floor knows it."""

    def __init__(self, now):
        self.now = now
        self.sizes = {}

    def hold(self, run, party, *, confirmed=False, **ends):
        holder = uuid.uuid4()
        with transaction.atomic():
            needs = inventory.plan(makers.leg(run, **ends), party, now=self.now)
            expires_at = self.now + timedelta(minutes=15)
            inventory.take(needs, holder=holder, expires_at=expires_at, now=self.now)
        if confirmed:
            inventory.confirm(holder, now=self.now)
        if party.vehicle:
            self.sizes[holder, "v0"] = party.vehicle
        return holder

    def sizes_of(self, holders):
        return {key: size for key, size in self.sizes.items() if key[0] in holders}

    def plan(self, run, ship):
        run = Sailing.objects.select_related("operator").get(pk=run.pk)
        return plan_swap(run, ship, sizes=self.sizes_of, now=self.now)

    def apply(self, plan, *, displace=False):
        return apply_swap(
            plan, displace=displace, sizes=self.sizes_of, actor="staff:1", now=self.now
        )

    def swap(self, run, ship, *, displace=False):
        return self.apply(self.plan(run, ship), displace=displace)


@pytest.fixture
def harbour(now):
    return Harbour(now)


def ship(**values):
    return makers.configuration(makers.operator(), **values)


def rooms(fitting, code="inside", units=2, **values):
    facts = {"name": code.title(), "kind": "cabin", "max_occupancy": 4, **values}
    return AccommodationType.objects.create(configuration=fitting, code=code, units=units, **facts)


def add_pools(run, resource, amount):
    for sector in range(run.calls.count() - 1):
        CapacityPool.objects.create(
            sailing=run, sector=sector, resource=resource, physical=amount, authorised=amount
        )


def live(run):
    """Return (sector, resource, share or not, authorised, used) of the rows that are sold from."""
    pools = run.pools.exclude(resource__startswith="gone").order_by("sector", "resource", "pk")
    return [(p.sector, p.resource, bool(p.allotment_id), p.authorised, p.used) for p in pools]


def states(holder):
    claims = CapacityClaim.objects.filter(holder=holder).order_by("item", "pk")
    return [(claim.item, claim.pool.resource, claim.amount, claim.state) for claim in claims]


def lost(plan):
    return [
        (bad.claimed.holder, bad.claimed.item, bad.refusal.code) for bad in plan.outcome.misfits
    ]


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
    add_pools(run, "weight:low", 9000)
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
    add_pools(run, "acc:inside", 2)
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
    add_pools(run, "acc:inside", 2)
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
        add_pools(run, f"pet:{kind}", 2)
    holder = harbour.hold(run, Party(pets=("kennel", "kennel", "deck")))
    other = ship()
    PetSpace.objects.create(configuration=other, kind="kennel", places=1)

    plan = harbour.plan(run, other)

    assert lost(plan) == [(holder, "x1", "pet_places_short"), (holder, "x2", "pet_place_unknown")]


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


def share(run, amount, now, code="residents"):
    group, _ = CustomerGroup.objects.get_or_create(
        operator=run.operator, code=code, defaults={"name": code.title()}
    )
    return allot(
        run, group=group, resource=PERSONS, amount=amount, release_at=now + timedelta(days=1),
        now=now,
    )  # fmt: skip


def test_allotments_stay_where_the_new_ship_has_the_space(harbour, now):
    run = makers.sailing(persons=10)
    share(run, 4, now)
    member = harbour.hold(run, Party(adults=2, group="residents"), confirmed=True)
    harbour.hold(run, Party(adults=3))

    plan = harbour.swap(run, ship(persons=8))

    assert plan.shrunk == ()
    assert live(run)[1:] == [(0, PERSONS, False, 4, 3), (0, PERSONS, True, 4, 2)]
    assert {state for *_, state in states(member)} == {"confirmed"}


def test_an_allotment_shrinks_before_anybody_who_is_booked_is_left_out(harbour, now):
    run = makers.sailing(persons=20)
    older, newer = share(run, 5, now), share(run, 5, now, code="agents")
    harbour.hold(run, Party(adults=2, group="agents"))
    harbour.hold(run, Party(adults=6))

    plan = harbour.swap(run, ship(persons=11))

    assert [(each.share.pk, each.share.amount, each.amount) for each in plan.shrunk] == [
        (newer.pk, 5, 2),
        (older.pk, 5, 3),
    ]
    assert live(run)[1:] == [
        (0, PERSONS, False, 6, 6),
        (0, PERSONS, True, 3, 0),
        (0, PERSONS, True, 2, 2),
    ]
    newer.refresh_from_db()
    assert newer.amount == 2
    assert audit_capacity() == []


def test_a_share_of_something_that_the_ship_lacks_is_nothing_any_more(harbour, now):
    run = makers.sailing(persons=20)
    group = CustomerGroup.objects.create(operator=run.operator, code="agents", name="Agents")
    kept = allot(
        run, group=group, resource="deck:low", amount=500, release_at=now + timedelta(days=1),
        now=now,
    )  # fmt: skip

    plan = harbour.swap(run, ship(persons=20, lane_cm=0))

    assert [(each.share.group, each.amount) for each in plan.shrunk] == [("Agents", 0)]
    kept.refresh_from_db()
    assert kept.amount == 0
    assert audit_capacity() == []


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


class Traffic:
    """Clients that hold, confirm and give back, and one that swaps the ship, all at once."""

    def __init__(self, harbour, run, ships):
        self.harbour, self.run, self.ships = harbour, run, ships
        self.until = time.monotonic() + 4
        self.sold = []
        self.swaps = 0

    def repeat(self, act, *, until_done=lambda: True):
        """Act for four seconds, and longer while the machine was too busy for what is waited for."""
        try:
            while time.monotonic() < self.until or not until_done():
                act()
        finally:
            connection.close()

    def client(self, seed):
        dice = random.Random(seed)
        self.repeat(lambda: self.sell(dice))

    def sell(self, dice):
        party = Party(adults=dice.randint(1, 3), vehicle=dice.choice([None, CAR]))
        try:
            holder = self.harbour.hold(self.run, party, confirmed=dice.random() < 0.5)
        except (CapacityTaken, NotBookable):
            if self.sold:
                inventory.release(self.sold.pop(), now=self.harbour.now)
        else:
            self.sold.append(holder)

    def swapper(self):
        self.repeat(self.swap, until_done=lambda: self.swaps > 0)

    def swap(self):
        plan = self.harbour.plan(self.run, self.ships[self.swaps % len(self.ships)])
        try:
            self.harbour.apply(plan, displace=True)
        except (SwapOutdated, SailingBusy):
            return
        self.swaps += 1


@pytest.mark.django_db(transaction=True)
def test_holds_confirmations_and_cancellations_go_on_during_swaps(harbour):
    run = makers.sailing(persons=400, lane_cm=60_000)
    ships = [ship(persons=500, lane_cm=5000), ship(persons=400, lane_cm=60_000, tall_lane_cm=1000)]
    traffic = Traffic(harbour, run, ships)

    with ThreadPoolExecutor(7) as pool:
        clients = [pool.submit(traffic.client, seed) for seed in range(6)]
        clients.append(pool.submit(traffic.swapper))
    errors = [future.exception() for future in clients]

    assert errors == [None] * 7
    assert [str(each) for each in audit_capacity()] == []
    assert traffic.swaps == Sailing.objects.get().version - 1 > 0
    assert all(pool.used <= pool.authorised for pool in run.pools.all())
    for holder in traffic.sold:
        assert states(holder)
        assert {state for *_, state in states(holder)} <= {"held", "confirmed", "displaced"}
    active = CapacityClaim.objects.filter(state__in=["held", "confirmed"])
    assert not active.filter(pool__resource__startswith="gone").exists()
    counted = run.pools.aggregate(total=Sum("used"))["total"]
    assert counted == active.aggregate(total=Sum("amount"))["total"] > 0
