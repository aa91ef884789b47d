"""Which ships leave when: a GTFS feed, read once and repeated by whole years of 52 weeks."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ferries.gtfs.feed import Feed
from ferries.gtfs.runs import on_date

# Keeps the weekday, so that a weekend timetable stays one.
YEAR = timedelta(weeks=52)
ONE_DAY = timedelta(days=1)
ODD_LETTERS = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Departure:
    """One ride on one run; `first` and `last` are the numbers of its calls, times are UTC."""

    id: str
    sailing: str
    first: int
    last: int
    origin: str
    destination: str
    departs_at: datetime
    arrives_at: datetime


class Timetable:
    """The feed's departures on any day; dates after its end repeat it, dates before have none."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._of_service_date = lru_cache(maxsize=64)(self._read)

    def knows(self, stop: str) -> bool:
        """Tell whether the company calls at the stop."""
        return stop in self._feed.stops

    def departures(self, origin: str, destination: str, day: date) -> list[Departure]:
        """Return what leaves on the calendar day at the origin, by time."""
        zone = ZoneInfo(self._feed.stops[origin].zone or self._feed.zone)
        found = [
            departure
            for service_date in (day - ONE_DAY, day)
            for departure in self._of_service_date(service_date).values()
            if (departure.origin, departure.destination) == (origin, destination)
            and departure.departs_at.astimezone(zone).date() == day
        ]
        return sorted(found, key=lambda departure: (departure.departs_at, departure.id))

    def departure(self, key: str) -> Departure | None:
        """Return the departure of an offer's id, if there is one."""
        try:
            service_date = date.fromisoformat(key.partition(".")[0])
        except ValueError:
            return None
        return self._of_service_date(service_date).get(key)

    def _read(self, service_date: date) -> dict[str, Departure]:
        found = {}
        for run in self._feed.day_runs(self._source(service_date))[0]:
            dated = on_date(run, service_date, self._feed.zone)
            sailing = f"{service_date}.{ODD_LETTERS.sub('-', run.ref)}"
            for ride in dated.rides:
                key = f"{sailing}.{ride.start}-{ride.end}"
                found[key] = Departure(
                    id=key,
                    sailing=sailing,
                    first=ride.start,
                    last=ride.end,
                    origin=dated.calls[ride.start].stop_id,
                    destination=dated.calls[ride.end].stop_id,
                    departs_at=ride.departs_at,
                    arrives_at=ride.arrives_at,
                )
        return found

    def _source(self, service_date: date) -> date:
        """Return the feed's date that stands for a service date."""
        last = self._feed.last_date
        if last is None or service_date <= last:
            return service_date
        years = -(-(service_date - last) // YEAR)
        return service_date - years * YEAR
