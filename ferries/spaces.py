"""What is left of pools: over the sectors of a leg, for a customer group, at a moment. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PoolSpace:
    """One pool row and what is left of it, in the resource's unit.

    A row with a `group` is an allotment: its members use it before `release_at`, everybody later.
    """

    pool_id: int
    sailing_id: int
    sector: int
    resource: str
    left: int
    group: str = ""
    release_at: datetime | None = None

    def serves(self, group: str, now: datetime) -> bool:
        """Tell whether a party of the group may take from the row at the moment."""
        return self.release_at is None or self.group == group or self.release_at <= now


def left_on(
    spaces: Iterable[PoolSpace], sectors: range, *, group: str, now: datetime
) -> dict[str, int]:
    """Return what a party of the group can take of each resource on all of the sectors.

    A resource that is missing on one of the sectors is left out: nothing of it can be sold.
    """
    found: dict[str, dict[int, int]] = {}
    for space in spaces:
        sector = space.sector
        if sector in sectors and (space.release_at is None or space.serves(group, now)):
            of_sector = found.get(space.resource)
            if of_sector is None:
                found[space.resource] = {sector: space.left}
            else:
                of_sector[sector] = of_sector.get(sector, 0) + space.left
    return {
        resource: max(0, min(of_sector.values()))
        for resource, of_sector in found.items()
        if len(of_sector) == len(sectors)
    }


def releases(spaces: Iterable[PoolSpace], *, group: str, now: datetime) -> list[datetime]:
    """Return the coming moments at which space that is kept for others becomes free for all."""
    return sorted(
        {
            space.release_at
            for space in spaces
            if space.release_at and space.left > 0 and not space.serves(group, now)
        }
    )


def spread(
    spaces: Iterable[PoolSpace], amount: int, *, group: str, now: datetime
) -> list[tuple[int, int]]:
    """Return from which rows (pool id, amount) of one sector and resource the amount comes.

    The group's own rows first, then those that are free for all, so that a share is used before
    general space. What the rows do not have is asked of the last one, whose guard refuses it.
    """
    usable = [space for space in spaces if space.serves(group, now)]
    usable.sort(key=lambda space: (not (space.group and space.group == group), space.pool_id))
    parts: list[tuple[int, int]] = []
    for space in usable:
        part = min(amount, max(0, space.left))
        if part:
            parts.append((space.pool_id, part))
            amount -= part
    if amount and usable:
        parts.append((usable[-1].pool_id, amount))
    return parts


def after(spaces: Sequence[PoolSpace], taken: Mapping[int, int]) -> list[PoolSpace]:
    """Return the spaces less what was taken of the pools; negative amounts give back."""
    return [
        PoolSpace(
            space.pool_id,
            space.sailing_id,
            space.sector,
            space.resource,
            space.left - taken.get(space.pool_id, 0),
            space.group,
            space.release_at,
        )
        for space in spaces
    ]
