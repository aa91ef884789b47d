"""How pages write money, port-local time, durations and space."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django import template
from django.utils.formats import date_format

from maritime.lib import clock
from maritime.lib.money import format_minor

register = template.Library()
PLENTY_OF_PERSONS = 50
PLENTY_OF_LANE_CM = 3000


class Crossing(Protocol):
    """What an offer and a booked leg have in common."""

    departs_at: datetime
    arrives_at: datetime
    origin_zone: str
    destination_zone: str


class Line(Protocol):
    """What an offer's price line and a booking's order item have in common."""

    label: str
    amount: int


@register.filter
def money(amount: int, currency: str) -> str:
    """Write minor units as people read them: {{ 1105|money:"USD" }} is USD 11.05."""
    return format_minor(amount, currency)


@register.filter
def together(lines: Iterable[Line]) -> list[dict[str, str | int]]:
    """Return price lines for reading: those with one label become one, "Adult (2)", in order."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        sums.setdefault(line.label, []).append(line.amount)
    return [
        {
            "label": f"{label} ({len(amounts)})" if len(amounts) > 1 else label,
            "amount": sum(amounts),
        }
        for label, amounts in sums.items()
    ]


@register.filter
def figures(amount: int, currency: str) -> str:
    """Write minor units without the currency, for tables that name it once: 11.05."""
    return format_minor(amount, currency).removeprefix(f"{currency} ")


@register.filter
def clock_at(moment: datetime, zone: str) -> str:
    """Write the time of day in the zone: 05:30."""
    return clock.local(moment, zone).strftime("%H:%M")


@register.filter
def day_at(moment: datetime, zone: str) -> str:
    """Write the calendar day in the zone: Tue 24 November 2026."""
    return date_format(clock.local(moment, zone), "D j F Y")


@register.filter
def iso_day_at(moment: datetime, zone: str) -> str:
    """Write the calendar day in the zone as date fields want it: 2026-11-24."""
    return clock.local(moment, zone).date().isoformat()


@register.filter
def moment_at(moment: datetime, zone: str) -> str:
    """Write day, time and zone: Tue 24 November 2026, 05:30 (PST)."""
    return f"{day_at(moment, zone)}, {clock_at(moment, zone)} ({zone_at(moment, zone)})"


@register.filter
def zone_at(moment: datetime, zone: str) -> str:
    """Write the zone's name at the moment: PST, or UTC+3 where the zone has no letters."""
    name = clock.local(moment, zone).tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"


@register.filter
def iso(moment: datetime) -> str:
    """Write the instant for machines, as the datetime attribute wants it."""
    return moment.isoformat()


@register.filter
def days_later(crossing: Crossing) -> int:
    """Return how many calendar days after the departure the arrival falls, each in its port."""
    departure = clock.local(crossing.departs_at, crossing.origin_zone).date()
    return (clock.local(crossing.arrives_at, crossing.destination_zone).date() - departure).days


@register.filter
def lasts(start: datetime, end: datetime) -> str:
    """Write how long it is from start to end: 1 h 5 min."""
    return duration(end - start)


def duration(length: timedelta) -> str:
    """Write a length of time: 35 min, 2 h, 1 h 5 min."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    parts = [f"{hours} h"] if hours else []
    if minutes or not hours:
        parts.append(f"{minutes} min")
    return " ".join(parts)


@register.filter
def metres(centimetres: int) -> str:
    """Write centimetres as metres: 4.8 m."""
    return f"{centimetres / 100:g} m"


@register.filter
def space_left(left: dict[str, int]) -> str:
    """Write in plain words what is left on a sailing, for people and vehicles."""
    words = [_persons_left(left.get("persons", 0))]
    if "lane_cm" in left:
        words.append(_lane_left(left["lane_cm"]))
    return ", ".join(words)


def _persons_left(persons: int) -> str:
    if persons == 0:
        return "No places left"
    if persons >= PLENTY_OF_PERSONS:
        return "Plenty of places"
    return f"{persons} place{'s' if persons > 1 else ''} left"


def _lane_left(lane_cm: int) -> str:
    if lane_cm == 0:
        return "no room for another vehicle"
    if lane_cm >= PLENTY_OF_LANE_CM:
        return "plenty of room for vehicles"
    return f"room for a vehicle up to {metres(lane_cm)}"
