"""The page of a route: the sheet of a month, the different days of its timetable, fares, ships."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ferries import emissions, network
from ferries.chart import Harbour, distance_km
from ferries.day_strip import Lowest
from ferries.discovery import months, queries, structured
from ferries.discovery.fares import PARTIES, Fares
from ferries.discovery.months import Departure, Month, Pattern
from ferries.discovery.pages import (
    Made,
    Sailed,
    operator_path,
    port_path,
    render_body,
    route_path,
)
from ferries.fittings import read_fittings
from ferries.models import Port, Route
from ferries.templatetags.travel import duration, short_day
from maritime.lib import clock

TRIPS_TOLD = 8
PAIR = 2


@dataclass(frozen=True)
class Cell:
    """A day of the month's sheet; no query where nothing can be searched for."""

    day: date
    departures: Sequence[Departure]
    lowest: Lowest | None
    query: str

    @property
    def first(self) -> Departure:
        """Return the first departure of the day."""
        return self.departures[0]

    @property
    def last(self) -> Departure:
        """Return the last departure of the day."""
        return self.departures[-1]


class RoutePage:
    """Everything that the page of a route shows of one month; 6 queries at most."""

    def __init__(
        self, routes: Sequence[Route], *, sails_back: bool, month: Month | None, now: datetime
    ) -> None:
        """Read the route of `routes` from now on; without a month the present one."""
        self.routes, self.sails_back, self.now = routes, sails_back, now
        self.origin, self.destination = routes[0].origin, routes[0].destination
        self.today = clock.local(now, self.origin.zone).date()
        self.present = Month.of(self.today)
        self.month = max(month or self.present, self.present)
        last = queries.last_departure(routes)
        self.last_month = Month.of(clock.local(last, self.origin.zone).date()) if last else None
        start = clock.start_of_day(max(self.today, self.month.first), self.origin.zone)
        end = clock.start_of_day(self.month.following.first, self.origin.zone)
        self.departures = queries.departures(routes, start=start, end=end)
        self.days = months.by_day(self.departures)
        self.fares = self._fares()

    def _fares(self) -> Fares:
        known = network.pair_on(self.origin.code, self.destination.code, self.today)
        needed = {
            each.configuration
            for each in self.departures
            if each.accommodation_required and each.configuration is not None
        }
        return Fares(known.pair, read_fittings(needed), now=self.now)

    @property
    def path(self) -> str:
        """Return the path of the page."""
        return route_path(self.origin, self.destination)

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        lengths = [each.duration for each in self.departures]
        distance = _distance(self.origin, self.destination)
        return {
            "origin": self.origin,
            "destination": self.destination,
            "operators": [route.operator for route in self.routes],
            "remote": [route.operator for route in self.routes if route.operator.is_remote],
            "sails_back": self.sails_back,
            "today": self.today,
            "tomorrow": self.today + timedelta(days=1),
            "month": self.month.first,
            "earlier": self.month.previous if self.month > self.present else None,
            "later": self.month.following if self._goes_on() else None,
            "weekdays": _weekday_heads(),
            "weeks": self._weeks(),
            "patterns": [(self._days_in_words(each), each) for each in months.patterns(self.days)],
            "several_operators": len({each.operator for each in self.departures}) > 1,
            "prices": self._prices(),
            "ships": self._ships(distance),
            "durations": _range(lengths),
            "distance_km": distance,
            "chart": distance and reverse("chart", args=[self.origin.code, self.destination.code]),
        }

    def lowest(self) -> Lowest | None:
        """Return the least that an adult pays in the month."""
        return self.fares.lowest_of(self.departures)

    def data(self) -> list[structured.Thing]:
        """Return the route for search engines: its ends, its sellers, its next departures."""
        start, end = port_path(self.origin), port_path(self.destination)
        return [
            structured.terminal(self.origin, start),
            structured.terminal(self.destination, end),
            *(
                structured.company(each.operator, operator_path(each.operator))
                for each in self.routes
            ),
            *(
                structured.boat_trip(
                    each,
                    start=start,
                    end=end,
                    seller=reverse("operator", args=[each.operator]),
                    price=self.fares.lowest(each),
                    search=f"{reverse('results')}?{self._query(each.day)}",
                )
                for each in self._upcoming()[:TRIPS_TOLD]
            ),
        ]

    def _upcoming(self) -> list[Departure]:
        return [each for each in self.departures if each.departs_at > self.now]

    def _goes_on(self) -> bool:
        return self.last_month is not None and self.month < self.last_month

    def _query(self, day: date) -> str:
        return urlencode(
            {
                "origin": self.origin.code,
                "destination": self.destination.code,
                "date": day.isoformat(),
                "adults": 1,
            }
        )

    def _weeks(self) -> list[list[Cell | None]]:
        first = int(get_format("FIRST_DAY_OF_WEEK"))
        sheet = months.weeks(self.month, first_weekday=first)
        return [[self._cell(day) if day else None for day in week] for week in sheet]

    def _cell(self, day: date) -> Cell:
        found = self.days.get(day, [])
        query = self._query(day) if found else ""
        return Cell(day, found, self.fares.lowest_of(found), query)

    def _days_in_words(self, pattern: Pattern) -> str:
        runs = months.weekdays_of(pattern.days, among=self.days)
        if runs is None or len(pattern.days) < PAIR:
            return ", ".join(short_day(day) for day in pattern.days)
        if months.is_daily(pattern.days, among=self.days):
            return _("Every day")
        return ", ".join(_run_in_words(run) for run in runs)

    def _prices(self) -> list[tuple[Any, Lowest]]:
        found = ((name, self.fares.lowest_of(self.departures, party)) for name, party in PARTIES)
        return [(name, lowest) for name, lowest in found if lowest]

    def _ships(self, distance: float | None) -> list[Sailed]:
        configurations = {each.configuration for each in self.departures} - {None}
        found = queries.ships(pk for pk in configurations if pk) if configurations else []
        return [Sailed(ship, emissions.footprint(ship.name, distance)) for ship in found]


