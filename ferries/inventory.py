"""What ships still have, and the only writer of pools and claims.

A claim is inserted first and the pools are counted last: the one conditional UPDATE is the last
statement before COMMIT, so a hot sailing is locked for one round trip (measured: 1.7 times the
throughput of locking first). The CHECK of the table stands behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Substr

from ferries import cache, deck, refusals
from ferries.deck import AreaSpace
from ferries.errors import CapacityTaken, MoreIsSold, NotBookable
from ferries.models import PERSONS, CapacityClaim, CapacityPool, DeckArea, Leg, deck_resource
from ferries.offers import Refusal
from ferries.party import Party

HELD = CapacityClaim.State.HELD
CONFIRMED = CapacityClaim.State.CONFIRMED
RELEASED = CapacityClaim.State.RELEASED


@dataclass(frozen=True)
class PoolSpace:
    """One pool and what is left of it; `clear_height_cm` is 0 for persons."""

    pool_id: int
    sailing_id: int
    sector: int
    resource: str
    clear_height_cm: int
    left: int


@dataclass(frozen=True)
class Need:
    """What one item ("p0", "v0") of a party takes from one pool: persons, or lane cm."""

    pool_id: int
    item: str
    amount: int


def spaces_of(sailing_ids: Iterable[int], *, now: datetime) -> list[PoolSpace]:
    """Return what is left of every pool of the sailings, in one query.

    Left is what is authorised, less what is used, plus held claims whose time is over: they are
    free although no worker has released them yet.
    """
    expired = (
        CapacityClaim.objects.filter(pool=OuterRef("pk"), state=HELD, expires_at__lte=now)
        .order_by()
        .values("pool")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    clear_height = DeckArea.objects.filter(
        configuration=OuterRef("sailing__configuration"),
        code=Substr(OuterRef("resource"), len(deck_resource("")) + 1),
    ).values("clear_height_cm")
    rows = (
        CapacityPool.objects.filter(sailing__in=list(sailing_ids))
        .order_by("sailing", "sector", "pk")
        .values_list(
            "pk",
            "sailing_id",
            "sector",
            "resource",
            Coalesce(Subquery(clear_height), 0),
            F("authorised") - F("used") + Coalesce(Subquery(expired), 0),
        )
    )
    return [PoolSpace(*row) for row in rows]


def persons_left(spaces: Iterable[PoolSpace], sectors: range) -> int:
    """Return how many persons still fit on all of the sectors; 0 where a pool is missing."""
    found = {space.sector: space.left for space in spaces if space.resource == PERSONS}
    return max(0, min(found.get(sector, 0) for sector in sectors))


def areas_left(spaces: Iterable[PoolSpace], sectors: range) -> tuple[AreaSpace, ...]:
    """Return the deck areas with the lane cm that are left on all of the sectors.

    A pool whose area the ship does not have (no clear height) takes no vehicle.
    """
    areas: dict[str, dict[int, PoolSpace]] = {}
    for space in spaces:
        if space.clear_height_cm and space.sector in sectors:
            areas.setdefault(space.resource, {})[space.sector] = space
    return tuple(
        AreaSpace(
            code=resource.removeprefix(deck_resource("")),
            clear_height_cm=next(iter(found.values())).clear_height_cm,
            left_cm=max(0, min(space.left for space in found.values())),
        )
        for resource, found in areas.items()
        if len(found) == len(sectors)
    )


def refuse(
    *, persons: int, areas: Sequence[AreaSpace], party: Party, gap_cm: int
) -> tuple[Refusal, ...]:
    """Return why the party does not fit into what is left; nothing when it fits."""
    found = []
    if persons < party.persons:
        found.append(refusals.persons_short(left=persons, needed=party.persons))
    if party.vehicle:
        refusal = deck.refuse(areas, party.vehicle, gap_cm)
        found += [refusal] if refusal else []
    return tuple(found)


def left_for(persons: int, areas: Sequence[AreaSpace], party: Party) -> dict[str, int]:
    """Return what an offer shows as left: persons, and lane cm where vehicles are carried.

    The lane length is the longest piece in one area that admits the party's vehicle.
    """
    if not areas:
        return {"persons": persons}
    height_cm = party.vehicle.height_cm if party.vehicle else 0
    lengths = [area.left_cm for area in deck.admitting(areas, height_cm)]
    return {"persons": persons, "lane_cm": max(lengths, default=0)}


def plan(leg: Leg, party: Party, *, now: datetime) -> list[Need]:
    """Return what the party takes on the leg: each item once for each sector. Nothing is locked.

    The vehicle goes into one deck area for the whole leg. `leg` needs `sailing` and its operator
    loaded; one query. Raises NotBookable with every reason.
    """
    return plan_within(spaces_of([leg.sailing_id], now=now), leg, party, now=now)


def plan_within(
    spaces: Sequence[PoolSpace], leg: Leg, party: Party, *, now: datetime
) -> list[Need]:
    """Do as `plan`, without a query: `spaces` is what the caller has just read of the sailing."""
    sailing = leg.sailing
    against = refusals.on_sale(
        status=sailing.status,
        has_vessel=sailing.configuration_id is not None,
        departs_at=leg.departs_at,
        closes_minutes=sailing.operator.sale_closes_minutes,
        now=now,
    )
    if against:
        raise NotBookable([refusal.as_dict() for refusal in against])
    persons, areas = persons_left(spaces, leg.sectors), areas_left(spaces, leg.sectors)
    gap_cm = sailing.operator.vehicle_gap_cm
    against = refuse(persons=persons, areas=areas, party=party, gap_cm=gap_cm)
    if against:
        raise NotBookable([refusal.as_dict() for refusal in against])
    return list(_needs(spaces, leg.sectors, areas, party, gap_cm))


def _needs(
    spaces: Sequence[PoolSpace],
    sectors: range,
    areas: Sequence[AreaSpace],
    party: Party,
    gap_cm: int,
) -> Iterable[Need]:
    area = deck.choose_area(areas, party.vehicle, gap_cm) if party.vehicle else None
    for space in spaces:
        if space.sector not in sectors:
            continue
        if space.resource == PERSONS:
            for index in range(party.persons):
                yield Need(space.pool_id, f"p{index}", 1)
        elif party.vehicle and area and space.resource == deck_resource(area.code):
            yield Need(space.pool_id, "v0", deck.needed_cm(party.vehicle, gap_cm))


def take(needs: Sequence[Need], *, holder: UUID, expires_at: datetime, now: datetime) -> None:
    """Claim the needs for the holder until `expires_at`, all or nothing.

    Call it as the last statement of the caller's transaction: it locks the pools in the order of
    their ids, so that two takers never wait for each other in a circle. Raises CapacityTaken when
    a pool no longer has the space; the caller lets it roll the transaction back.
    """
    CapacityClaim.objects.bulk_create(
        CapacityClaim(
            pool_id=need.pool_id,
            holder=holder,
            item=need.item,
            amount=need.amount,
            state=HELD,
            expires_at=expires_at,
            created_at=now,
        )
        for need in needs
    )
    _count(_sum((need.pool_id, need.amount) for need in needs))


def reap(pool_ids: Iterable[int], *, now: datetime) -> int:
    """Release the held claims of the pools whose time is over; return how many.

    A transaction of its own. Claims that somebody else is changing at the moment are left alone.
    """
    with transaction.atomic():
        return _reap(pool_ids, now=now)


def confirm(holder: UUID, *, now: datetime) -> None:
    """Make the holder's claims firm, inside the caller's transaction; repeating changes nothing.

    A hold that is over but was not reaped is still good. What was reaped is taken again; raises
    NotBookable, with nothing changed, when that space is gone.
    """
    with transaction.atomic():
        claims = list(
            CapacityClaim.objects.select_for_update(of=("self",))
            .select_related("pool")
            .filter(holder=holder)
            .order_by("pk")
        )
        open_claims = [claim for claim in claims if claim.state != CONFIRMED]
        CapacityClaim.objects.filter(pk__in=[claim.pk for claim in open_claims]).update(
            state=CONFIRMED, expires_at=None
        )
        _retake([claim for claim in claims if claim.state == RELEASED], now=now)
    _invalidate(claim.pool.sailing_id for claim in open_claims)


def release(holder: UUID, *, now: datetime) -> None:
    """Give everything back that the holder still has; exactly once, however often it is called.

    Inside the caller's transaction, or one of its own. The claims keep `now` as their end.
    """
    with transaction.atomic():
        _give_back(
            "UPDATE ferries_capacityclaim SET state = 'released', expires_at = %s"
            " WHERE holder = %s AND state <> 'released' RETURNING pool_id, amount",
            [now, holder],
        )


def extend(holder: UUID, *, expires_at: datetime) -> None:
    """Let the holder's held claims end at another moment, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ferries_capacityclaim claim SET expires_at = %s FROM ferries_capacitypool pool"
            " WHERE claim.pool_id = pool.id AND holder = %s AND state = 'held'"
            " RETURNING pool.sailing_id",
            [expires_at, holder],
        )
        _invalidate(row[0] for row in cursor.fetchall())


