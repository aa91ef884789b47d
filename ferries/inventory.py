"""What ships still have, and the only writer of pools and claims.

A claim is inserted first and the pools are counted last: the one conditional UPDATE is the last
statement before COMMIT, so a hot sailing is locked for one round trip (measured: 1.7 times the
throughput of locking first). The CHECK of the table stands behind it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from ferries import cache, fits, refusals
from ferries.errors import CapacityTaken, MoreIsSold, NotBookable
from ferries.fits import LegRules, Taking
from ferries.fittings import fitting_of
from ferries.models import PERSONS, CapacityClaim, CapacityPool, Leg
from ferries.offers import Refusal
from ferries.party import Party
from ferries.spaces import PoolSpace, after, left_on, spread

HELD = CapacityClaim.State.HELD
CONFIRMED = CapacityClaim.State.CONFIRMED
RELEASED = CapacityClaim.State.RELEASED
DISPLACED = CapacityClaim.State.DISPLACED


@dataclass(frozen=True)
class Need:
    """What one item ("p0", "v0", "a0") of a party takes from one pool, in the pool's unit."""

    pool_id: int
    item: str
    amount: int


SPACES = """
SELECT pool.id, pool.sailing_id, pool.sector, pool.resource,
  pool.authorised - pool.used + coalesce((
    SELECT sum(claim.amount) FROM ferries_capacityclaim claim
    WHERE claim.pool_id = pool.id AND claim.state = 'held' AND claim.expires_at <= %s), 0),
  coalesce(members.code, ''), allotment.release_at
FROM ferries_capacitypool pool
LEFT JOIN ferries_allotment allotment ON allotment.id = pool.allotment_id
LEFT JOIN ferries_customergroup members ON members.id = allotment.group_id
WHERE pool.sailing_id {which} ORDER BY pool.sailing_id, pool.sector, pool.id
"""
# The server keeps one plan for a single sailing, but plans anew for every list: that took longer
# than reading what is left.
SPACES_OF_ONE = SPACES.format(which="= %s")
SPACES_OF_MANY = SPACES.format(which="= ANY(%s)")


CLAIM = """
INSERT INTO ferries_capacityclaim (pool_id, item, amount, holder, state, expires_at, created_at)
SELECT need.*, %s, %s, %s, %s FROM unnest(%s::bigint[], %s::text[], %s::integer[]) AS need
"""


HELD_BY = """
SELECT claim.id, claim.state, claim.item, claim.amount, claim.pool_id, pool.resource, pool.sailing_id
FROM ferries_capacityclaim claim JOIN ferries_capacitypool pool ON pool.id = claim.pool_id
WHERE claim.holder = %s ORDER BY claim.id FOR UPDATE OF claim
"""
MAKE_FIRM = """
UPDATE ferries_capacityclaim SET state = 'confirmed', expires_at = NULL WHERE id = ANY(%s)
"""


@dataclass(frozen=True)
class _Claim:
    """A locked claim, as `HELD_BY` reads it."""

    pk: int
    state: str
    item: str
    amount: int
    pool_id: int
    resource: str
    sailing_id: int


def spaces_of(sailing_ids: Iterable[int], *, now: datetime) -> list[PoolSpace]:
    """Return what is left of every pool of the sailings, in one query.

    Left is what is authorised, less what is used, plus held claims whose time is over: they are
    free although no worker has released them yet. Allotments are rows of their own.
    """
    wanted = list(sailing_ids)
    with connection.cursor() as cursor:
        if len(wanted) == 1:
            cursor.execute(SPACES_OF_ONE, [now, *wanted])
        else:
            cursor.execute(SPACES_OF_MANY, [now, wanted])
        return [PoolSpace(*row) for row in cursor.fetchall()]


def plan(leg: Leg, party: Party, *, now: datetime) -> list[Need]:
    """Return what the party takes on the leg: each item once for each sector. Nothing is locked.

    The vehicle goes into one deck area for the whole leg. `leg` is one that `leg_of_offer`
    loaded; one query. Raises NotBookable with every reason.
    """
    return plan_within(spaces_of([leg.sailing_id], now=now), leg, party, now=now)


def plan_within(
    spaces: Sequence[PoolSpace], leg: Leg, party: Party, *, now: datetime
) -> list[Need]:
    """Do as `plan`, without a query: `spaces` is what the caller has just read of the sailing."""
    sailing = leg.sailing
    rules = rules_of(leg)
    left = left_on(spaces, leg.sectors, group=party.group, now=now)
    against = refusals.on_sale(
        status=sailing.status,
        has_vessel=sailing.configuration_id is not None,
        departs_at=leg.departs_at,
        closes_minutes=sailing.operator.sale_closes_minutes,
        now=now,
        opens_at=sailing.sale_opens_at,
        closes_at=sailing.sale_closes_at,
    ) or fits.refuse(rules, left, party)
    if against:
        raise NotBookable([refusal.as_dict() for refusal in against])
    return list(_needs(spaces, leg.sectors, fits.takings(rules, left, party), party.group, now))


