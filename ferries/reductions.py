"""Which price lines bear a discount, and what of a charge falls on the discount. Pure."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from maritime.lib import money

# A discount reduces fares; these kinds of lines only when no fare of its scope is left to reduce.
REDUCED_LAST = frozenset({"surcharge", "tax", "fee"})


class PricedLine(Protocol):
    """What is read of a line; the amount is in minor units, negative for a discount."""

    @property
    def leg(self) -> int: ...
    @property
    def item(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> int: ...


def reductions_of(lines: Sequence[PricedLine]) -> list[dict[int, int]]:
    """Return for each line what each discount takes off it: positive, by the discount's index.

    A discount reduces its own item, then its leg, then the rest of the selection; within each the
    fares before surcharges. What finds nothing to reduce is dropped: nothing was paid there.
    """
    taken: list[dict[int, int]] = [defaultdict(int) for _ in lines]
    left = [max(0, line.amount) for line in lines]
    discounts = {index: -line.amount for index, line in enumerate(lines) if line.amount < 0}
    for is_in_scope, index in itertools.product(_SCOPES, discounts):
        room = [
            amount if is_in_scope(line, lines[index]) else 0
            for line, amount in zip(lines, left, strict=True)
        ]
        shares = money.allocate(min(discounts[index], sum(room)), room)
        for bearer, share in enumerate(shares):
            if share:
                taken[bearer][index] += share
                left[bearer] -= share
                discounts[index] -= share
    return taken


def with_discounts(
    amounts: Sequence[int], *, kept: Sequence[int], reductions: Sequence[dict[int, int]]
) -> list[int]:
    """Return the charge on each line as it stands: a discount bears its part of the charge.

    `kept` is the charge on what was paid for each line, so after its reductions. Where nothing
    was paid, because discounts take it all, nothing is refunded on either side.
    """
    charged = [min(0, amount) for amount in amounts]
    for bearer, reduction in enumerate(reductions):
        whole = [max(0, amounts[bearer]), *(-share for share in reduction.values())]
        parts = money.allocate(kept[bearer], whole) if sum(whole) else whole
        charged[bearer] += parts[0]
        for discount, share, part in zip(reduction, reduction.values(), parts[1:], strict=True):
            charged[discount] += share + part
    return charged


def _is_fare(line: PricedLine) -> bool:
    return line.kind not in REDUCED_LAST


def _same_item(line: PricedLine, discount: PricedLine) -> bool:
    return (line.leg, line.item) == (discount.leg, discount.item)


_SCOPES: tuple[Callable[[PricedLine, PricedLine], bool], ...] = (
    lambda line, discount: _same_item(line, discount) and _is_fare(line),
    _same_item,
    lambda line, discount: line.leg == discount.leg and _is_fare(line),
    lambda line, discount: line.leg == discount.leg,
    lambda line, _: _is_fare(line),
    lambda *_: True,
)
