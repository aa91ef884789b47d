"""Wall-clock times of a schedule, and the instants that they mean on a date. Pure.

"06:00+1" is six in the morning of the day after the sailing's day. Each port's times are those of
its own clocks, also in the nights when these change: an hour that the clocks skip is a problem, one
that comes twice is taken the first time that fits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ferries.gtfs.runs import DatedCall

WALL_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?:\+([0-9]))?")
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True)
class WallTime:
    """What the port's clocks show, so many days after the sailing's day."""

    at: time
    day: int = 0

    def __str__(self) -> str:
        return f"{self.at:%H:%M}" + (f"+{self.day}" if self.day else "")

    def on(self, day: date) -> datetime:
        """Return the wall clock's date and time for the sailing of a day, without a zone."""
        return datetime.combine(day + timedelta(days=self.day), self.at)


@dataclass(frozen=True)
class CallTimes:
    """When a ship is to be at a port (code); the first call has no arrival, the last no departure."""

    port: str
    arrives: WallTime | None = None
    departs: WallTime | None = None

    def __str__(self) -> str:
        times = (str(each) for each in (self.arrives, self.departs) if each)
        return " ".join((self.port, *times))


@dataclass(frozen=True)
class Dated:
    """The calls of one sailing as instants, or the `problem` (code, sentence) that prevents it.

    `notes` are sentences about hours that come twice.
    """

    calls: tuple[DatedCall, ...] = ()
    problem: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()


def parse_calls(lines: Sequence[str]) -> tuple[CallTimes, ...]:
    """Return calls from lines such as "GRPIR 21:00", "GRTIL 09:20 09:40", "GRHER 06:00+1".

    One time is the departure of the first call, the arrival of the last, and both in between.
    Raises ValueError with a sentence.
    """
    rows = [line.split() for line in lines if line.strip()]
    if len(rows) < 2:
        raise ValueError("A sailing has two calls or more, each on a line of its own.")
    calls = tuple(
        _call(words, is_first=index == 0, is_last=index == len(rows) - 1)
        for index, words in enumerate(rows)
    )
    departs = calls[0].departs
    if departs is None or departs.day:
        raise ValueError("The first departure is on the sailing's own day, without +1.")
    return calls


def parse_pairs(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return sold pairs of ports from lines such as "GRPIR GRHER". Raises ValueError."""
    rows = [line.split() for line in lines if line.strip()]
    wrong = next((words for words in rows if len(words) != 2), None)
    if wrong:
        raise ValueError(f"A sold pair names two ports; this does not: {' '.join(wrong)}")
    return tuple((origin, destination) for origin, destination in rows)


def days_of(
    first: date, last: date, *, weekdays: frozenset[int], without: frozenset[date]
) -> list[date]:
    """Return the days of a season, ends included, that are of the weekdays and not left out."""
    season = (first + timedelta(days=index) for index in range((last - first).days + 1))
    return [day for day in season if day.weekday() in weekdays and day not in without]


def moments_of(wall: datetime, zone: str) -> list[datetime]:
    """Return the instants (UTC) at which clocks of the zone show this: none, one or two."""
    local = ZoneInfo(zone)
    found = {wall.replace(tzinfo=local, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(
        moment for moment in found if moment.astimezone(local).replace(tzinfo=None) == wall
    )


def dated(calls: Sequence[CallTimes], day: date, zones: Mapping[str, str]) -> Dated:
    """Return the calls on a day as instants; `zones` by the ports' codes."""
    moments: list[datetime] = []
    notes: list[str] = []
    for call, wall in _times(calls):
        shown = wall.on(day)
        stated = f"{call.port} {shown:%H:%M} on {shown:%Y-%m-%d}"
        possible = moments_of(shown, zones[call.port])
        if not possible:
            return Dated(problem=("clock_gap", f"{stated} does not exist: the clocks skip it."))
        fitting = [moment for moment in possible if not moments or moment >= moments[-1]]
        if not fitting:
            return Dated(problem=("call_order", f"{stated} is before the time that precedes it."))
        if len(possible) > 1:
            which = "first" if fitting == possible else "second"
            notes.append(f"{stated} comes twice, as the clocks go back: the {which} is meant.")
        moments.append(fitting[0])
    return _ordered(calls, day, moments, tuple(notes))


def _ordered(
    calls: Sequence[CallTimes], day: date, moments: Sequence[datetime], notes: tuple[str, ...]
) -> Dated:
    """Return the calls, unless the ship would arrive at the moment at which it left."""
    # Neither end has two times, so each takes its only one for both.
    ends = [moments[0], *moments, moments[-1]]
    found = tuple(
        DatedCall(call.port, arrives_at, departs_at)
        for call, arrives_at, departs_at in zip(calls, ends[::2], ends[1::2], strict=True)
    )
    for call, after in pairwise(found):
        if after.arrives_at <= call.departs_at:
            sentence = f"{after.stop_id} is reached at the moment of departure, {day:%Y-%m-%d}."
            return Dated(problem=("call_order", sentence))
    return Dated(found, notes=notes)


def _times(calls: Sequence[CallTimes]) -> Iterator[tuple[CallTimes, WallTime]]:
    for call in calls:
        yield from ((call, wall) for wall in (call.arrives, call.departs) if wall)


def _call(words: Sequence[str], *, is_first: bool, is_last: bool) -> CallTimes:
    port, *texts = words
    times = [_wall_time(text) for text in texts]
    most = 1 if is_first or is_last else 2
    if not 1 <= len(times) <= most:
        raise ValueError(
            f"{port}: the first and the last call have one time, others arrival and departure."
        )
    return CallTimes(
        port,
        arrives=None if is_first else times[0],
        departs=None if is_last else times[-1],
    )


def _wall_time(text: str) -> WallTime:
    found = WALL_TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no time; write 21:00, or 06:00+1 for the next day.")
    hour, minute, day = found.groups()
    return WallTime(time(int(hour), int(minute)), int(day or 0))
