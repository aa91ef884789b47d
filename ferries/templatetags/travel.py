"""How pages write money, port-local time, durations and space."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext, pgettext

from ferries import words
from ferries.condition_words import sentences
from ferries.conditions import terms_from_json
from ferries.party import Party, VehicleSize
from ferries.vehicle_aids import KIND_NAMES
from maritime.lib import clock
from maritime.lib.local import money_text, number_text

register = template.Library()
PLENTY_OF_PERSONS = 50
FEW_PERSONS = 12
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
    return money_text(amount, currency)


@register.filter
def together(lines: Iterable[Line]) -> list[dict[str, str | int]]:
    """Return price lines for reading: those with one label become one, "Adult (2)", in order."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        sums.setdefault(words.told(line.label), []).append(line.amount)
    return [
        {
            "label": f"{label} ({len(amounts)})" if len(amounts) > 1 else label,
            "amount": sum(amounts),
        }
        for label, amounts in sums.items()
    ]


@register.filter
def cancelling(conditions: dict[str, Any] | list[dict[str, Any]], currency: str) -> list[str]:
    """Return what a booked leg's conditions say of cancelling, the earliest time first."""
    return sentences(terms_from_json(conditions or []), currency=currency)


@register.filter
def figures(amount: int, currency: str) -> str:
    """Write minor units without the currency, for tables that name it once: 11.05."""
    return number_text(amount, currency)


@register.filter
def clock_at(moment: datetime, zone: str) -> str:
    """Write the time of day in the zone: 05:30."""
    return clock.local(moment, zone).strftime("%H:%M")


@register.filter
def day_at(moment: datetime, zone: str) -> str:
    """Write the calendar day in the zone: Tue 24 November 2026."""
    return date_format(clock.local(moment, zone), pgettext("format of a day", "D j F Y"))


@register.filter
def iso_day_at(moment: datetime, zone: str) -> str:
    """Write the calendar day in the zone as date fields want it: 2026-11-24."""
    return clock.local(moment, zone).date().isoformat()


@register.filter
def weekday(day: date) -> str:
    """Write the weekday in short: Tue."""
    return date_format(day, "D")


@register.filter
def short_day(day: date) -> str:
    """Write the day without its year: 24 Nov."""
    return date_format(day, pgettext("format of a short day", "j M"))


@register.filter
def long_day(day: date) -> str:
    """Write the day in full: Tuesday 24 November 2026."""
    return date_format(day, pgettext("format of a long day", "l j F Y"))


@register.filter
def kilometres(distance: float) -> str:
    """Write a distance: 2.1 km, 320 km."""
    return f"{number_format(round(distance, 1 if distance < 10 else None), use_l10n=True)} km"


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
    parts = [pgettext("hours", "%(count)d h") % {"count": hours}] if hours else []
    if minutes or not hours:
        parts.append(pgettext("minutes", "%(count)d min") % {"count": minutes})
    return " ".join(parts)


@register.filter
def metres(centimetres: int) -> str:
    """Write centimetres as metres: 4.8 m."""
    return f"{number_format((Decimal(centimetres) / 100).normalize(), use_l10n=True)} m"


@register.filter
def in_words(party: Party) -> str:
    """Write who travels and with what: 2 adults, 1 child, car 4.8 m long and 1.8 m high."""
    counts = (
        (party.adults, ngettext("%(count)d adult", "%(count)d adults", party.adults)),
        (party.children, ngettext("%(count)d child", "%(count)d children", party.children)),
        (party.infants, ngettext("%(count)d infant", "%(count)d infants", party.infants)),
    )
    words = [text % {"count": count} for count, text in counts if count]
    if party.vehicle:
        words += _vehicle_words(party.vehicle)
    return ", ".join(words)


@register.filter
def size_in_words(vehicle: VehicleSize) -> str:
    """Write a vehicle with its size: car 4.8 m long and 1.8 m high, trailer 3 m."""
    return ", ".join(_vehicle_words(vehicle))


def _vehicle_words(vehicle: VehicleSize) -> list[str]:
    size = gettext("%(kind)s %(length)s long and %(height)s high") % {
        "kind": KIND_NAMES[vehicle.kind],
        "length": metres(vehicle.length_cm),
        "height": metres(vehicle.height_cm),
    }
    if not vehicle.trailer_length_cm:
        return [size]
    return [size, gettext("trailer %(length)s") % {"length": metres(vehicle.trailer_length_cm)}]


@register.filter
def space_left(left: dict[str, int]) -> str:
    """Write in plain words what is left on a sailing, for people and vehicles."""
    words = [_persons_left(left.get("persons", 0))]
    if "lane_cm" in left:
        words.append(_lane_left(left["lane_cm"]))
    return ", ".join(words)


@register.filter
def places_left(left: dict[str, int]) -> str:
    """Write in plain words what is left on a sailing for people."""
    return _persons_left(left.get("persons", 0))


@register.filter
def is_scarce(left: dict[str, int]) -> bool:
    """Tell whether so few places are left that a traveller should not wait."""
    return left.get("persons", 0) <= FEW_PERSONS


def _persons_left(persons: int) -> str:
    if persons == 0:
        return gettext("No places left")
    if persons >= PLENTY_OF_PERSONS:
        return gettext("Plenty of space")
    text = ngettext("%(count)d place left", "%(count)d places left", persons)
    return text % {"count": persons}


def _lane_left(lane_cm: int) -> str:
    if lane_cm == 0:
        return gettext("no room for another vehicle")
    if lane_cm >= PLENTY_OF_LANE_CM:
        return gettext("plenty of room for vehicles")
    return gettext("room for a vehicle up to %(length)s") % {"length": metres(lane_cm)}
