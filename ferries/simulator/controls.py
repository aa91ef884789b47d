"""How the company's system misbehaves at the moment, for tests and demonstrations."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ferries.simulator.questions import Invalid

LONGEST_MS = 60_000
CALLS = ("search", "check", "reserve", "confirm", "status", "cancel")


@dataclass(frozen=True)
class Settings:
    """Delay before each answer, and which faults happen how often (rates from 0 to 1).

    - `error_rate`: 500 before anything happens.
    - `lose_answers`: a reservation, confirmation or cancellation takes effect, and the connection
      breaks without an answer.
    - `garbage`: what was asked has happened, and the answer is no JSON.
    - `slow_drip`: it has happened, and the answer comes a byte at a time, over `drip_seconds`.
    - `sold_out`: nothing is left, and every answer says so.
    - `sold_out_between`: searches and checks offer space, a reservation finds it gone.
    - `refuse_confirm`: a confirmation is answered no.
    - `only`: the rates hold for these calls; empty: for all.
    """

    latency_ms: tuple[int, int] = (500, 2000)
    error_rate: float = 0.0
    lose_answers: float = 0.0
    garbage: float = 0.0
    slow_drip: float = 0.0
    drip_seconds: float = 30.0
    sold_out: bool = False
    sold_out_between: float = 0.0
    refuse_confirm: bool = False
    only: tuple[str, ...] = ()


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

    def happens(self, fault: str, call: str) -> bool:
        """Tell whether a fault, one of the rates, strikes this call."""
        only = self.settings.only
        if only and call not in only:
            return False
        rate: float = getattr(self.settings, fault)
        return self._random.random() < rate


def _range(value: object) -> tuple[int, int]:
    pair = value if isinstance(value, list) else [value, value]
    match pair:
        case [int(least), int(most)] if 0 <= least <= most <= LONGEST_MS:
            return least, most
    raise Invalid(f"latency_ms is not a number or a pair of numbers from 0 to {LONGEST_MS}")


def rate(value: object) -> float:
    """Return a rate from 0 to 1; raises Invalid."""
    if type(value) not in (int, float) or not 0 <= float(str(value)) <= 1:
        raise Invalid("a rate is not between 0 and 1")
    return float(str(value))


def _seconds(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= float(str(value)) <= LONGEST_MS / 1000:
        raise Invalid(f"drip_seconds is not between 0 and {LONGEST_MS // 1000}")
    return float(str(value))


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise Invalid("a switch is not true or false")
    return value


def _calls(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(each in CALLS for each in value):
        raise Invalid(f"only is not a list of {', '.join(CALLS)}")
    return tuple(value)


RATES = ("error_rate", "lose_answers", "garbage", "slow_drip", "sold_out_between")
READERS: dict[str, Callable[[object], Any]] = {
    "latency_ms": _range,
    "drip_seconds": _seconds,
    "sold_out": _flag,
    "refuse_confirm": _flag,
    "only": _calls,
    **dict.fromkeys(RATES, rate),
}
