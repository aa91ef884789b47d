"""Whether one ship can do all of its runs, one after the other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maritime.lib import clock


@dataclass(frozen=True)
class Finding:
    """What is wrong or odd with the sailing of a day: stable code and a sentence."""

    code: str
    day: date
    sentence: str

    def __str__(self) -> str:
        return f"{self.day}: {self.sentence}"


@dataclass(frozen=True)
class Berth:
    """A port where a run begins or ends: its primary key, name and time zone."""

    port: int
    name: str
    zone: str


@dataclass(frozen=True)
class ShipRun:
    """From when to when a ship is at sea, and where it then lies; `is_new` ones are planned.

    `turnaround_minutes` is what it needs between this run and its neighbours; 0 for existing ones.
    """

    name: str
    day: date
    starts_at: datetime
    ends_at: datetime
    begins: Berth
    ends: Berth
    is_new: bool = False
    turnaround_minutes: int = 0

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"


@dataclass(frozen=True)
class Checked:
    """`conflicts` prevent the schedule; `warnings` are for somebody to look at."""

    conflicts: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def check(ship: str, runs: Sequence[ShipRun]) -> Checked:
    """Return what the new runs of a ship collide with, in order of time.

    Of neighbours that collide at least one is new. A turnaround of exactly the needed minutes is
    enough; each new run that collides is named at least once.
    """
    conflicts: list[Finding] = []
    warnings: list[Finding] = []
    for before, after in _neighbours(runs):
        if not (before.is_new or after.is_new):
            continue
        collision = _collision(ship, before, after)
        if collision:
            conflicts.append(collision)
        elif before.ends.port != after.begins.port:
            warnings.append(_elsewhere(ship, before, after))
    return Checked(tuple(conflicts), tuple(warnings))


def _neighbours(runs: Sequence[ShipRun]) -> Iterator[tuple[ShipRun, ShipRun]]:
    """Return each run with the one, of those that start before it, that ends last."""
    ordered = sorted(runs, key=lambda run: (run.starts_at, run.ends_at))
    last: ShipRun | None = None
    for run in ordered:
        if last:
            yield last, run
        last = run if last is None or run.ends_at > last.ends_at else last


def _collision(ship: str, before: ShipRun, after: ShipRun) -> Finding | None:
    subject = after if after.is_new else before
    if after.starts_at < before.ends_at:
        sentence = (
            f"{ship} would be in two places: {after} leaves {after.begins.name} at "
            f"{_local(after.starts_at, after.begins)}, {before} reaches {before.ends.name} only at "
            f"{_local(before.ends_at, before.ends)}."
        )
        return Finding("overlap", subject.day, sentence)
    needed = max(before.turnaround_minutes, after.turnaround_minutes)
    left = after.starts_at - before.ends_at
    if left < timedelta(minutes=needed):
        sentence = (
            f"{ship} has {left // timedelta(minutes=1)} minutes instead of {needed} between "
            f"{before} and {after}, which leaves {after.begins.name} at "
            f"{_local(after.starts_at, after.begins)}."
        )
        return Finding("turnaround", subject.day, sentence)
    return None


def _elsewhere(ship: str, before: ShipRun, after: ShipRun) -> Finding:
    subject = after if after.is_new else before
    sentence = (
        f"{ship} would start {after} from {after.begins.name}, but {before} ends in "
        f"{before.ends.name}."
    )
    return Finding("elsewhere", subject.day, sentence)


def _local(moment: datetime, berth: Berth) -> str:
    return f"{clock.local(moment, berth.zone):%H:%M on %Y-%m-%d}"
