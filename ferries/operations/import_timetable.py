"""Import a GTFS timetable as sailings: all of it or nothing, and the same again changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from ferries import cache
from ferries.errors import TimetableRefused
from ferries.gtfs.anchor import Anchor, anchored_days, true_days
from ferries.gtfs.feed import Feed
from ferries.gtfs.runs import DayRun, Run, on_date
from ferries.gtfs.tables import Problem
from ferries.models import Operator, Sailing
from ferries.operations import allot
from ferries.operations.timetable_changes import Changes, ExistingSailing, apply_changes
from ferries.operations.timetable_network import configurations_of_routes, ports_of_stops
from ferries.operations.timetable_rows import (
    PlannedSailing,
    create_sailings,
    planned,
    resources_of_ships,
)
from maritime.lib import clock


@dataclass(frozen=True)
class TimetableImport:
    """What to import for whom: on the feed's own dates, or its weeks repeated from an anchor.

    Within each group of stops in `through`, trips of one ship become one sailing.
    """

    feed: Feed
    operator: Operator
    anchor: Anchor | None = None
    through: tuple[frozenset[str], ...] = ()


@dataclass
class ImportReport:
    """What an import read, found odd and did."""

    rows: dict[str, int]
    notes: list[Problem]
    runs: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)
    rescheduled: list[str] = field(default_factory=list)


def import_timetable(wanted: TimetableImport, *, now: datetime) -> ImportReport:
    """Bring the operator's sailings in line with the feed, in one transaction.

    Sailings of the imported dates that the feed no longer has are removed; those with claims are
    kept with their sale stopped (`report.kept`). Departed sailings and those entered by hand stay
    as they are. Locks the operator's row and the pools of changed sailings. Raises
    TimetableRefused, with nothing written, for a feed with errors and for one that has ended.
    """
    _refuse_unfit(wanted, now=now)
    with transaction.atomic():
        return _import(wanted, now=now)


def preview_timetable(wanted: TimetableImport, *, now: datetime) -> ImportReport:
    """Return the report that `import_timetable` would give, and write nothing."""
    _refuse_unfit(wanted, now=now)
    with transaction.atomic():
        report = _import(wanted, now=now)
        transaction.set_rollback(True)
    return report


def _refuse_unfit(wanted: TimetableImport, *, now: datetime) -> None:
    feed = wanted.feed
    if feed.errors:
        raise TimetableRefused("The feed has errors.", [str(problem) for problem in feed.errors])
    if feed.last_date is None:
        raise TimetableRefused("No trip of the feed runs on any day.")
    if wanted.anchor is None and feed.last_date < clock.local(now, feed.zone).date():
        raise TimetableRefused(
            f"The feed has ended on {feed.last_date}. Anchor it to a week to show it as a demo."
        )
    if not _days(wanted):
        raise TimetableRefused("The feed has no whole week, Monday to Sunday, to be repeated.")


def _days(wanted: TimetableImport) -> list[tuple[date, date]]:
    if wanted.anchor is None:
        return list(true_days(wanted.feed))
    return list(anchored_days(wanted.feed, wanted.anchor))


def _import(wanted: TimetableImport, *, now: datetime) -> ImportReport:
    operator = Operator.objects.select_for_update().get(pk=wanted.operator.pk)
    feed, days = wanted.feed, _days(wanted)
    report = ImportReport(rows=feed.rows, notes=list(feed.problems))
    plans = _plans(operator, feed, _dated_runs(wanted, days, report))
    existing = _existing(operator, first=days[0][0], last=days[-1][0])
    resources = resources_of_ships(operator)
    new, changes = _compare(plans, existing, now=now)
    allot.apply_rules(create_sailings(operator, new, resources))
    apply_changes(changes, resources)
    if new or changes.touched:
        cache.invalidate_searches()
        cache.invalidate_sailing_availability(*changes.touched)
    report.runs, report.created = len(plans), len(new)
    report.updated, report.removed = changes.updated, changes.removed
    report.unchanged = len(plans) - len(new) - len(changes.changed)
    report.kept, report.rescheduled = changes.kept, changes.rescheduled
    return report


def _dated_runs(
    wanted: TimetableImport, days: Iterable[tuple[date, date]], report: ImportReport
) -> list[Run]:
    """Return the runs of the days; a day of the feed that serves several is worked out once."""
    known: dict[date, list[DayRun]] = {}
    runs = []
    for day, source in days:
        if source not in known:
            known[source], notes = wanted.feed.day_runs(source, wanted.through)
            report.notes += notes
        runs += [on_date(run, day, wanted.feed.zone) for run in known[source]]
    return runs


def _plans(operator: Operator, feed: Feed, runs: Sequence[Run]) -> list[PlannedSailing]:
    used = {call.stop_id for run in runs for call in run.calls}
    stops = [feed.stops[stop_id] for stop_id in sorted(used)]
    ports = ports_of_stops(operator, stops, zone=feed.zone)
    pairs = {
        (ports[run.calls[ride.start].stop_id], ports[run.calls[ride.end].stop_id])
        for run in runs
        for ride in run.rides
    }
    sold = {(origin, destination) for origin, destination in pairs if origin != destination}
    ships = configurations_of_routes(operator, sold)
    return [planned(run, ports=ports, ships=ships) for run in runs]


def _existing(operator: Operator, *, first: date, last: date) -> Iterator[ExistingSailing]:
    fields = ("pk", "source_ref", "service_date", "timetable_hash", "departs_at")
    sailings = Sailing.objects.filter(operator=operator, service_date__range=(first, last))
    for values in sailings.values_list(*fields).iterator():
        yield ExistingSailing(*values)


def _compare(
    plans: Sequence[PlannedSailing], existing: Iterable[ExistingSailing], *, now: datetime
) -> tuple[list[PlannedSailing], Changes]:
    """Return what is new and what changes; sailings that have departed are left in peace."""
    open_plans = {(plan.service_date, plan.source_ref): plan for plan in plans}
    changes = Changes(changed=[], vanished=[])
    for old in existing:
        plan = open_plans.pop((old.service_date, old.source_ref), None)
        if old.departs_at < now:
            continue
        if plan is None and old.timetable_hash:
            changes.vanished.append(old)
        elif plan is not None and plan.timetable_hash != old.timetable_hash:
            changes.changed.append((old, plan))
    return list(open_plans.values()), changes
