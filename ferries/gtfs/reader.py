"""Reads a GTFS zip into a `Feed`, streamed, with every fault noted by file and line. No database.

`read_feed` never raises for what is in the file; ask `feed.errors` before you use the feed.
"""

import math
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from ferries.gtfs.calendar import Calendar
from ferries.gtfs.feed import Feed, Stop, Trip
from ferries.gtfs.runs import Frequency, StopTime
from ferries.gtfs.stop_times import RawStopTime, TripError, complete
from ferries.gtfs.tables import Archive, Findings, Row, RowError, open_archive

MANDATORY = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
# 4 in the basic list of route types, 1000 and 1200 in the extended one.
FERRY_TYPES = frozenset({"4", "1000", "1200"})
TIME = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
NOT_AVAILABLE = "1"


def read_feed(path: Path) -> Feed:
    """Read the zip; rows may come in any order, optional files and columns may be missing."""
    findings = Findings()
    reading = _Reading(findings)
    archive = open_archive(path, findings)
    if archive:
        missing = [file for file in MANDATORY if not archive.has(file)]
        if not archive.has("calendar.txt") and not archive.has("calendar_dates.txt"):
            missing.append("calendar.txt")
        for file in missing:
            findings.error(file, 0, "is missing")
        if not missing:
            reading.read(archive)
        archive.close()
    return reading.feed()


