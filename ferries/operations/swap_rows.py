"""The pool rows of a sailing after a swap of ships, and which claim stands in which row. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ferries.operations.swap_facts import Claim, Claimed, Fit, Totals

# (sector, resource, allotment or None for everybody)
RowKey = tuple[int, str, int | None]


@dataclass(frozen=True)
class Share:
    """An allotment as it stands: so much of a resource on each sector."""

    pk: int
    group: str
    resource: str
    amount: int


@dataclass(frozen=True)
class Shrunk:
    """An allotment of which the other ship has less once everybody who is booked has space."""

    share: Share
    amount: int


@dataclass(frozen=True)
class Part:
    """What one item takes from one row: an old claim goes there, or a new one is made (pk None)."""

    claim: int | None
    fit: Fit
    row: RowKey
    amount: int


@dataclass(frozen=True)
class Rows:
    """All rows of the sailing with what may be sold of them, and the parts that stand in them.

    `spare` are old claims of items that fit, but take fewer rows than before.
    """

    authorised: Mapping[RowKey, int]
    parts: tuple[Part, ...]
    spare: tuple[int, ...]

    @property
    def used(self) -> Counter[RowKey]:
        """Return what is taken of each row."""
        used: Counter[RowKey] = Counter()
        for part in self.parts:
            used[part.row] += part.amount
        return used


def shrink(shares: Sequence[Share], fits: Sequence[Fit], totals: Totals) -> tuple[Shrunk, ...]:
    """Return the shares that cannot stay as they are; first come the allotments made last.

    What is sold comes first, whoever bought it: a share keeps what is left beside it, the same on
    every sector. Of a resource that the ship lacks nothing stays.
    """
    kept = _kept(shares, fits, totals)
    return tuple(
        Shrunk(share, kept[share.pk])
        for share in sorted(shares, key=lambda share: -share.pk)
        if kept[share.pk] < share.amount
    )


def rows_of(shares: Sequence[Share], fits: Sequence[Fit], totals: Totals) -> Rows:
    """Return the rows that the ship has, filled with what fits.

    Each item keeps its place in its group's share as far as that reaches; the rest of it goes to
    the general row, which always has it: the sum of what fits is within the totals.
    """
    kept = _kept(shares, fits, totals)
    authorised: dict[RowKey, int] = {}
    for (sector, resource), total in totals.items():
        own = {share.pk: kept[share.pk] for share in shares if share.resource == resource}
        authorised[sector, resource, None] = total - sum(own.values())
        authorised |= {(sector, resource, pk): amount for pk, amount in own.items()}
    parts: list[Part] = []
    spare: list[int] = []
    room = {key: amount for key, amount in authorised.items() if key[2] is not None}
    for fit in fits:
        placed, over = _place(fit, room)
        parts += placed
        spare += over
    return Rows(authorised, tuple(parts), tuple(spare))


def _kept(shares: Sequence[Share], fits: Sequence[Fit], totals: Totals) -> dict[int, int]:
    """Return how much of each share stays, older allotments first."""
    taken, of_shares = _taken(fits)
    kept: dict[int, int] = {}
    by_resource: dict[str, list[Share]] = defaultdict(list)
    for share in sorted(shares, key=lambda share: share.pk):
        by_resource[share.resource].append(share)
    for resource, rivals in by_resource.items():
        sectors = [sector for sector, each in totals if each == resource]
        for share in rivals:
            # What the others need: older ones what they keep, later ones what is sold of them.
            room = [
                totals[sector, resource]
                - taken[sector, resource]
                + of_shares[sector, share.pk]
                - sum(
                    max(0, kept[other.pk] - of_shares[sector, other.pk])
                    for other in rivals
                    if other.pk in kept
                )
                for sector in sectors
            ]
            kept[share.pk] = max(0, min([share.amount, *room])) if sectors else 0
    return kept


def _taken(
    fits: Iterable[Fit],
) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, int]]]:
    """Return what is taken of each (sector, resource), and of it from each (sector, share)."""
    taken: Counter[tuple[int, str]] = Counter()
    of_shares: Counter[tuple[int, int]] = Counter()
    for fit in fits:
        for resource, amount in fit.takes:
            for sector in fit.sectors_of(resource):
                taken[sector, resource] += amount
                for pk, part in _own(fit.claimed, sector, resource, amount):
                    of_shares[sector, pk] += part
    return taken, of_shares


def _own(claimed: Claimed, sector: int, resource: str, amount: int) -> Iterator[tuple[int, int]]:
    """Return what an item has of the resource from shares on the sector, at most the amount."""
    for claim in claimed.claims:
        if claim.allotment and (claim.sector, claim.resource) == (sector, resource) and amount:
            part = min(claim.amount, amount)
            amount -= part
            yield claim.allotment, part


def _place(fit: Fit, room: dict[RowKey, int]) -> tuple[list[Part], list[int]]:
    """Spread an item over its rows, on its own old claims as far as they reach."""
    old: dict[tuple[int, str], list[Claim]] = defaultdict(list)
    for claim in fit.claimed.claims:
        old[claim.sector, _kind(claim.resource)].append(claim)
    parts = []
    for resource, amount in fit.takes:
        for sector in fit.sectors_of(resource):
            reusable = old[sector, _kind(resource)]
            for key, part in _spread(fit.claimed, (sector, resource), amount, room):
                reused = reusable.pop(0).pk if reusable else None
                parts.append(Part(reused, fit, key, part))
    return parts, [claim.pk for claims in old.values() for claim in claims]


def _spread(
    claimed: Claimed, of: tuple[int, str], amount: int, room: dict[RowKey, int]
) -> Iterator[tuple[RowKey, int]]:
    rest = amount
    for pk, had in _own(claimed, *of, amount):
        part = min(had, room.get((*of, pk), 0))
        if part:
            room[*of, pk] -= part
            rest -= part
            yield (*of, pk), part
    if rest:
        yield (*of, None), rest


def _kind(resource: str) -> str:
    return resource.partition(":")[0]
