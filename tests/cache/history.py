"""What was true when, and how old an answer was at the moment it was asked for."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any

LONG_AGO = float("-inf")


class History:
    """The values that facts had, each from its commit on (seconds of the monotonic clock)."""

    def __init__(self, **values: Hashable) -> None:
        self._values: dict[str, list[tuple[float, Hashable]]] = defaultdict(list)
        for name, value in values.items():
            self.note(name, value, LONG_AGO)

    def note(self, name: str, value: Hashable, at: float) -> None:
        """Write down that a fact has a value from that moment on."""
        self._values[name].append((at, value))

    def now(self, name: str) -> Any:
        """Return the value that a fact has now."""
        return self._values[name][-1][1]

    def age(self, name: str, value: Hashable, *, asked_at: float) -> float:
        """Return how long a value had not been true any more when it was asked for, or 0.

        Of a value that was true several times the last time counts.
        """
        rows = self._values[name]
        ends = [*(at for at, _ in rows[1:]), float("inf")]
        until = [end for end, (_, each) in zip(ends, rows, strict=True) if each == value]
        assert until, f"{name} was never {value}"
        return max(0.0, asked_at - max(until))

    def oldest(self, seen: Iterable[tuple[float, dict[str, Hashable]]]) -> float:
        """Return the greatest age among answers, each with the moment when it was asked for."""
        return max(
            self.age(name, value, asked_at=asked_at)
            for asked_at, facts in seen
            for name, value in facts.items()
        )
