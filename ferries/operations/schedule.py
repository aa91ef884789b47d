"""Sailings from a season, weekdays, times and a ship, for operators without timetable files.

`plan_schedule` writes nothing and shows what `write_schedule` would add and what stands against it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from ferries import cache
from ferries.errors import ScheduleRefused
from ferries.gtfs.runs import DatedCall, DatedRide
from ferries.models import Operator, Port, PortCall, Sailing, VesselConfiguration
from ferries.operations.allot import apply_rules
from ferries.operations.schedule_calendar import EVERY_DAY, CallTimes, dated, days_of
from ferries.operations.schedule_conflicts import Berth, Finding, ShipRun, check
from ferries.operations.timetable_network import configurations_of_routes
from ferries.operations.timetable_rows import (
    PlannedSailing,
    create_sailings,
    resources_of_ships,
)
from maritime.lib import clock

MOST_DAYS = 800


@dataclass(frozen=True)
class ScheduleRequest:
    """One run of a ship, repeated on days of a season (ends included).

    `number` names it among the operator's sailings of a day. `sold` are pairs of port codes; none
    means every pair in the ship's direction. Weekdays count from Monday, 0.
    """

    operator: Operator
    configuration: VesselConfiguration
    number: str
    calls: tuple[CallTimes, ...]
    first_day: date
    last_day: date
    weekdays: frozenset[int] = EVERY_DAY
    except_days: frozenset[date] = frozenset()
    sold: tuple[tuple[str, str], ...] = ()
    turnaround_minutes: int = 30
    check_in_minutes: int | None = None
    accommodation_required: bool = False
    is_demo: bool = False


@dataclass(frozen=True)
class SchedulePlan:
    """What would be written: `new` sailings, beside the `unchanged` ones that are there already.

    `conflicts` prevent the writing, `warnings` do not. `ports` are those of the calls by key.
    """

    requests: tuple[ScheduleRequest, ...]
    new: tuple[PlannedSailing, ...]
    unchanged: int
    conflicts: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    ports: dict[int, Port]

    @property
    def digest(self) -> str:
        """Return a name of what would be written; it changes with any sailing or time."""
        facts = repr(self.new)
        return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class _Day:
    """One request's sailing of a day, or the findings that prevent it."""

    request: ScheduleRequest
    sailing: PlannedSailing | None
    problem: Finding | None = None
    notes: tuple[Finding, ...] = ()


def plan_schedule(request: ScheduleRequest) -> SchedulePlan:
    """Return what the request would add and what stands against it; writes nothing.

    Raises ScheduleRefused for a request that makes no sense on any day.
    """
    return plan_schedules((request,))


def plan_schedules(requests: Sequence[ScheduleRequest]) -> SchedulePlan:
    """Return one plan for several runs of one operator, for example there and back.

    The runs of a ship are checked against each other, and against all that the ship does already.
    """
    ports = _ports(requests)
    _refuse_unfit(requests, ports)
    by_key = {port.pk: port for port in ports.values()}
    days = [each for request in requests for each in _days(request, ports)]
    problems = [each.problem for each in days if each.problem]
    notes = [note for each in days for note in each.notes]
    planned = [(each.request, each.sailing) for each in days if each.sailing]
    there = _there(requests)
    new = [
        (request, sailing)
        for request, sailing in planned
        if (sailing.service_date, sailing.source_ref) not in there
    ]
    notes += [
        _differs(sailing, request)
        for request, sailing in planned
        if (old := there.get((sailing.service_date, sailing.source_ref)))
        and old != (sailing.configuration_id, sailing.departs_at, sailing.arrives_at)
    ]
    conflicts, warnings = _check_ships(new, by_key)
    return SchedulePlan(
        requests=tuple(requests),
        new=tuple(sailing for _, sailing in new),
        unchanged=len(planned) - len(new),
        conflicts=tuple(sorted([*problems, *conflicts], key=lambda each: each.day)),
        warnings=tuple(sorted([*notes, *warnings], key=lambda each: each.day)),
        ports=by_key,
    )


def write_schedule(plan: SchedulePlan) -> list[Sailing]:
    """Add what is missing, in one transaction, and return it; the same again adds nothing.

    Plans again under a lock of the operator's row, so that nobody writes in between; raises
    ScheduleRefused with the conflicts of that moment. Makes missing routes, keeps the shares of
    customer groups and clears cached searches.
    """
    operator = plan.requests[0].operator
    with transaction.atomic():
        Operator.objects.select_for_update().get(pk=operator.pk)
        fresh = plan_schedules(plan.requests)
        if fresh.conflicts:
            raise ScheduleRefused(
                "The schedule has conflicts.", [str(conflict) for conflict in fresh.conflicts]
            )
        if not fresh.new:
            return []
        configurations_of_routes(operator, _pairs_of(fresh.new))
        created = create_sailings(operator, fresh.new, resources_of_ships(operator))
        apply_rules(created)
        cache.invalidate_searches()
    return created


