"""A GTFS feed as values: stops, routes, trips and the days on which they run. No database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from ferries.gtfs.calendar import Service
from ferries.gtfs.runs import DayRun, Frequency, Run, StopTime, day_runs, on_date
from ferries.gtfs.tables import Problem
from ferries.gtfs.through import join_through

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stop:
    """A landing; `zone` is empty where the feed leaves it to the agency's."""

    id: str
    name: str
    latitude: float | None
    longitude: float | None
    zone: str


@dataclass(frozen=True)
class Trip:
    """One trip with its calls in order; with frequencies, only a pattern for repeated runs.

    `line` is that of its first row in stop_times.txt.
    """

    id: str
    route_id: str
    service_id: str
    line: int
    stop_times: tuple[StopTime, ...] = ()
    frequencies: tuple[Frequency, ...] = ()


@dataclass(frozen=True)
class Feed:
    """Everything read of one feed. Times belong to `zone`, the zone of its agencies."""

    zone: str
    agency: str
    stops: dict[str, Stop]
    services: dict[str, Service]
    trips: tuple[Trip, ...]
    problems: tuple[Problem, ...]
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> list[Problem]:
        """Return the problems that make the feed unfit for import."""
        return [problem for problem in self.problems if problem.is_error]

    @cached_property
    def first_date(self) -> date | None:
        """Return the first service date on which a trip runs."""
        return min((day for service in self._used for day in service.dates()), default=None)

    @cached_property
    def last_date(self) -> date | None:
        """Return the last service date on which a trip runs."""
        return max((day for service in self._used for day in service.dates()), default=None)

    @cached_property
    def period(self) -> tuple[date, date] | None:
        """Return the first and the last date that the feed speaks of, even to say "no run"."""
        dates = {day for service in self._used for day in service.period()}
        return (min(dates), max(dates)) if dates else None

    def day_runs(
        self, day: date, through: Sequence[frozenset[str]] = ()
    ) -> tuple[list[DayRun], list[Problem]]:
        """Return the runs of one service date, in seconds of that day, and notes about them.

        Within each group of stops in `through`, trips of one ship become one run.
        """
        running = {key for key, service in self.services.items() if service.runs_on(day)}
        runs = [
            run
            for trip in self.trips
            if trip.service_id in running
            for run in day_runs(trip.id, trip.line, trip.stop_times, trip.frequencies)
        ]
        notes: list[Problem] = []
        for group in through:
            runs, remarks = join_through(runs, group)
            notes += [
                Problem("stop_times.txt", line, f"on {day}: {text}", is_error=False)
                for line, text in remarks
            ]
        return runs, notes

    def runs(
        self, *, first: date, last: date, through: Sequence[frozenset[str]] = ()
    ) -> Iterator[Run]:
        """Yield the dated runs of the service dates from `first` to `last`, both included."""
        day = first
        while day <= last:
            for run in self.day_runs(day, through)[0]:
                yield on_date(run, day, self.zone)
            day += ONE_DAY

    @cached_property
    def _used(self) -> list[Service]:
        used = {trip.service_id for trip in self.trips}
        return [service for key, service in self.services.items() if key in used]
