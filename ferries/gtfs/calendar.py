"""On which dates a service runs: weekly pattern, added and removed days. No database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from ferries.gtfs.tables import Row, RowError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ADDED, REMOVED = "1", "2"


@dataclass
class Service:
    """A set of dates; filled from calendar.txt, calendar_dates.txt or both."""

    weekdays: frozenset[int] = frozenset()
    start: date | None = None
    end: date | None = None
    added: set[date] = field(default_factory=set)
    removed: set[date] = field(default_factory=set)

    def runs_on(self, day: date) -> bool:
        """Tell whether the service runs on the date; exceptions win over the pattern."""
        if day in self.removed:
            return False
        return day in self.added or self._in_pattern(day)

    def dates(self) -> Iterator[date]:
        """Yield every date on which the service runs, in no order."""
        yield from self.added - self.removed
        if self.start and self.end:
            for offset in range((self.end - self.start).days + 1):
                day = self.start + timedelta(days=offset)
                if day not in self.added and self.runs_on(day):
                    yield day

    def period(self) -> Iterator[date]:
        """Yield the dates between which the service is declared, days without a run included."""
        yield from self.added | self.removed
        if self.start and self.end:
            yield from (self.start, self.end)

    def _in_pattern(self, day: date) -> bool:
        if self.start is None or self.end is None:
            return False
        return self.start <= day <= self.end and day.weekday() in self.weekdays


class Calendar:
    """Gathers the services while calendar.txt and calendar_dates.txt are read."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}

    def take_pattern(self, row: Row) -> None:
        """Read one row of calendar.txt."""
        service = self._service(row)
        if service.start is not None:
            raise RowError(f"service {row.text('service_id')} occurs twice")
        start, end = read_date(row, "start_date"), read_date(row, "end_date")
        if end < start:
            raise RowError("end_date is before start_date")
        service.weekdays = frozenset(
            index for index, name in enumerate(WEEKDAYS) if _flag(row, name)
        )
        service.start, service.end = start, end

    def take_exception(self, row: Row) -> None:
        """Read one row of calendar_dates.txt."""
        kind, day = row.text("exception_type"), read_date(row, "date")
        if kind not in {ADDED, REMOVED}:
            raise RowError(f"exception_type {kind} is neither 1 nor 2")
        service = self._service(row)
        if day in service.added | service.removed:
            raise RowError(f"{day} occurs twice for this service")
        (service.added if kind == ADDED else service.removed).add(day)

    def _service(self, row: Row) -> Service:
        return self.services.setdefault(row.key("service_id"), Service())


def read_date(row: Row, name: str) -> date:
    """Return a date written as YYYYMMDD; raises RowError."""
    text = row.text(name)
    try:
        if len(text) != 8 or not text.isdecimal():
            raise ValueError(text)
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise RowError(f"{name} {text} is not a date like 20261231") from None


def _flag(row: Row, name: str) -> bool:
    text = row.text(name)
    if text not in {"0", "1"}:
        raise RowError(f"{name} {text} is neither 0 nor 1")
    return text == "1"
