"""Sailings of the demo lines, made by the schedule tool as staff would make them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from ferries.errors import ScheduleRefused
from ferries.models import Sailing
from ferries.operations.schedule import ScheduleRequest, plan_schedules, write_schedule


def days_of_weeks(monday: date, weeks: int) -> tuple[date, date]:
    """Return the first and the last day of so many weeks."""
    return monday, monday + timedelta(weeks=weeks, days=-1)


def fill_weeks(requests: Sequence[ScheduleRequest], *, say: Callable[[str], None]) -> None:
    """Add the sailings that are missing, or say why not: those of staff may be in the way."""
    name = requests[0].operator.name
    if all(_is_filled(request) for request in requests):
        say(f"{name}: sailings are there")
        return
    try:
        created = write_schedule(plan_schedules(requests))
    except ScheduleRefused as error:
        say(f"{name}: no sailings added. {' '.join(error.problems)}")
        return
    say(f"{name}: {len(created)} sailings added")


def _is_filled(request: ScheduleRequest) -> bool:
    """Tell whether a request for every day has all of its days."""
    sailings = Sailing.objects.filter(
        operator=request.operator,
        source_ref=request.number,
        service_date__range=(request.first_day, request.last_day),
    )
    return sailings.count() == (request.last_day - request.first_day).days + 1
