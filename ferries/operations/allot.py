"""Keep shares of a sailing for customer groups: allot, withdraw, apply_rules, restore.

A share stands in pool rows of its own, one for each sector, taken out of the general row: the sum
of what is authorised stays as it was. Releasing needs no job: `ferries.spaces` goes by the time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import QuerySet

from ferries import cache, inventory
from ferries.errors import AllotmentRefused, MoreIsSold
from ferries.models import (
    Allotment,
    AllotmentRule,
    CapacityClaim,
    CapacityPool,
    CustomerGroup,
    Leg,
    Sailing,
)

BATCH = 1000


@dataclass(frozen=True)
class _Share:
    """A share to carve out: so much, or a percentage of the physical amount, rounded down."""

    allotment: Allotment
    percent: int = 0


def allot(
    sailing: Sailing,
    *,
    group: CustomerGroup,
    resource: str,
    amount: int,
    release_at: datetime,
    now: datetime,
) -> Allotment:
    """Keep `amount` of the resource on every sector for the group, or change its share to that.

    One transaction: the sailing's row, then the pools of the resource in the order of their ids.
    Holds that are over are freed first. Raises AllotmentRefused, and MoreIsSold with `left` and
    `needed` when the general pool has too little, or with `sold` when the group has taken more.
    """
    _check_wish(sailing, group=group, resource=resource, amount=amount)
    pools = _rows(sailing.pk, resource).values_list("pk", flat=True)
    inventory.reap(list(pools), now=now)
    with transaction.atomic():
        _lock_sailing(sailing.pk)
        found = Allotment.objects.filter(sailing=sailing, group=group, resource=resource).first()
        general, own = _by_sector(_locked(_rows(sailing.pk, resource)), found)
        _check_space(general, own, amount)
        share = found or Allotment(sailing=sailing, group=group, resource=resource)
        share.amount, share.release_at = amount, release_at
        share.save()
        _move(general, own, share)
    return share


def check_allotment(sailing: Sailing, *, group: CustomerGroup, resource: str, amount: int) -> None:
    """Raise what `allot` would raise as things stand; changes nothing."""
    _check_wish(sailing, group=group, resource=resource, amount=amount)
    found = Allotment.objects.filter(sailing=sailing, group=group, resource=resource).first()
    _check_space(*_by_sector(_rows(sailing.pk, resource), found), amount)


def withdraw(allotment: Allotment, *, now: datetime) -> int:
    """Give what the group has not taken back to everybody; return what stays sold to it.

    The row goes with its pools when nothing was ever taken of them. Otherwise it shrinks to what
    is sold on the fullest sector and is released now. The same locks as `allot`.
    """
    own_rows = CapacityPool.objects.filter(allotment=allotment)
    inventory.reap(list(own_rows.values_list("pk", flat=True)), now=now)
    with transaction.atomic():
        _lock_sailing(allotment.sailing_id)
        rows = _rows(allotment.sailing_id, allotment.resource)
        general, own = _by_sector(_locked(rows), allotment)
        allotment.amount = max((row.used for row in own.values()), default=0)
        allotment.release_at = now
        _move(general, own, allotment)
        if CapacityClaim.objects.filter(pool__allotment=allotment).exists():
            allotment.save()
            return allotment.amount
        own_rows.delete()
        allotment.delete()
    return 0


def apply_rules(sailings: Iterable[Sailing]) -> int:
    """Keep the shares that the rules of their routes give new sailings; return how many.

    A sailing has the rules of every port pair that it sells; of several for one group and resource
    the largest share counts. What a sailing has already, lacks, or has no space for is left alone.
    A handful of queries for each thousand sailings, inside the caller's transaction or one of its
    own; locks their pools in the order of their ids.
    """
    made = 0
    remaining = iter(sailings)
    while batch := {sailing.pk: sailing for sailing in islice(remaining, BATCH)}:
        with transaction.atomic():
            made += _carve(list(_shares_by_rule(batch)), list(batch))
    return made


def restore(sailing_ids: Sequence[int]) -> None:
    """Carve existing allotments out of pools that were just written anew and have no sales.

    Inside the caller's transaction. A share shrinks to what the new pools have; one of a resource
    that they lack is deleted.
    """
    found = Allotment.objects.filter(sailing__in=sailing_ids).order_by("pk")
    _carve([_Share(allotment) for allotment in found], sailing_ids)


def _check_wish(sailing: Sailing, *, group: CustomerGroup, resource: str, amount: int) -> None:
    if amount < 1:
        raise AllotmentRefused("A share has at least 1. Withdraw it to give it back.")
    if group.operator_id != sailing.operator_id:
        raise AllotmentRefused(f"{group.name} is a group of another operator.")
    general = CapacityPool.objects.filter(sailing=sailing, resource=resource, allotment=None)
    if not general.exists():
        raise AllotmentRefused(
            f"This sailing does not have {resource}. It has: {_known(sailing)}.",
            resource=resource,
        )


def _known(sailing: Sailing) -> str:
    names = sailing.pools.filter(authorised__gt=0).values_list("resource", flat=True)
    return ", ".join(sorted(set(names))) or "nothing, since no ship is assigned"


def _lock_sailing(sailing_id: int) -> None:
    Sailing.objects.select_for_update(no_key=True).get(pk=sailing_id)


def _rows(sailing_id: int, resource: str) -> QuerySet[CapacityPool]:
    return CapacityPool.objects.filter(sailing=sailing_id, resource=resource)


def _locked(rows: QuerySet[CapacityPool]) -> QuerySet[CapacityPool]:
    return rows.select_for_update(no_key=True).order_by("pk")


def _by_sector(
    rows: Iterable[CapacityPool], allotment: Allotment | None
) -> tuple[dict[int, CapacityPool], dict[int, CapacityPool]]:
    """Return the general rows and those of the allotment by sector."""
    general, own = {}, {}
    for row in rows:
        if row.allotment_id is None:
            general[row.sector] = row
        elif allotment and row.allotment_id == allotment.pk:
            own[row.sector] = row
    return general, own


def _check_space(
    general: dict[int, CapacityPool], own: dict[int, CapacityPool], amount: int
) -> None:
    """Refuse a share that the fullest sector cannot give, or that is below what is taken of it."""
    sold = max((row.used for row in own.values()), default=0)
    if amount < sold:
        raise MoreIsSold(f"{sold} are sold to the group already.", sold=sold)
    for sector, row in general.items():
        needed = amount - (own[sector].authorised if sector in own else 0)
        left = row.authorised - row.used
        if needed > left:
            raise MoreIsSold(
                f"Only {left} are left for everybody on sector {sector}; "
                f"{needed} are needed for the share.",
                left=left,
                needed=needed,
                sector=sector,
            )


def _move(general: dict[int, CapacityPool], own: dict[int, CapacityPool], share: Allotment) -> None:
    """Bring the locked rows of every sector to the share's amount."""
    for sector, row in general.items():
        kept = own.get(sector) or _own_row(row, share)
        row.authorised -= share.amount - kept.authorised
        kept.physical = kept.authorised = share.amount
        own[sector] = kept
    CapacityPool.objects.bulk_create(row for row in own.values() if row.pk is None)
    _write_limits([*general.values(), *own.values()])
    cache.invalidate_sailing_availability(share.sailing_id)


