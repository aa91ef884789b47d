"""The only place that reads the clock, and helpers for port-local time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime, zone: str) -> datetime:
    """Return the moment as a wall clock in the zone shows it."""
    return moment.astimezone(ZoneInfo(zone))


def start_of_day(day: date, zone: str) -> datetime:
    """Return the instant (UTC) at which the calendar day begins in the zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return start (included) and end (excluded) of a local calendar day, as UTC instants.

    The day lasts 23 or 25 hours on the nights when the clock changes.
    """
    return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)


def service_time(day: date, seconds: int, zone: str) -> datetime:
    """Return the instant (UTC) that lies `seconds` after "noon minus 12 h" of a service day.

    GTFS reference, type Time: counting from noon minus 12 h keeps times right on the two days
    when the clock changes, and lets a service day run past 24:00.
    """
    noon = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
    return noon - timedelta(hours=12) + timedelta(seconds=seconds)
