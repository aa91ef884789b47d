"""What a group of price lines is charged in sum, and how the sum spreads over the lines. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from maritime.lib import money


@dataclass(frozen=True)
class Part:
    """One line of a group: minor units paid for it, and what its band says of the whole group.

    A flat charge is a `least` without a percentage. `most` None: no limit.
    """

    paid: int
    percent: int
    least: int = 0
    most: int | None = None


def group_fees(parts: Sequence[Part]) -> list[int]:
    """Return the fee on each part: percentages, raised to the least, cut at the most and the paid.

    A group has several bands when a booking's legs depart at different times. A band's least is
    then taken from lines for which at least as much is due, and its most protects its own lines
    only, so that the fee is taken once and its sum never falls as time goes by.
    """
    shares = money.percent_of_each([part.paid for part in parts], [part.percent for part in parts])
    least, room = _least(parts, shares)
    due = min(max(sum(shares), least), _most(parts))
    if due <= sum(shares):
        return money.allocate(due, shares)
    extra = money.allocate(due - sum(shares), room)
    return [share + more for share, more in zip(shares, extra, strict=True)]


def _least(parts: Sequence[Part], shares: Sequence[int]) -> tuple[int, list[int]]:
    """Return what the group is charged at least, and the room that each part has to bear it."""
    tiers = []
    for least in sorted({part.least for part in parts}):
        bearers = [part.least >= least for part in parts]
        bears = sum(part.paid for part in itertools.compress(parts, bearers))
        tiers.append((min(least, bears), bearers))
    least, bearers = max(tiers, key=lambda tier: tier[0])
    return least, [
        part.paid - share if is_bearer else 0
        for part, share, is_bearer in zip(parts, shares, bearers, strict=True)
    ]


def _most(parts: Sequence[Part]) -> int:
    """Return what the group is charged at most: the smallest limit plus what stands above it."""
    limits = {0 if part.most is None else part.most for part in parts}
    return min(
        limit + sum(part.paid for part in parts if part.most is None or part.most > limit)
        for limit in limits
    )