def _own_row(general: CapacityPool, share: Allotment) -> CapacityPool:
    return CapacityPool(
        sailing_id=general.sailing_id,
        sector=general.sector,
        resource=general.resource,
        allotment=share,
        physical=0,
        authorised=0,
    )


def _shares_by_rule(sailings: dict[int, Sailing]) -> Iterator[_Share]:
    """Return the shares that rules give the sailings and that they do not have yet."""
    rules: dict[tuple[int, int, int], list[AllotmentRule]] = defaultdict(list)
    operators = {sailing.operator_id for sailing in sailings.values()}
    active = AllotmentRule.objects.filter(route__operator__in=operators).select_related("route")
    for rule in active.order_by("-percent", "pk"):
        pair = rule.route.operator_id, rule.route.origin_id, rule.route.destination_id
        rules[pair].append(rule)
    if not rules:
        return
    there = Allotment.objects.filter(sailing__in=sailings)
    known = set(there.values_list("sailing_id", "group_id", "resource"))
    pairs: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
    legs = Leg.objects.filter(sailing__in=sailings)
    for pk, start, end in legs.values_list("sailing_id", "origin_id", "destination_id"):
        pairs[pk].add((sailings[pk].operator_id, start, end))
    for pk, sailing in sailings.items():
        wanted = [rule for pair in pairs[pk] for rule in rules.get(pair, ())]
        for rule in sorted(wanted, key=lambda rule: (-rule.percent, rule.pk)):
            if (pk, rule.group_id, rule.resource) in known:
                continue
            known.add((pk, rule.group_id, rule.resource))
            release_at = sailing.departs_at - timedelta(hours=rule.release_hours)
            share = Allotment(
                sailing_id=pk, group_id=rule.group_id, resource=rule.resource, release_at=release_at
            )
            yield _Share(share, rule.percent)


