"""How the company's system misbehaves at the moment, for tests and demonstrations."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ferries.simulator.questions import Invalid

LONGEST_MS = 60_000


@dataclass(frozen=True)
class Settings:
    """Delay before each answer, and which faults happen how often (rates from 0 to 1).

    `error_rate`: 500 before anything happens. `lose_answers`: a reservation, confirmation or
    cancellation takes effect, and the connection breaks without an answer.
    """

    latency_ms: tuple[int, int] = (150, 150)
    error_rate: float = 0.0
    lose_answers: float = 0.0
    sold_out: bool = False
    refuse_confirm: bool = False


class Controls:
    """The settings of now and the counters since the start; safe in threads."""

    def __init__(self, settings: Settings, *, seed: int | None = None) -> None:
        self.settings = settings
        # Tests want the same faults again; nothing here is secret.
        self._random = random.Random(seed)  # noqa: S311
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()

    def change(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change the settings that are named; raises Invalid and changes nothing."""
        known = asdict(self.settings)
        unknown = sorted(set(body) - set(known))
        if unknown:
            raise Invalid(f"unknown settings: {', '.join(unknown)}")
        # Any: each name has its own type, which its reader has checked.
        changes: dict[str, Any] = {name: READERS[name](value) for name, value in body.items()}
        self.settings = replace(self.settings, **changes)
        return asdict(self.settings)

    def count(self, call: str) -> None:
        """Add one to a kind of call."""
        with self._lock:
            self._calls[call] += 1

    def counts(self) -> dict[str, int]:
        """Return how many calls of each kind came in."""
        with self._lock:
            return dict(self._calls)

    def delay_seconds(self) -> float:
        """Return how long to wait before this answer."""
        return self._random.uniform(*self.settings.latency_ms) / 1000

    def fails(self) -> bool:
        """Tell whether this call fails before anything happens."""
        return self._random.random() < self.settings.error_rate

    def loses_answer(self) -> bool:
        """Tell whether this call's answer gets lost."""
        return self._random.random() < self.settings.lose_answers


def _range(value: object) -> tuple[int, int]:
    pair = value if isinstance(value, list) else [value, value]
    match pair:
        case [int(least), int(most)] if 0 <= least <= most <= LONGEST_MS:
            return least, most
    raise Invalid(f"latency_ms is not a number or a pair of numbers from 0 to {LONGEST_MS}")


def _rate(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= float(str(value)) <= 1:
        raise Invalid("a rate is not between 0 and 1")
    return float(str(value))


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise Invalid("a switch is not true or false")
    return value


READERS = {
    "latency_ms": _range,
    "error_rate": _rate,
    "lose_answers": _rate,
    "sold_out": _flag,
    "refuse_confirm": _flag,
}