def rules_of(leg: Leg) -> LegRules:
    """Return what of the leg's sailing decides whether a party fits; no query."""
    return LegRules(
        fitting=fitting_of(leg),
        gap_cm=leg.sailing.operator.vehicle_gap_cm,
        accommodation_required=leg.sailing.accommodation_required,
    )


def _needs(
    spaces: Sequence[PoolSpace],
    sectors: range,
    takings: Iterable[Taking],
    group: str,
    now: datetime,
) -> Iterator[Need]:
    """Spread what each item takes over the rows of its resource, sector by sector."""
    rows: dict[tuple[str, int], list[PoolSpace]] = defaultdict(list)
    for space in spaces:
        rows[space.resource, space.sector].append(space)
    for taking in takings:
        for sector in sectors:
            found = rows[taking.resource, sector]
            parts = spread(found, taking.amount, group=group, now=now)
            yield from (Need(pool_id, taking.item, part) for pool_id, part in parts)
            rows[taking.resource, sector] = after(found, dict(parts))


def take(needs: Sequence[Need], *, holder: UUID, expires_at: datetime, now: datetime) -> None:
    """Claim the needs for the holder until `expires_at`, all or nothing.

    Call it as the last statement of the caller's transaction: it locks the pools in the order of
    their ids, so that two takers never wait for each other in a circle. Raises CapacityTaken when
    a pool no longer has the space; the caller lets it roll the transaction back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            [
                holder,
                HELD,
                expires_at,
                now,
                [need.pool_id for need in needs],
                [need.item for need in needs],
                [need.amount for need in needs],
            ],
        )
    count(_sum((need.pool_id, need.amount) for need in needs))


def reap(pool_ids: Iterable[int], *, now: datetime) -> int:
    """Release the held claims of the pools whose time is over; return how many.

    A transaction of its own. Claims that somebody else is changing at the moment are left alone.
    """
    with transaction.atomic():
        return _reap(pool_ids, now=now)


def confirm(holder: UUID, *, now: datetime) -> None:
    """Make the holder's claims firm, inside the caller's transaction; repeating changes nothing.

    A hold that is over but was not reaped is still good. What was reaped is taken again; raises
    NotBookable, with nothing changed, when that space is gone or lost to a change of ship.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HELD_BY, [holder])
        claims = [_Claim(*row) for row in cursor.fetchall()]
        open_claims = [claim for claim in claims if claim.state in (HELD, RELEASED)]
        if open_claims and any(claim.state == DISPLACED for claim in claims):
            raise NotBookable([_displaced().as_dict()])
        if open_claims:
            cursor.execute(MAKE_FIRM, [[claim.pk for claim in open_claims]])
        _retake([claim for claim in claims if claim.state == RELEASED], now=now)
    _invalidate(claim.sailing_id for claim in open_claims)


def release(holder: UUID, *, now: datetime) -> None:
    """Give everything back that the holder still has; exactly once, however often it is called.

    Inside the caller's transaction, or one of its own. The claims keep `now` as their end.
    """
    with transaction.atomic():
        _give_back(
            "UPDATE ferries_capacityclaim SET state = 'released', expires_at = %s"
            " WHERE holder = %s AND state IN ('held', 'confirmed') RETURNING pool_id, amount",
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


def _retake(claims: Sequence[_Claim], *, now: datetime) -> None:
    """Count reaped claims again, after freeing what others hold beyond their time."""
    if not claims:
        return
    amounts = _sum((claim.pool_id, claim.amount) for claim in claims)
    _reap(amounts, now=now)
    try:
        count(amounts)
    except CapacityTaken as error:
        raise NotBookable([_gone(claims).as_dict()]) from error


def _gone(claims: Sequence[_Claim]) -> Refusal:
    needed = len({claim.item for claim in claims if claim.resource == PERSONS})
    message = _("The hold ran out and its space has been sold to somebody else.")
    return Refusal("hold_lost", message, {"needed": needed})


def _displaced() -> Refusal:
    message = _("Another ship sails now, and not everything that you held fits on it.")
    return Refusal("hold_displaced", message)


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
        count({pool: -amount for pool, amount in _sum(released).items()})
    return len(released)


def count(amounts: Mapping[int, int]) -> None:
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
