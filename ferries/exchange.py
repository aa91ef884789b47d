"""Exchange of a holder's space: the new is taken and the old given back in one count.

There is no moment at which neither is held, and none at which both are counted where one replaces
the other: a pool on which the new takes as much as the old gives is not touched at all.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from ferries.inventory import CONFIRMED, HELD, Need, count
from ferries.models import CapacityClaim
from ferries.spaces import PoolSpace, after

DISPLACED = CapacityClaim.State.DISPLACED


def claims_of(holder: UUID, *, sailing_id: int, sectors: range) -> list[CapacityClaim]:
    """Return the claims that a holder still has on some sectors of a sailing, oldest first.

    Displaced ones are among them: they take nothing, and an exchange ends them.
    """
    found = CapacityClaim.objects.filter(
        holder=holder,
        pool__sailing=sailing_id,
        pool__sector__in=list(sectors),
        state__in=(HELD, CONFIRMED, DISPLACED),
    )
    return list(found.order_by("pk"))


def freed(claims: Iterable[CapacityClaim]) -> Counter[int]:
    """Return what giving the claims up gives back, by pool."""
    amounts: Counter[int] = Counter()
    for claim in claims:
        if claim.state != DISPLACED:
            amounts[claim.pool_id] += claim.amount
    return amounts


def with_freed(spaces: Sequence[PoolSpace], amounts: Counter[int]) -> list[PoolSpace]:
    """Return the spaces as they would be if the amounts had been given back."""
    return after(spaces, {pool: -amount for pool, amount in amounts.items()})


def excess(needs: Iterable[Need], amounts: Counter[int]) -> list[Need]:
    """Return what the needs take of each pool beyond the amounts that will be given back."""
    left, found = Counter(amounts), []
    for need in needs:
        own = min(left[need.pool_id], need.amount)
        left[need.pool_id] -= own
        if need.amount > own:
            found.append(replace(need, amount=need.amount - own))
    return found


def exchange(holder: UUID, *, give_up: Sequence[int], needs: Sequence[Need], now: datetime) -> None:
    """Replace claims (their keys, of any holder) by confirmed ones for the needs, all or nothing.

    Call it as the last statement of the caller's transaction: it locks the claims, then the pools
    whose sum changes, in the order of their ids. What somebody else has released meanwhile gives
    nothing back. Raises CapacityTaken when a pool has too little; the caller lets it roll back.
    """
    net: Counter[int] = Counter()
    for pool, amount in _release(give_up, now):
        net[pool] -= amount
    CapacityClaim.objects.bulk_create(
        CapacityClaim(
            pool_id=need.pool_id,
            holder=holder,
            item=need.item,
            amount=need.amount,
            state=CONFIRMED,
            created_at=now,
        )
        for need in needs
    )
    for need in needs:
        net[need.pool_id] += need.amount
    changed = {pool: amount for pool, amount in net.items() if amount}
    if changed:
        count(changed)


def _release(claims: Sequence[int], now: datetime) -> list[tuple[int, int]]:
    """Mark the claims as released and return (pool, amount) of each, without touching the pools."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ferries_capacityclaim claim SET state = 'released', expires_at = %s FROM ("
            " SELECT id, state FROM ferries_capacityclaim"
            " WHERE id = ANY(%s) AND state IN ('held', 'confirmed', 'displaced')"
            " ORDER BY id FOR UPDATE) old"
            " WHERE claim.id = old.id RETURNING claim.pool_id,"
            " CASE old.state WHEN 'displaced' THEN 0 ELSE claim.amount END",
            [now, list(claims)],
        )
        released: list[tuple[int, int]] = cursor.fetchall()
    return released