def authorise(pool_id: int, *, physical: int, authorised: int) -> None:
    """Set what a pool holds and how much of it may be sold; what is used stays untouched.

    Raises MoreIsSold, with nothing changed, when more than `authorised` is sold.
    """
    pools = CapacityPool.objects.filter(pk=pool_id, used__lte=authorised)
    if not pools.update(physical=physical, authorised=authorised):
        raise MoreIsSold
    _invalidate(CapacityPool.objects.filter(pk=pool_id).values_list("sailing_id", flat=True))


def _retake(claims: Sequence[CapacityClaim], *, now: datetime) -> None:
    """Count reaped claims again, after freeing what others hold beyond their time."""
    if not claims:
        return
    amounts = _sum((claim.pool_id, claim.amount) for claim in claims)
    _reap(amounts, now=now)
    try:
        _count(amounts)
    except CapacityTaken as error:
        raise NotBookable([_gone(claims).as_dict()]) from error


def _gone(claims: Sequence[CapacityClaim]) -> Refusal:
    needed = len({claim.item for claim in claims if claim.pool.resource == PERSONS})
    message = "The hold ran out and its space has been sold to somebody else."
    return Refusal("hold_lost", message, {"needed": needed})


def _reap(pool_ids: Iterable[int], *, now: datetime) -> int:
    # SKIP LOCKED: a claim being confirmed or released right now is not ours to wait for, and
    # waiting for claims while others wait for pools could go round in a circle.
    return _give_back(
        "UPDATE ferries_capacityclaim SET state = 'released' WHERE id IN ("
        " SELECT id FROM ferries_capacityclaim"
        " WHERE pool_id = ANY(%s) AND state = 'held' AND expires_at <= %s"
        " ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING pool_id, amount",
        [list(pool_ids), now],
    )


