"""How the money of a booking is shared among its operators; pure.

Each operator should have the sum of its live lines, its target. Money that comes fills what is
missing, money that goes is taken first from those who have more than their target: they sold what
was cancelled. What one has too much and another too little moves between them. All in proportion
by largest remainder (`maritime.lib.money.allocate`), so that not a cent is lost or made.
"""

from collections.abc import Mapping

from maritime.lib.money import allocate

# Whose the money of a booking without legs is.
NOBODY = ""


def split(amount: int, *, owed: Mapping[str, int], targets: Mapping[str, int]) -> dict[str, int]:
    """Return by how much the debt to each operator changes; the changes sum to `amount`.

    All in minor units. `amount` is above 0 for money that is shared out, below 0 for money that
    goes back. `owed` is what they have now. Nobody who has money ends below zero unless more goes
    back than all have.
    """
    codes = sorted({*owed, *targets}) or [NOBODY]
    before = [owed.get(code, 0) for code in codes]
    wanted = [max(targets.get(code, 0), 0) for code in codes]
    after = _give(before, wanted, amount) if amount >= 0 else _take(before, wanted, -amount)
    after = _level(after, wanted)
    changes = (new - old for new, old in zip(after, before, strict=True))
    return {code: change for code, change in zip(codes, changes, strict=True) if change}


def _give(have: list[int], wanted: list[int], amount: int) -> list[int]:
    """Fill what is missing; more than that goes to all by their targets."""
    missing = _above(wanted, have)
    first = min(amount, sum(missing))
    filled = _plus(have, allocate(first, missing))
    return _plus(filled, allocate(amount - first, wanted))


def _take(have: list[int], wanted: list[int], amount: int) -> list[int]:
    """Take what is above target, then from all by what they have left, then by their targets."""
    above = _above(have, wanted)
    left = _minus(have, allocate(min(amount, sum(above)), above))
    rest = amount - min(amount, sum(above))
    there = [max(each, 0) for each in left]
    left = _minus(left, allocate(min(rest, sum(there)), there))
    return _minus(left, allocate(rest - min(rest, sum(there)), wanted))


def _level(have: list[int], wanted: list[int]) -> list[int]:
    """Move what some have above their target to those who are below theirs."""
    above, below = _above(have, wanted), _above(wanted, have)
    moved = min(sum(above), sum(below))
    return _plus(_minus(have, allocate(moved, above)), allocate(moved, below))


def _above(have: list[int], limit: list[int]) -> list[int]:
    return [max(each - bound, 0) for each, bound in zip(have, limit, strict=True)]


def _plus(first: list[int], second: list[int]) -> list[int]:
    return [one + other for one, other in zip(first, second, strict=True)]


def _minus(first: list[int], second: list[int]) -> list[int]:
    return [one - other for one, other in zip(first, second, strict=True)]
