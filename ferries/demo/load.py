"""Loads the demo's data; quick when it is all there."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from ferries.demo.archipelago import load_archipelago
from ferries.demo.balaton import load_balaton
from ferries.demo.files import WSF_FEED
from ferries.demo.night import load_night
from ferries.demo.weeks import days_of_weeks
from ferries.demo.wsf import THROUGH, load_network
from ferries.demo.wsf_fares import load_fares
from ferries.gtfs.anchor import Anchor
from ferries.gtfs.reader import read_feed
from ferries.models import Operator, Sailing
from ferries.operations.import_timetable import TimetableImport, import_timetable
from maritime.lib import clock

# The current week and eight whole ones after it.
WEEKS = 9


def load_demo(
    *, now: datetime, simulator_url: str, say: Callable[[str], None], weeks: int = WEEKS
) -> None:
    """Load operators, ports, ships, fares and the sailings of the current and later weeks.

    `say` gets a line for each step. The timetable is imported when one of the days has no
    sailing yet; weeks that are there then stay as they are, and so do the demo lines' sailings.
    """
    with transaction.atomic():
        operator = load_network()
        load_fares(operator)
        load_balaton(base_url=simulator_url)
    say("Washington State Ferries: ports, ships, routes and fares are there")
    say(f"BAHART, Lake Balaton: asked at {simulator_url}")
    anchor = Anchor(clock.local(now, operator.zone).date(), weeks)
    _load_timetable(operator, anchor, now=now, say=say)
    days = days_of_weeks(anchor.monday, weeks)
    load_night(now=now, days=days, say=say)
    load_archipelago(days=days, say=say)


def _load_timetable(
    operator: Operator, anchor: Anchor, *, now: datetime, say: Callable[[str], None]
) -> None:
    weeks = anchor.weeks
    if _is_filled(operator, anchor):
        say(f"Timetable: {weeks} weeks from {anchor.monday} are there")
        return
    say(f"Timetable: importing {weeks} weeks from {anchor.monday} ...")
    wanted = TimetableImport(read_feed(WSF_FEED), operator, anchor, THROUGH)
    report = import_timetable(wanted, now=now)
    say(
        f"Timetable: {report.created} sailings added, {report.unchanged} were there, "
        f"{len(report.notes)} notes about through sailings (import_gtfs prints them)"
    )


def _is_filled(operator: Operator, anchor: Anchor) -> bool:
    last = anchor.monday + timedelta(weeks=anchor.weeks, days=-1)
    sailings = Sailing.objects.filter(operator=operator, service_date__range=(anchor.monday, last))
    days = sailings.aggregate(days=Count("service_date", distinct=True))["days"]
    return bool(days == anchor.weeks * 7)
