"""Fill the cache with the searches that most travellers begin with."""

import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ferries import cache
from ferries.api.answers import search_answer
from ferries.api.serializers import SearchQuery
from ferries.models import Route
from ferries.party import Party
from ferries.queries import routes_on_sale
from maritime.lib import clock

MOST_DAYS = 60


class Command(BaseCommand):
    """Searches every port pair on the next days for one adult, as travellers would.

    What another party sees is priced from the same departures and the same space.
    """

    help = (
        "Search every port pair for the next days, so that the first travellers after a start or a "
        "change of timetables do not wait. Asks remote operators only with --remote."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--days", type=_days, default=3, help="from today on; 3 unless told")
        parser.add_argument("--operator", help="only the routes of the operator with this code")
        parser.add_argument("--remote", action="store_true", help="asks operators' own systems too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Search and tell how many answers were made and how many were there already."""
        if not cache.searches_generation():
            raise CommandError("The cache does not answer, so there is nothing to fill.")
        routes = [route for route in routes_on_sale() if _is_wanted(route, options)]
        if not routes:
            raise CommandError("There is no such route on sale. Leave options out, or check them.")
        started, made, ready = time.monotonic(), 0, 0
        for query in _queries(routes, options["days"]):
            _, was_ready = search_answer(query, now=clock.now())
            ready += was_ready
            made += not was_ready
        seconds = time.monotonic() - started
        self.stdout.write(f"{made} searches made, {ready} were ready, in {seconds:.1f} s.")


def _is_wanted(route: Route, options: dict[str, Any]) -> bool:
    is_named = options["operator"] in {None, route.operator.code}
    return is_named and (options["remote"] or not route.operator.is_remote)


def _queries(routes: list[Route], days: int) -> Iterator[SearchQuery]:
    """Yield the searches of all port pairs, those of the first day first."""
    pairs = dict.fromkeys((route.origin, route.destination) for route in routes)
    for distance in range(days):
        for origin, destination in pairs:
            today: date = clock.local(clock.now(), origin.zone).date()
            day = today + timedelta(days=distance)
            yield SearchQuery(origin.code, destination.code, day, None, Party())


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise ArgumentTypeError(f"a number of days from 1 to {MOST_DAYS}")
    return int(text)
