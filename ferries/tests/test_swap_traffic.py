"""Holds, confirmations and cancellations while the ship changes."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import Sum

from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable, SailingBusy, SwapOutdated
from ferries.models import CapacityClaim, Sailing
from ferries.operations.audit_capacity import audit_capacity
from ferries.party import Party
from ferries.tests import makers
from ferries.tests.harbour import CAR, ship, states

pytestmark = pytest.mark.django_db(transaction=True)


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
