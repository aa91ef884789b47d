"""A harbour that knows who holds what vehicle, and what is seen of a sailing and its holders."""

import uuid
from datetime import timedelta

from django.db import transaction

from ferries import inventory
from ferries.models import CapacityClaim, Sailing
from ferries.operations.swap_vessel import apply_swap, plan_swap
from ferries.party import VehicleSize
from ferries.tests import makers

CAR = VehicleSize("car", length_cm=450, height_cm=150)


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


def ship(**values):
    return makers.configuration(makers.operator(), **values)


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