def calls_shown(sailing: PlannedSailing, ports: dict[int, Port]) -> list[str]:
    """Return the calls in the ports' local times: "Piraeus 21:00", "Heraklion 06:00+1"."""
    last = len(sailing.calls) - 1
    shown = []
    for index, (call, port) in enumerate(zip(sailing.calls, sailing.ports, strict=True)):
        moments = [call.arrives_at] if index else []
        moments += [call.departs_at] if index < last else []
        place = ports[port]
        times = [_clock_face(moment, place.zone, sailing.service_date) for moment in moments]
        shown.append(" ".join((place.name, *dict.fromkeys(times))))
    return shown


def _clock_face(moment: datetime, zone: str, day: date) -> str:
    wall = clock.local(moment, zone)
    later = (wall.date() - day).days
    return f"{wall:%H:%M}" + (f"+{later}" if later else "")


def _ports(requests: Sequence[ScheduleRequest]) -> dict[str, Port]:
    codes = {call.port for request in requests for call in request.calls}
    return {port.code: port for port in Port.objects.filter(code__in=codes)}


def _refuse_unfit(requests: Sequence[ScheduleRequest], ports: dict[str, Port]) -> None:
    problems = [problem for request in requests for problem in _problems(request, ports)]
    if len({request.operator.pk for request in requests}) > 1:
        problems.append("All runs of a plan are of one operator.")
    numbers = [request.number for request in requests]
    if len(set(numbers)) < len(numbers):
        problems.append("Each run of a plan has a number of its own.")
    if problems:
        raise ScheduleRefused(" ".join(problems), problems)


def _problems(request: ScheduleRequest, ports: dict[str, Port]) -> Iterator[str]:
    if request.configuration.vessel.operator_id != request.operator.pk:
        yield f"{request.configuration.vessel} is no ship of {request.operator}."
    unknown = [call.port for call in request.calls if call.port not in ports]
    if unknown:
        yield f"We know no port {', '.join(unknown)}."
    days = (request.last_day - request.first_day).days + 1
    if days < 1:
        yield "The season ends before it begins."
    elif days > MOST_DAYS:
        yield f"A season has at most {MOST_DAYS} days."
    elif not _sailing_days(request):
        yield "No day of the season is left to sail on."
    for origin, destination in request.sold:
        if (origin, destination) not in _pairs(request.calls):
            yield f"The ship does not go from {origin} to {destination}."


def _sailing_days(request: ScheduleRequest) -> list[date]:
    return days_of(
        request.first_day,
        request.last_day,
        weekdays=request.weekdays,
        without=request.except_days,
    )


def _pairs(calls: Sequence[CallTimes]) -> set[tuple[str, str]]:
    ports = [call.port for call in calls]
    return {(origin, end) for origin, end in combinations(ports, 2) if origin != end}


def _days(request: ScheduleRequest, ports: dict[str, Port]) -> Iterator[_Day]:
    zones = {code: port.zone for code, port in ports.items()}
    for day in _sailing_days(request):
        found = dated(request.calls, day, zones)
        if found.problem:
            code, sentence = found.problem
            yield _Day(request, None, Finding(code, day, f"{request.number}: {sentence}"))
            continue
        notes = [Finding("clock_twice", day, f"{request.number}: {note}") for note in found.notes]
        sailing = _planned(request, day, found.calls, ports)
        yield _Day(request, sailing, None, (*notes, *_out_of_season(request, day)))


def _out_of_season(request: ScheduleRequest, day: date) -> Iterator[Finding]:
    fitting = request.configuration
    first, last = fitting.valid_from, fitting.valid_until
    if (first and day < first) or (last and day > last):
        sentence = f"{request.number}: {fitting} is not fitted out for this day."
        yield Finding("out_of_season", day, sentence)


