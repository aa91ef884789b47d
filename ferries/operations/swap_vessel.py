"""Let another ship or configuration take over a sailing that is sold: plan_swap, apply_swap.

The pools of the old ship are never written over. They are retired under another name with nothing
to sell, and the new ship gets rows of its own: a hold that was planned on the old decks finds
their rows empty and plans again, so nothing stands where only the old ship admitted it.
"""

import hashlib
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from ferries import inventory
from ferries.errors import SailingBusy, SwapOutdated, SwapRefused
from ferries.fitting import Fitting
from ferries.fittings import read_fittings, resources_of
from ferries.models import (
    Allotment,
    CapacityClaim,
    CapacityPool,
    PortCall,
    Sailing,
    VesselConfiguration,
)
from ferries.operations import swap_plan, swap_rows
from ferries.operations.swap_facts import Claim, Claimed, Misfit, Outcome, Ship, Sizes
from ferries.operations.swap_rows import Part, RowKey, Rows, Share, Shrunk
from ferries.signals import sailing_changed

# Resources of ships that no longer sail: "gone1:persons" is what version 1 of the sailing had.
RETIRED = "gone"
# What one thing takes of several resources.
TOGETHER = {"foot": "persons", "weight": "deck", "plugs": "deck"}
ACTIVE = (CapacityClaim.State.HELD, CapacityClaim.State.CONFIRMED)
TRIES = 10
POLLS = 20
POLL_SECONDS = 0.02

SizesOf = Callable[[Collection[UUID]], Sizes]


@dataclass(frozen=True)
class SwapPlan:
    """What a swap does to everybody who is booked, and to the allotments of the sailing."""

    sailing_id: int
    version: int
    configuration_id: int
    outcome: Outcome
    shrunk: tuple[Shrunk, ...]

    @property
    def fingerprint(self) -> str:
        """Return a digest of what staff agree to: who is left out, other cabins, smaller shares."""
        shares = [(each.share.pk, each.amount) for each in self.shrunk]
        facts = (self.version, self.configuration_id, self.outcome.consequences, shares)
        return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()

    @property
    def displaced(self) -> dict[UUID, list[Misfit]]:
        """Return what does not fit, by holder."""
        found: dict[UUID, list[Misfit]] = defaultdict(list)
        for misfit in self.outcome.misfits:
            found[misfit.claimed.holder].append(misfit)
        return dict(found)


@dataclass(frozen=True)
class _Draft:
    """A plan with the rows that carry it out."""

    plan: SwapPlan
    rows: Rows
    totals: dict[tuple[int, str], int]


def plan_swap(
    sailing: Sailing, configuration: VesselConfiguration, *, sizes: SizesOf, now: datetime
) -> SwapPlan:
    """Say what would become of everybody who is booked; a dry run that writes and locks nothing.

    `sizes` returns the vehicles of holders, which this floor does not know. Raises SwapRefused for
    a sailing that is over or another operator's ship.
    """
    _check(sailing, configuration, now=now)
    running = Q(expires_at=None) | Q(expires_at__gt=now)
    return _draft(sailing, configuration, _active(sailing.pk).filter(running), sizes).plan


def apply_swap(
    plan: SwapPlan, *, displace: bool, sizes: SizesOf, actor: str, now: datetime
) -> SwapPlan:
    """Carry the plan out in one transaction and return it as it was carried out.

    New holds that fit are taken along. Locks the sailing, its claims, its pools, each in the order
    of their ids; claims that others are changing are waited for without blocking, so that nobody
    waits in a circle. What does not fit becomes `displaced`, and only when `displace` says so.
    Sends sailing_changed. Raises SwapOutdated with the new `plan` when travellers would now be
    served otherwise than planned, SwapRefused, SailingBusy.
    """
    configuration = VesselConfiguration.objects.select_related("vessel").get(
        pk=plan.configuration_id
    )
    pools = CapacityPool.objects.filter(sailing=plan.sailing_id)
    for attempt in range(TRIES):
        inventory.reap(list(pools.values_list("pk", flat=True)), now=now)
        with transaction.atomic():
            sailing = _locked_sailing(plan.sailing_id)
            if sailing is not None:
                return _apply(
                    plan, sailing, configuration, displace=displace, sizes=sizes, actor=actor,
                    now=now,
                )  # fmt: skip
        time.sleep(random.uniform(0, POLL_SECONDS) * (attempt + 1))  # noqa: S311
    raise SailingBusy


