"""Taking, keeping and giving back of space on ships."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable
from ferries.inventory import Need
from ferries.models import PERSONS, CapacityClaim, CapacityPool, Sailing
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db

CAR = VehicleSize("car", length_cm=450, height_cm=150)


def leg(run, *, to=1, start=0):
    return makers.leg(run, start=start, to=to)


def hold(path, party, *, minutes=15, now=None):
    now = now or clock.now()
    holder = uuid.uuid4()
    with transaction.atomic():
        needs = inventory.plan(path, party, now=now)
        expires_at = now + timedelta(minutes=minutes)
        inventory.take(needs, holder=holder, expires_at=expires_at, now=now)
    return holder


def used(run):
    return {(pool.sector, pool.resource): pool.used for pool in run.pools.all()}


def refused(path, party, now=None):
    with pytest.raises(NotBookable) as caught:
        inventory.plan(path, party, now=now or clock.now())
    return caught.value.details["refusals"]


def test_takes_every_person_and_the_vehicle_with_its_gap():
    run = makers.sailing(persons=10, lane_cm=1000)

    holder = hold(leg(run), Party(adults=1, children=1, infants=1, vehicle=CAR))

    assert used(run) == {(0, PERSONS): 3, (0, "deck:low"): 500}
    claims = CapacityClaim.objects.filter(holder=holder).order_by("item")
    assert [(claim.item, claim.amount) for claim in claims] == [
        ("p0", 1), ("p1", 1), ("p2", 1), ("v0", 500),
    ]  # fmt: skip


def test_a_leg_takes_every_sector_it_crosses_and_no_other():
    stops = [makers.port(code) for code in ("AAA", "BBB", "CCC", "DDD")]
    run = makers.sailing(*stops, persons=10, lane_cm=1000)

    hold(leg(run, start=1, to=3), Party(adults=2))

    persons = [used(run)[sector, PERSONS] for sector in range(3)]
    assert persons == [0, 2, 2]


def test_plans_against_the_fullest_sector():
    stops = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*stops, persons=3)
    hold(leg(run, start=1, to=2), Party(adults=2))

    against = refused(leg(run, to=2), Party(adults=2))

    assert against == [
        {
            "code": "persons_short",
            "message": "Only 1 place is left; your party needs 2.",
            "left": 1,
            "needed": 2,
        }
    ]
    assert inventory.plan(leg(run, to=1), Party(adults=3), now=clock.now())


def test_names_every_shortage_with_numbers():
    run = makers.sailing(persons=1, lane_cm=400)

    against = refused(leg(run), Party(adults=2, vehicle=CAR))

    assert [(refusal["code"]) for refusal in against] == ["persons_short", "lane_metres_short"]
    assert (against[1]["left_cm"], against[1]["needed_cm"]) == (400, 500)
    assert not CapacityClaim.objects.exists()


def test_uses_the_tall_area_when_the_low_one_is_full():
    run = makers.sailing(lane_cm=600, tall_lane_cm=600)
    hold(leg(run), Party(vehicle=CAR))

    hold(leg(run), Party(vehicle=CAR))

    assert used(run)[0, "deck:low"] == 500
    assert used(run)[0, "deck:tall"] == 500


def test_never_splits_a_vehicle_over_two_areas():
    run = makers.sailing(lane_cm=400, tall_lane_cm=400)

    against = refused(leg(run), Party(vehicle=CAR))

    assert [refusal["code"] for refusal in against] == ["lane_metres_short"]


@pytest.mark.parametrize(
    ("status", "code"),
    [("cancelled", "cancelled"), ("stop_sale", "sale_stopped"), ("departed", "departed")],
)
def test_refuses_a_sailing_that_is_not_on_sale(status, code):
    run = makers.sailing()
    Sailing.objects.update(status=status)

    assert [refusal["code"] for refusal in refused(leg(run), Party())] == [code]


def test_refuses_a_sailing_without_a_ship():
    run = makers.sailing()
    Sailing.objects.update(configuration=None)

    assert [refusal["code"] for refusal in refused(leg(run), Party())] == ["no_vessel"]


def test_sale_closes_and_then_the_ship_departs():
    run = makers.sailing()
    path = leg(run)
    last_moment = path.departs_at - timedelta(minutes=10, seconds=1)

    closed = refused(path, Party(), now=path.departs_at - timedelta(minutes=10))

    assert inventory.plan(path, Party(), now=last_moment)
    assert closed[0]["code"] == "sale_closed"
    assert closed[0]["closes_at"] == (
        (path.departs_at - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    assert refused(path, Party(), now=path.departs_at)[0]["code"] == "departed"


def test_taking_what_is_gone_changes_nothing():
    run = makers.sailing(persons=2)
    pool = run.pools.get(resource=PERSONS)
    now = clock.now()

    with pytest.raises(CapacityTaken), transaction.atomic():
        inventory.take([Need(pool.pk, "p0", 3)], holder=uuid.uuid4(), expires_at=now, now=now)

    assert used(run)[0, PERSONS] == 0
    assert not CapacityClaim.objects.exists()


def test_all_or_nothing_over_several_pools():
    run = makers.sailing(persons=2, lane_cm=400)
    persons = run.pools.get(resource=PERSONS)
    low = run.pools.get(resource="deck:low")
    needs = [Need(persons.pk, "p0", 1), Need(low.pk, "v0", 500)]
    now = clock.now()

    with pytest.raises(CapacityTaken), transaction.atomic():
        inventory.take(needs, holder=uuid.uuid4(), expires_at=now, now=now)

    assert set(used(run).values()) == {0}


def test_the_table_itself_refuses_to_oversell():
    run = makers.sailing(persons=2)

    with pytest.raises(IntegrityError, match="capacity_pool_never_oversold"):
        CapacityPool.objects.filter(sailing=run, resource=PERSONS).update(used=3)


def test_an_expired_hold_is_free_without_a_worker():
    run = makers.sailing(persons=2)
    now = clock.now()
    hold(leg(run), Party(adults=2), minutes=5, now=now)
    later = now + timedelta(minutes=5)

    needs = inventory.plan(leg(run), Party(adults=2), now=later)

    assert len(needs) == 2
    with pytest.raises(CapacityTaken), transaction.atomic():
        inventory.take(needs, holder=uuid.uuid4(), expires_at=later, now=later)
    assert inventory.reap({need.pool_id for need in needs}, now=later) == 2
    assert used(run)[0, PERSONS] == 0
    hold(leg(run), Party(adults=2), now=later)


def test_reaps_only_what_is_over():
    run = makers.sailing(persons=4)
    now = clock.now()
    hold(leg(run), Party(adults=1), minutes=5, now=now)
    hold(leg(run), Party(adults=2), minutes=6, now=now)
    pools = [pool.pk for pool in run.pools.all()]

    reaped = inventory.reap(pools, now=now + timedelta(minutes=5))

    assert reaped == 1
    assert used(run)[0, PERSONS] == 2


def test_releases_exactly_once():
    run = makers.sailing(persons=4)
    first, other = hold(leg(run), Party(adults=2)), hold(leg(run), Party(adults=1))

    inventory.release(first, now=clock.now())
    inventory.release(first, now=clock.now())

    assert used(run)[0, PERSONS] == 1
    assert set(CapacityClaim.objects.filter(holder=first).values_list("state", flat=True)) == {
        "released"
    }
    assert CapacityClaim.objects.get(holder=other).state == "held"


def test_releases_what_was_confirmed():
    run = makers.sailing(persons=4)
    holder = hold(leg(run), Party(adults=2))
    inventory.confirm(holder, now=clock.now())

    inventory.release(holder, now=clock.now())

    assert used(run)[0, PERSONS] == 0


def test_confirms_a_hold_that_is_over_but_was_not_reaped():
    run = makers.sailing(persons=2)
    now = clock.now()
    holder = hold(leg(run), Party(adults=2), minutes=5, now=now)
    late = now + timedelta(hours=1)

    inventory.confirm(holder, now=late)
    inventory.confirm(holder, now=late)

    assert used(run)[0, PERSONS] == 2
    assert refused(leg(run), Party(), now=late)[0]["left"] == 0
    assert inventory.reap([pool.pk for pool in run.pools.all()], now=late) == 0


def test_confirming_takes_reaped_space_again():
    run = makers.sailing(persons=2, lane_cm=1000)
    now = clock.now()
    holder = hold(leg(run), Party(adults=2, vehicle=CAR), minutes=5, now=now)
    late = now + timedelta(hours=1)
    inventory.reap([pool.pk for pool in run.pools.all()], now=late)

    inventory.confirm(holder, now=late)

    assert used(run) == {(0, PERSONS): 2, (0, "deck:low"): 500}
    states = CapacityClaim.objects.filter(holder=holder).values_list("state", flat=True)
    assert set(states) == {"confirmed"}


def test_confirming_fails_whole_when_reaped_space_is_sold():
    run = makers.sailing(persons=2)
    now = clock.now()
    holder = hold(leg(run), Party(adults=2), minutes=5, now=now)
    late = now + timedelta(minutes=6)
    inventory.reap([pool.pk for pool in run.pools.all()], now=late)
    hold(leg(run), Party(adults=1), now=late)

    with pytest.raises(NotBookable) as caught:
        inventory.confirm(holder, now=late)

    assert caught.value.details["refusals"][0]["code"] == "hold_lost"
    assert used(run)[0, PERSONS] == 1
    states = CapacityClaim.objects.filter(holder=holder).values_list("state", flat=True)
    assert set(states) == {"released"}


def test_confirming_reaped_space_frees_what_others_hold_too_long():
    run = makers.sailing(persons=2)
    now = clock.now()
    holder = hold(leg(run), Party(adults=2), minutes=5, now=now)
    inventory.reap([pool.pk for pool in run.pools.all()], now=now + timedelta(minutes=5))
    hold(leg(run), Party(adults=2), minutes=1, now=now + timedelta(minutes=5))

    inventory.confirm(holder, now=now + timedelta(minutes=7))

    assert used(run)[0, PERSONS] == 2


def test_extends_only_held_claims():
    run = makers.sailing(persons=4)
    held, kept = hold(leg(run), Party()), hold(leg(run), Party())
    inventory.confirm(kept, now=clock.now())
    later = clock.now() + timedelta(hours=2)

    inventory.extend(held, expires_at=later)
    inventory.extend(kept, expires_at=later)

    assert CapacityClaim.objects.get(holder=held).expires_at == later
    assert CapacityClaim.objects.get(holder=kept).expires_at is None


def test_a_trailer_takes_length_too():
    run = makers.sailing(lane_cm=2000)
    towing = VehicleSize("car", length_cm=450, height_cm=150, trailer_length_cm=600)

    hold(leg(run), Party(vehicle=towing))

    assert used(run)[0, "deck:low"] == 1100


def test_plans_with_one_query(django_assert_num_queries):
    run = makers.sailing(lane_cm=2000)
    path = leg(run)

    with django_assert_num_queries(1):
        inventory.plan(path, Party(vehicle=CAR), now=clock.now())