def _planned(
    request: ScheduleRequest, day: date, calls: tuple[DatedCall, ...], ports: dict[str, Port]
) -> PlannedSailing:
    sold = set(request.sold) or _pairs(request.calls)
    rides = tuple(
        DatedRide(start, end, calls[start].departs_at, calls[end].arrives_at)
        for start, end in combinations(range(len(calls)), 2)
        if (calls[start].stop_id, calls[end].stop_id) in sold
    )
    return PlannedSailing(
        source_ref=request.number,
        service_date=day,
        configuration_id=request.configuration.pk,
        ports=tuple(ports[call.stop_id].pk for call in calls),
        calls=calls,
        rides=rides,
        timetable_hash="",
        check_in_minutes=request.check_in_minutes,
        accommodation_required=request.accommodation_required,
        is_demo=request.is_demo,
    )


def _there(
    requests: Sequence[ScheduleRequest],
) -> dict[tuple[date, str], tuple[int | None, datetime, datetime]]:
    """Return ship and times of the sailings that have the numbers already, by day and number."""
    rows = Sailing.objects.filter(
        operator=requests[0].operator,
        source_ref__in=[request.number for request in requests],
        service_date__gte=min(request.first_day for request in requests),
        service_date__lte=max(request.last_day for request in requests),
    )
    fields = ("service_date", "source_ref", "configuration_id", "departs_at", "arrives_at")
    return {(row[0], row[1]): row[2:] for row in rows.values_list(*fields)}


def _differs(sailing: PlannedSailing, request: ScheduleRequest) -> Finding:
    sentence = f"{request.number} is there already, with other times or another fit-out; it stays as it is."
    return Finding("differs", sailing.service_date, sentence)


def _check_ships(
    new: Sequence[tuple[ScheduleRequest, PlannedSailing]], ports: dict[int, Port]
) -> tuple[list[Finding], list[Finding]]:
    runs: dict[int, list[ShipRun]] = defaultdict(list)
    names: dict[int, str] = {}
    for request, sailing in new:
        vessel = request.configuration.vessel
        names[vessel.pk] = vessel.name
        runs[vessel.pk].append(_new_run(request, sailing, ports))
    conflicts: list[Finding] = []
    warnings: list[Finding] = []
    for vessel_id, planned in runs.items():
        found = check(names[vessel_id], [*planned, *_existing_runs(vessel_id, planned)])
        conflicts += found.conflicts
        warnings += found.warnings
    return conflicts, warnings


def _new_run(request: ScheduleRequest, sailing: PlannedSailing, ports: dict[int, Port]) -> ShipRun:
    return ShipRun(
        name=request.number,
        day=sailing.service_date,
        starts_at=sailing.departs_at,
        ends_at=sailing.arrives_at,
        begins=_berth(ports[sailing.ports[0]]),
        ends=_berth(ports[sailing.ports[-1]]),
        is_new=True,
        turnaround_minutes=request.turnaround_minutes,
    )


def _existing_runs(vessel_id: int, planned: Sequence[ShipRun]) -> list[ShipRun]:
    """Return what the ship does between the first and the last planned run, and just around."""
    start = min(run.starts_at for run in planned)
    end = max(run.ends_at for run in planned)
    runs = _runs_of(vessel_id)
    within = runs.filter(arrives_at__gt=start, departs_at__lt=end)
    before = runs.filter(arrives_at__lte=start).order_by("-arrives_at", "-pk")[:1]
    after = runs.filter(departs_at__gte=end).order_by("departs_at", "pk")[:1]
    rows: list[Any] = [*before, *within, *after]
    keys = {key for row in rows for key in (row.first_port, row.last_port)}
    ports = Port.objects.in_bulk(keys)
    return [
        ShipRun(
            name=row.source_ref,
            day=row.service_date,
            starts_at=row.departs_at,
            ends_at=row.arrives_at,
            begins=_berth(ports[row.first_port]),
            ends=_berth(ports[row.last_port]),
        )
        for row in rows
    ]


def _runs_of(vessel_id: int) -> QuerySet[Sailing, Any]:
    """Return the ship's sailings that are not cancelled, with the ports of both ends."""
    calls = PortCall.objects.filter(sailing=OuterRef("pk")).values("port")
    sailings = Sailing.objects.filter(configuration__vessel=vessel_id)
    return (
        sailings.exclude(status=Sailing.Status.CANCELLED)
        .annotate(
            first_port=Subquery(calls.order_by("sequence")[:1]),
            last_port=Subquery(calls.order_by("-sequence")[:1]),
        )
        .exclude(first_port=None)
    )


def _pairs_of(sailings: Iterable[PlannedSailing]) -> set[tuple[int, int]]:
    return {
        (sailing.ports[ride.start], sailing.ports[ride.end])
        for sailing in sailings
        for ride in sailing.rides
    }


def _berth(port: Port) -> Berth:
    return Berth(port.pk, port.name, port.zone)