def _carve(shares: Sequence[_Share], sailing_ids: Sequence[int]) -> int:
    """Take the shares out of the general rows of the sailings; return how many could be."""
    if not shares:
        return 0
    resources = {share.allotment.resource for share in shares}
    rows: dict[tuple[int, str], list[CapacityPool]] = defaultdict(list)
    general_rows = CapacityPool.objects.filter(
        sailing__in=sailing_ids, resource__in=resources, allotment=None
    )
    for row in _locked(general_rows):
        rows[row.sailing_id, row.resource].append(row)
    kept: list[Allotment] = []
    changed: dict[int, CapacityPool] = {}
    for share in shares:
        allotment = share.allotment
        general = rows[allotment.sailing_id, allotment.resource]
        allotment.amount = _amount(share, general)
        if allotment.amount:
            kept.append(allotment)
            for row in general:
                row.authorised -= allotment.amount
                changed[row.pk] = row
    _write_shares([share.allotment for share in shares], kept)
    _write_limits(changed.values())
    CapacityPool.objects.bulk_create(
        (
            _filled(_own_row(row, allotment))
            for allotment in kept
            for row in rows[allotment.sailing_id, allotment.resource]
        ),
        batch_size=5 * BATCH,
    )
    cache.invalidate_sailing_availability(*{allotment.sailing_id for allotment in kept})
    return len(kept)


def _filled(row: CapacityPool) -> CapacityPool:
    assert row.allotment is not None  # noqa: S101 - made by `_own_row` for an allotment
    row.physical = row.authorised = row.allotment.amount
    return row


def _amount(share: _Share, general: Sequence[CapacityPool]) -> int:
    """Return how much of each sector the share gets; a rule gets all of its share or nothing."""
    if not general:
        return 0
    room = min(row.authorised - row.used for row in general)
    if not share.percent:
        return min(share.allotment.amount, room)
    amount = min(row.physical for row in general) * share.percent // 100
    return amount if amount <= room else 0


def _write_shares(wanted: Sequence[Allotment], kept: Sequence[Allotment]) -> None:
    """Write new shares, the amounts of old ones, and delete old ones that have become nothing."""
    Allotment.objects.bulk_update([each for each in kept if each.pk], ["amount"])
    Allotment.objects.bulk_create([each for each in kept if each.pk is None])
    gone = [each.pk for each in wanted if each.pk and not each.amount]
    Allotment.objects.filter(pk__in=gone).delete()


def _write_limits(rows: Iterable[CapacityPool]) -> None:
    """Write the limits of locked rows in one statement; the CHECK of the table stands behind it."""
    values = [(row.pk, row.physical, row.authorised) for row in rows if row.pk]
    if not values:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ferries_capacitypool pool"
            " SET physical = new.physical, authorised = new.authorised"
            " FROM unnest(%s::bigint[], %s::integer[], %s::integer[])"
            " AS new (id, physical, authorised) WHERE pool.id = new.id",
            [list(column) for column in zip(*values, strict=True)],
        )
