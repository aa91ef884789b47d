"""The timetable of a month: which days have which departures. Pure."""

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maritime.lib import clock

PATTERN = re.compile(r"(\d{4})-(\d{2})")
WHOLE_WEEK = 7


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> "Month | None":
        """Return the month that 2026-12 names; None for anything else."""
        found = PATTERN.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12 or not 2000 <= int(found[1]) < 2200:
            return None
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Return the first day."""
        return date(self.year, self.number, 1)

    @property
    def following(self) -> "Month":
        """Return the next month."""
        return self.of(self.first + timedelta(days=31))

    @property
    def previous(self) -> "Month":
        """Return the month before."""
        return self.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"


@dataclass(frozen=True)
class Departure:
    """One departure on a route; moments in UTC, zones of the two ports.

    Without a ship there is neither a name nor the key of a configuration.
    """

    departs_at: datetime
    arrives_at: datetime
    origin_zone: str
    destination_zone: str
    operator: str
    operator_name: str
    vessel: str | None
    configuration: int | None
    accommodation_required: bool

    @property
    def day(self) -> date:
        """Return the local day of the departure."""
        return clock.local(self.departs_at, self.origin_zone).date()

    @property
    def duration(self) -> timedelta:
        """Return how long the crossing takes."""
        return self.arrives_at - self.departs_at

    @property
    def times(self) -> "Times":
        """Return what the wall clocks of the ports show."""
        departs = clock.local(self.departs_at, self.origin_zone)
        arrives = clock.local(self.arrives_at, self.destination_zone)
        days_later = (arrives.date() - departs.date()).days
        return Times(f"{departs:%H:%M}", f"{arrives:%H:%M}", days_later, self.operator_name)


@dataclass(frozen=True, order=True)
class Times:
    """A departure as timetables write it."""

    departs: str
    arrives: str
    days_later: int
    operator: str


@dataclass(frozen=True)
class Pattern:
    """Days with the very same departures."""

    days: tuple[date, ...]
    times: tuple[Times, ...]


def by_day(departures: Iterable[Departure]) -> dict[date, list[Departure]]:
    """Return the departures by their local day, in order."""
    days: dict[date, list[Departure]] = {}
    for each in sorted(departures, key=lambda each: each.departs_at):
        days.setdefault(each.day, []).append(each)
    return days


def weeks(month: Month, *, first_weekday: int) -> list[list[date | None]]:
    """Return the weeks of a month, each of seven days; None for days of other months.

    `first_weekday` counts as Django's formats do: 0 is Sunday, 1 Monday.
    """
    sheet = calendar.Calendar((first_weekday - 1) % WHOLE_WEEK)
    return [
        [day if Month.of(day) == month else None for day in week]
        for week in sheet.monthdatescalendar(month.year, month.number)
    ]


def patterns(days: dict[date, list[Departure]]) -> list[Pattern]:
    """Return the different days of a timetable, the one that comes first at the start."""
    found: dict[tuple[Times, ...], list[date]] = {}
    for day in sorted(days):
        times = tuple(sorted(each.times for each in days[day]))
        found.setdefault(times, []).append(day)
    return [Pattern(tuple(group), times) for times, group in found.items()]


def is_daily(days: Sequence[date], *, among: Iterable[date]) -> bool:
    """Tell whether the days are all the others too, and follow each other without a gap."""
    lasts = (max(days) - min(days)).days + 1
    return lasts == len(days) and set(days) == set(among)


def weekdays_of(days: Sequence[date], *, among: Iterable[date]) -> list[list[int]] | None:
    """Return the weekdays (0: Monday) that stand for the days, in runs of neighbours.

    None unless the days are all that fall on these weekdays `among` the others.
    """
    numbers = {day.weekday() for day in days}
    if {day for day in among if day.weekday() in numbers} != set(days):
        return None
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
