"""How look-ups in the cache end, by kind of value, summed over all processes.

They are counters like all others (`maritime/ops/counters.py`): a look-up pays a microsecond and
never waits for the cache, and while it is away the numbers wait in the process.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maritime.ops import counters

NAME = "maritime_cache"
# What is looked up, in the order in which a search asks: ready answers first.
KINDS = ("answer", "network", "search", "availability", "operator")
# stale: past its soft end and shown while one process renews it. wait: another one was filling the
# value; such a look-up counts as a hit or a miss besides. error: the cache did not answer.
OUTCOMES = ("hit", "stale", "miss", "wait", "error")


@dataclass(frozen=True)
class KindCounts:
    """How often look-ups of one kind ended in which way since the cache's Valkey was empty."""

    kind: str
    by_outcome: Mapping[str, int]

    @property
    def numbers(self) -> list[int]:
        """Return the numbers in the order of `OUTCOMES`."""
        return [self.by_outcome[outcome] for outcome in OUTCOMES]

    @property
    def found_percent(self) -> int | None:
        """Return how many of the look-ups that were answered found a value; None without any."""
        found = self.by_outcome["hit"] + self.by_outcome["stale"]
        answered = found + self.by_outcome["miss"]
        return round(100 * found / answered) if answered else None


def add(outcomes: Iterable[tuple[str, str]]) -> None:
    """Count look-ups, each as its kind and outcome."""
    for (kind, outcome), amount in Counter(outcomes).items():
        counters.count(NAME, amount, kind=kind, outcome=outcome)


def read() -> list[KindCounts]:
    """Return the counts of all kinds; zeros while Valkey is away."""
    sums = {
        tuple(value for _, value in series.labels): number
        for series, number in counters.totals().items()
        if series.name == NAME
    }
    return [
        KindCounts(kind, {outcome: sums.get((kind, outcome), 0) for outcome in OUTCOMES})
        for kind in KINDS
    ]