class _Reading:
    """What has been read so far; one method for each file."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._agencies: list[tuple[str, str]] = []
        self._stops: dict[str, Stop] = {}
        self._ferry_routes: dict[str, bool] = {}
        self._calendar = Calendar()
        self._trips: dict[str, Trip] = {}
        self._skipped: set[str] = set()
        self._stop_times: dict[str, list[RawStopTime]] = defaultdict(list)
        self._frequencies: dict[str, list[Frequency]] = defaultdict(list)

    def read(self, archive: Archive) -> None:
        """Read the files in the order in which they refer to each other."""
        archive.each("agency.txt", ["agency_name", "agency_timezone"], self._agency)
        archive.each("stops.txt", ["stop_id"], self._stop)
        archive.each("routes.txt", ["route_id", "route_type"], self._route)
        if archive.has("calendar.txt"):
            archive.each("calendar.txt", ["service_id"], self._calendar.take_pattern)
        if archive.has("calendar_dates.txt"):
            archive.each("calendar_dates.txt", ["service_id"], self._calendar.take_exception)
        archive.each("trips.txt", ["route_id", "service_id", "trip_id"], self._trip)
        columns = ["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"]
        archive.each("stop_times.txt", columns, self._stop_time)
        if archive.has("frequencies.txt"):
            columns = ["trip_id", "start_time", "end_time", "headway_secs"]
            archive.each("frequencies.txt", columns, self._frequency)

    def feed(self) -> Feed:
        """Return what was read, trips with their calls in the order of trips.txt."""
        trips = []
        for trip in self._trips.values():
            calls = self._calls(trip)
            if calls:
                line = self._stop_times[trip.id][0].line
                frequencies = tuple(self._frequencies[trip.id])
                trips.append(replace(trip, line=line, stop_times=calls, frequencies=frequencies))
        if self._skipped:
            text = f"{len(self._skipped)} trips of other means of transport were left out"
            self._findings.note("trips.txt", 0, text)
        agency, zone = self._agencies[0] if self._agencies else ("", "UTC")
        return Feed(
            zone=zone,
            agency=agency,
            stops=self._stops,
            services=self._calendar.services,
            trips=tuple(trips),
            problems=tuple(self._findings.problems),
            rows=self._findings.rows,
        )

    def _calls(self, trip: Trip) -> tuple[StopTime, ...]:
        rows = self._stop_times.get(trip.id)
        if not rows:
            text = f"trip {trip.id} has no stop times and was left out"
            self._findings.note("trips.txt", trip.line, text)
            return ()
        try:
            return complete(rows)
        except TripError as error:
            self._findings.error("stop_times.txt", error.line, f"trip {trip.id}: {error}")
            return ()

    def _agency(self, row: Row) -> None:
        zone = _zone(row.text("agency_timezone"))
        if self._agencies and zone != self._agencies[0][1]:
            raise RowError(f"agency_timezone {zone} differs from {self._agencies[0][1]}")
        self._agencies.append((row.text("agency_name"), zone))

    def _stop(self, row: Row) -> None:
        key = row.key("stop_id")
        if key in self._stops:
            raise RowError(f"stop {key} occurs twice")
        zone = row.optional("stop_timezone")
        self._stops[key] = Stop(
            id=key,
            name=row.optional("stop_name") or key,
            latitude=_degrees(row, "stop_lat", 90),
            longitude=_degrees(row, "stop_lon", 180),
            zone=_zone(zone) if zone else "",
        )

    def _route(self, row: Row) -> None:
        key = row.key("route_id")
        if key in self._ferry_routes:
            raise RowError(f"route {key} occurs twice")
        self._ferry_routes[key] = row.text("route_type") in FERRY_TYPES

    def _trip(self, row: Row) -> None:
        key, route, service = row.key("trip_id"), row.key("route_id"), row.key("service_id")
        if key in self._trips or key in self._skipped:
            raise RowError(f"trip {key} occurs twice")
        if route not in self._ferry_routes:
            raise RowError(f"route {route} is not in routes.txt")
        if service not in self._calendar.services:
            raise RowError(f"service {service} is in neither calendar")
        if self._ferry_routes[route]:
            self._trips[key] = Trip(key, route, service, row.line)
        else:
            self._skipped.add(key)

    def _stop_time(self, row: Row) -> None:
        trip = row.key("trip_id")
        if trip not in self._trips:
            self._refuse_unknown(trip)
            return
        stop = row.key("stop_id")
        if stop not in self._stops:
            raise RowError(f"stop {stop} is not in stops.txt")
        arrival, departure = _time(row, "arrival_time"), _time(row, "departure_time")
        self._stop_times[trip].append(
            RawStopTime(
                line=row.line,
                stop_id=stop,
                sequence=_whole(row, "stop_sequence"),
                arrival=departure if arrival is None else arrival,
                departure=arrival if departure is None else departure,
                pickup=row.optional("pickup_type") != NOT_AVAILABLE,
                drop_off=row.optional("drop_off_type") != NOT_AVAILABLE,
            )
        )

    def _frequency(self, row: Row) -> None:
        trip = row.key("trip_id")
        if trip not in self._trips:
            self._refuse_unknown(trip)
            return
        start, end = _time(row, "start_time"), _time(row, "end_time")
        headway = _whole(row, "headway_secs")
        if start is None or end is None or end <= start:
            raise RowError("end_time is not after start_time")
        if headway <= 0:
            raise RowError("headway_secs is not positive")
        self._frequencies[trip].append(Frequency(start, end, headway))

    def _refuse_unknown(self, trip: str) -> None:
        if trip not in self._skipped:
            raise RowError(f"trip {trip} is not in trips.txt")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise RowError(f"time zone {name} is unknown") from None


def _time(row: Row, name: str) -> int | None:
    """Return seconds of the service day, which may pass 24 h; None where the value is empty."""
    text = row.optional(name)
    if not text:
        return None
    match = TIME.fullmatch(text)
    if not match:
        raise RowError(f"{name} {text} is not a time like 25:10:00")
    hours, minutes, seconds = map(int, match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _whole(row: Row, name: str) -> int:
    text = row.text(name)
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise RowError(f"{name} {text} is not a whole number")
    return int(text)


def _degrees(row: Row, name: str, limit: int) -> float | None:
    text = row.optional(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= limit:
        raise RowError(f"{name} {text} is not between -{limit} and {limit}")
    return value