def _check(sailing: Sailing, configuration: VesselConfiguration, *, now: datetime) -> None:
    over = (Sailing.Status.DEPARTED, Sailing.Status.CANCELLED)
    if sailing.status in over or sailing.departs_at <= now:
        raise SwapRefused("This sailing has departed or is cancelled.")
    if configuration.vessel.operator_id != sailing.operator_id:
        raise SwapRefused(f"{configuration.vessel} belongs to another operator.")


def _draft(
    sailing: Sailing,
    configuration: VesselConfiguration,
    claims: QuerySet[CapacityClaim],
    sizes: SizesOf,
) -> _Draft:
    items = _claimed(claims)
    fittings = read_fittings({configuration.pk, sailing.configuration_id or configuration.pk})
    totals = _totals(sailing, configuration)
    ship = Ship(fittings[configuration.pk], sailing.operator.vehicle_gap_cm, totals)
    before = fittings[sailing.configuration_id] if sailing.configuration_id else Fitting()
    known = sizes({each.holder for each in items}) if items else {}
    outcome = swap_plan.plan(items, ship=ship, before=before, sizes=known)
    shares = [
        Share(each.pk, each.group.name, each.resource, each.amount)
        for each in Allotment.objects.filter(sailing=sailing).select_related("group")
    ]
    plan = SwapPlan(
        sailing_id=sailing.pk,
        version=sailing.version,
        configuration_id=configuration.pk,
        outcome=outcome,
        shrunk=swap_rows.shrink(shares, outcome.fits, totals),
    )
    return _Draft(plan, swap_rows.rows_of(shares, outcome.fits, totals), totals)


def _totals(sailing: Sailing, configuration: VesselConfiguration) -> dict[tuple[int, str], int]:
    sectors = range(max(0, PortCall.objects.filter(sailing=sailing).count() - 1))
    fitted = resources_of(VesselConfiguration.objects.filter(pk=configuration.pk))
    return {
        (sector, resource): amount
        for sector in sectors
        for resource, amount in fitted[configuration.pk]
    }


def _active(sailing_id: int) -> QuerySet[CapacityClaim]:
    claims = CapacityClaim.objects.filter(pool__sailing=sailing_id, state__in=ACTIVE)
    return claims.order_by("pk")


def _claimed(claims: QuerySet[CapacityClaim]) -> list[Claimed]:
    """Return the claims by holder and item; one that has places and a vehicle counts as two."""
    found: dict[tuple[UUID, str, str], list[CapacityClaim]] = defaultdict(list)
    for claim in claims.select_related("pool"):
        kind = claim.pool.resource.partition(":")[0]
        found[claim.holder, claim.item, TOGETHER.get(kind, kind)].append(claim)
    return [
        Claimed(
            holder=holder,
            item=item,
            confirmed=any(claim.state == CapacityClaim.State.CONFIRMED for claim in rows),
            since=min(claim.created_at for claim in rows),
            claims=tuple(
                Claim(
                    claim.pk,
                    claim.pool.sector,
                    claim.pool.resource,
                    claim.amount,
                    claim.pool.allotment_id,
                )
                for claim in rows
            ),
        )
        for (holder, item, _), rows in found.items()
    ]


def _locked_sailing(sailing_id: int) -> Sailing | None:
    """Lock the sailing, its claims and pools; None when some claims could not be had."""
    sailings = Sailing.objects.select_for_update(of=("self",), no_key=True)
    sailing = sailings.select_related("operator").get(pk=sailing_id)
    if not _lock_claims(sailing_id, polls=POLLS):
        return None
    pools = CapacityPool.objects.filter(sailing=sailing_id).order_by("pk")
    list(pools.select_for_update(no_key=True).values_list("pk", flat=True))
    # Nobody can claim any more; what was claimed a moment ago may be in somebody's hands.
    return sailing if _lock_claims(sailing_id, polls=1) else None


def _lock_claims(sailing_id: int, *, polls: int) -> bool:
    """Lock all active claims; whoever has one now is waited for, but not behind a lock."""
    ids = _active(sailing_id).values_list("pk", flat=True)
    for poll in range(polls):
        if poll:
            time.sleep(POLL_SECONDS)
        locked = set(ids.select_for_update(of=("self",), skip_locked=True))
        if locked.issuperset(ids.all()):
            return True
    return False


