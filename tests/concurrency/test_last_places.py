"""Many clients want the last places at the same moment: exactly what fits is sold.

Every client has a connection of its own and waits for all others between reading what is left
and taking it. The control takes without the guard in the same harness and must oversell.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable
from ferries.models import PERSONS, CapacityClaim, CapacityPool
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 32
TRIES = 3


def legs(*runs):
    return [makers.leg(run) for run in runs]


def hold(wanted, party, wait):
    """Hold the legs as a booking does: plan, take, and when beaten reap and plan again."""
    now = clock.now()
    for attempt in range(TRIES):
        try:
            needs = [need for leg in wanted for need in inventory.plan(leg, party, now=now)]
        finally:
            if attempt == 0:
                wait()
        try:
            with transaction.atomic():
                expires_at = now + timedelta(minutes=15)
                inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)
        except CapacityTaken:
            inventory.reap({need.pool_id for need in needs}, now=now)
        else:
            return
    raise NotBookable([{"code": "sold_out", "message": "The last places were just taken."}])


def hold_without_guard(wanted, party, wait):
    """Hold as a careless program does: read, check, write."""
    (leg,) = wanted
    pool = CapacityPool.objects.get(sailing=leg.sailing_id, resource=PERSONS)
    wait()
    if pool.authorised - pool.used < party.persons:
        raise NotBookable([{"code": "sold_out", "message": "Sold out."}])
    with transaction.atomic():
        CapacityPool.objects.filter(pk=pool.pk).update(used=pool.used + party.persons)
        CapacityClaim.objects.create(
            pool=pool,
            holder=uuid.uuid4(),
            item="p0",
            amount=party.persons,
            expires_at=clock.now() + timedelta(minutes=15),
        )


def run_clients(jobs: list[Callable[[Callable[[], None]], None]]) -> list[BaseException | None]:
    """Run one job per client, all at once, and return what each raised."""
    barrier = threading.Barrier(len(jobs), timeout=30)

    def client(job):
        # Beside the pool of the process, which has fewer connections than there are clients.
        options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        try:
            job(barrier.wait)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(client, job) for job in jobs]
    return [future.exception() for future in futures]


def sell(taker, wanted, parties):
    """Let one client for each party take the legs; return the parties sold and refused."""
    outcomes = run_clients(
        [lambda wait, party=party: taker(wanted, party, wait) for party in parties]
    )
    others = [error for error in outcomes if error and not isinstance(error, NotBookable)]
    assert others == []
    pairs = list(zip(parties, outcomes, strict=True))
    return [party for party, error in pairs if not error], [party for party, e in pairs if e]


def claimed(run, resource):
    claims = CapacityClaim.objects.filter(
        pool__sailing=run, pool__resource=resource, state__in=["held", "confirmed"]
    )
    return claims.aggregate(total=Sum("amount"))["total"] or 0


def used(run, resource):
    return run.pools.get(resource=resource).used


def test_sells_exactly_the_last_places():
    run = makers.sailing(persons=10)

    sold, refused = sell(hold, legs(run), [Party()] * CLIENTS)

    assert (len(sold), len(refused)) == (10, 22)
    assert claimed(run, PERSONS) == used(run, PERSONS) == 10


def test_sells_exactly_the_last_lane_metres():
    run = makers.sailing(persons=1000, lane_cm=1700)
    car = VehicleSize("car", length_cm=450, height_cm=150)

    sold, refused = sell(hold, legs(run), [Party(vehicle=car)] * CLIENTS)

    assert (len(sold), len(refused)) == (3, 29)
    assert claimed(run, "deck:low") == used(run, "deck:low") == 1500
    assert claimed(run, PERSONS) == used(run, PERSONS) == 3


def test_parties_of_any_size_leave_no_place_that_a_refused_one_could_have_had():
    run = makers.sailing(persons=40)
    parties = [Party(adults=1 + index % 5) for index in range(CLIENTS)]

    sold, refused = sell(hold, legs(run), parties)

    taken = sum(party.persons for party in sold)
    assert claimed(run, PERSONS) == used(run, PERSONS) == taken <= 40
    assert all(taken + party.persons > 40 for party in refused)


def test_sells_places_of_expired_holds_exactly_once():
    run = makers.sailing(persons=10)
    (leg,) = legs(run)
    past = clock.now() - timedelta(hours=1)
    with transaction.atomic():
        needs = inventory.plan(leg, Party(adults=10), now=past)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=past, now=past)

    sold, refused = sell(hold, [leg], [Party()] * CLIENTS)

    assert (len(sold), len(refused)) == (10, 22)
    assert claimed(run, PERSONS) == used(run, PERSONS) == 10


def test_journeys_in_opposite_order_never_lock_each_other_out():
    there, back = makers.sailing(persons=CLIENTS), makers.sailing(persons=CLIENTS)
    one_way, other_way = legs(there, back), legs(back, there)

    outcomes = run_clients(
        [
            lambda wait, wanted=wanted: hold(wanted, Party(), wait)
            for wanted in (one_way, other_way) * (CLIENTS // 2)
        ]
    )

    assert outcomes == [None] * CLIENTS
    assert used(there, PERSONS) == used(back, PERSONS) == CLIENTS


def test_confirming_racing_reaping_keeps_the_sums():
    run = makers.sailing(persons=CLIENTS)
    (leg,) = legs(run)
    past = clock.now() - timedelta(hours=1)
    holders = [uuid.uuid4() for _ in range(CLIENTS // 2)]
    for holder in holders:
        with transaction.atomic():
            needs = inventory.plan(leg, Party(), now=past)
            inventory.take(needs, holder=holder, expires_at=past, now=past)
    pools = [pool.pk for pool in run.pools.all()]

    def confirm(holder):
        def job(wait):
            wait()
            inventory.confirm(holder, now=clock.now())

        return job

    def reap(wait):
        wait()
        inventory.reap(pools, now=clock.now())

    outcomes = run_clients([job for holder in holders for job in (confirm(holder), reap)])

    assert outcomes == [None] * CLIENTS
    assert claimed(run, PERSONS) == used(run, PERSONS) == CLIENTS // 2


def test_the_harness_sees_an_oversold_ship():
    run = makers.sailing(persons=10)

    sold, _ = sell(hold_without_guard, legs(run), [Party()] * CLIENTS)

    assert len(sold) > 10
    assert claimed(run, PERSONS) == len(sold)