def route_page(
    routes: Sequence[Route], *, sails_back: bool, month: Month | None, now: datetime
) -> Made:
    """Make the page of a route and month."""
    page = RoutePage(routes, sails_back=sails_back, month=month, now=now)
    ends = {"origin": page.origin.name, "destination": page.destination.name}
    title = _("Ferry from %(origin)s to %(destination)s") % ends
    description = (
        _("Timetable, ships and prices of the ferry from %(origin)s to %(destination)s.") % ends
    )
    steps = [(_("Routes"), reverse("routes")), (title, page.path)]
    return Made(
        title=title,
        description=description,
        data=structured.graph([structured.breadcrumbs(steps), *page.data()]),
        body=render_body("_route", {**page.context(), "title": title, "lowest": page.lowest()}),
        until=_end_of_day(page.today, page.origin.zone),
    )


def _distance(origin: Port, destination: Port) -> float | None:
    ends = [
        Harbour(port.name, port.latitude, port.longitude)
        for port in (origin, destination)
        if port.latitude is not None and port.longitude is not None
    ]
    return distance_km(*ends) if len(ends) == 2 and ends[0] != ends[1] else None


def _weekday_heads() -> list[tuple[str, str]]:
    """Return the names of the weekdays in the order of the sheet, short and in full."""
    first = (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % months.WHOLE_WEEK
    monday = date(2024, 1, 1)
    days = [monday + timedelta(days=first + number) for number in range(months.WHOLE_WEEK)]
    return [(date_format(day, "D"), date_format(day, "l")) for day in days]


def _run_in_words(run: Sequence[int]) -> str:
    first, last = str(WEEKDAYS[run[0]]), str(WEEKDAYS[run[-1]])
    if len(run) == 1:
        return first
    if len(run) == PAIR:
        return f"{first}, {last}"
    words = {"first": first, "last": last}
    return pgettext("weekdays", "%(first)s to %(last)s") % words


def _range(lengths: Sequence[timedelta]) -> str:
    """Write how long crossings take: 35 min, or 8 h to 9 h 30 min."""
    if not lengths:
        return ""
    shortest, longest = duration(min(lengths)), duration(max(lengths))
    if shortest == longest:
        return shortest
    words = {"shortest": shortest, "longest": longest}
    return pgettext("durations", "%(shortest)s to %(longest)s") % words


def _end_of_day(day: date, zone: str) -> datetime:
    return clock.start_of_day(day + timedelta(days=1), zone)