def _apply(
    promised: SwapPlan,
    sailing: Sailing,
    configuration: VesselConfiguration,
    *,
    displace: bool,
    sizes: SizesOf,
    actor: str,
    now: datetime,
) -> SwapPlan:
    """Plan again on the locked rows, and write it if it is what was promised."""
    _check(sailing, configuration, now=now)
    draft = _draft(sailing, configuration, _active(sailing.pk), sizes)
    if draft.plan.fingerprint != promised.fingerprint:
        raise SwapOutdated(draft.plan)
    if draft.plan.displaced and not displace:
        raise SwapRefused(
            f"{len(draft.plan.outcome.misfits)} items of {len(draft.plan.displaced)} bookings "
            "do not fit on this ship.",
        )
    _retire_pools(sailing)
    rows = _create_pools(sailing, draft)
    _move_claims(draft.rows.parts, rows, now=now)
    # The new ship does not count them. Released ones would be taken again at payment.
    CapacityClaim.objects.filter(pk__in=draft.rows.spare).delete()
    lost = [claim.pk for misfit in draft.plan.outcome.misfits for claim in misfit.claimed.claims]
    _end_claims(lost, CapacityClaim.State.DISPLACED)
    _forget_empty_rows(sailing)
    for each in draft.plan.shrunk:
        Allotment.objects.filter(pk=each.share.pk).update(amount=each.amount)
    sailing.configuration = configuration
    sailing.version += 1
    sailing.save(update_fields=["configuration", "version"])
    sailing_changed.send(sender=Sailing, sailing=sailing, plan=draft.plan, actor=actor, now=now)
    return draft.plan


def _retire_pools(sailing: Sailing) -> None:
    live = CapacityPool.objects.filter(sailing=sailing).exclude(resource__startswith=RETIRED)
    name = Concat(Value(f"{RETIRED}{sailing.version}:"), F("resource"))
    live.update(resource=name, physical=0, authorised=0, used=0)


def _create_pools(sailing: Sailing, draft: _Draft) -> dict[RowKey, int]:
    """Insert the rows of the new ship with what is used of them; return their ids."""
    used = draft.rows.used
    made = CapacityPool.objects.bulk_create(
        CapacityPool(
            sailing=sailing,
            sector=sector,
            resource=resource,
            allotment_id=allotment,
            physical=draft.totals[sector, resource] if allotment is None else authorised,
            authorised=authorised,
            used=used[sector, resource, allotment],
        )
        for (sector, resource, allotment), authorised in draft.rows.authorised.items()
    )
    return {(row.sector, row.resource, row.allotment_id): row.pk for row in made}


def _move_claims(parts: Sequence[Part], rows: dict[RowKey, int], *, now: datetime) -> None:
    """Point the claims to the new rows; an item that takes more rows than before gets new ones."""
    old = [part for part in parts if part.claim is not None]
    if old:
        columns: list[Any] = [
            [part.claim for part in old],
            [rows[part.row] for part in old],
            [part.amount for part in old],
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ferries_capacityclaim claim SET pool_id = new.pool, amount = new.amount"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::integer[])"
                " AS new (id, pool, amount) WHERE claim.id = new.id",
                columns,
            )
    states = {
        claim.pk: claim
        for claim in CapacityClaim.objects.filter(
            pk__in=[part.fit.claimed.claims[0].pk for part in parts if part.claim is None]
        )
    }
    CapacityClaim.objects.bulk_create(
        CapacityClaim(
            pool_id=rows[part.row],
            holder=part.fit.claimed.holder,
            item=part.fit.claimed.item,
            amount=part.amount,
            state=states[part.fit.claimed.claims[0].pk].state,
            expires_at=states[part.fit.claimed.claims[0].pk].expires_at,
            created_at=now,
        )
        for part in parts
        if part.claim is None
    )


def _end_claims(claims: Iterable[int], state: CapacityClaim.State) -> None:
    CapacityClaim.objects.filter(pk__in=list(claims)).update(state=state)


def _forget_empty_rows(sailing: Sailing) -> None:
    retired = CapacityPool.objects.filter(sailing=sailing, resource__startswith=RETIRED)
    retired.filter(~Exists(CapacityClaim.objects.filter(pool=OuterRef("pk")))).delete()