def _give_back(statement: str, parameters: list[Any]) -> int:
    """Run an UPDATE that releases claims and take their amounts off the pools; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        released = cursor.fetchall()
    if released:
        _count({pool: -amount for pool, amount in _sum(released).items()})
    return len(released)


def _count(amounts: Mapping[int, int]) -> None:
    """Add the amounts to the pools in one statement; raises CapacityTaken if one has too little.

    NO KEY UPDATE lets the foreign key checks of other takers' claims pass.
    """
    ids = sorted(amounts)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH need AS (SELECT unnest(%s::bigint[]) AS id, unnest(%s::integer[]) AS amount),"
            " locked AS (SELECT id FROM ferries_capacitypool WHERE id = ANY(%s)"
            "  ORDER BY id FOR NO KEY UPDATE)"
            " UPDATE ferries_capacitypool pool SET used = pool.used + need.amount"
            " FROM locked JOIN need USING (id)"
            " WHERE pool.id = locked.id AND pool.used + need.amount <= pool.authorised"
            " RETURNING pool.sailing_id",
            [ids, [amounts[pool] for pool in ids], ids],
        )
        changed = cursor.fetchall()
    if len(changed) < len(ids):
        raise CapacityTaken
    _invalidate(row[0] for row in changed)


def _sum(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the sum of the amounts of each pool."""
    totals: dict[int, int] = {}
    for pool, amount in pairs:
        totals[pool] = totals.get(pool, 0) + amount
    return totals


def _invalidate(sailing_ids: Iterable[int]) -> None:
    cache.invalidate_sailing_availability(*sorted(set(sailing_ids)))
