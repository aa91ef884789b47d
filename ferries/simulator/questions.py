"""Reads what callers ask, as docs/operators.md describes it; Invalid says what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ferries.party import VEHICLE_KINDS, Party, VehicleSize

MOST_PERSONS = 99
LONGEST_CM = 10_000


class Invalid(ValueError):
    """The question is not one of the protocol."""


@dataclass(frozen=True)
class Search:
    """Which day, between which stops, for whom."""

    origin: str
    destination: str
    day: date
    party: Party


@dataclass(frozen=True)
class Hold:
    """Which offer, for whom, until when."""

    offer: str
    party: Party
    until: datetime


def read_search(body: Mapping[str, Any]) -> Search:
    """Return the question of /v1/search."""
    try:
        day = date.fromisoformat(_text(body, "date"))
    except ValueError as error:
        raise Invalid("date is not a date like 2026-12-01") from error
    return Search(_text(body, "origin"), _text(body, "destination"), day, read_party(body))


def read_check(body: Mapping[str, Any]) -> tuple[str, Party]:
    """Return the question of /v1/check: offer and party."""
    return _text(body, "offer"), read_party(body)


def read_hold(body: Mapping[str, Any]) -> Hold:
    """Return the body of a reservation."""
    try:
        until = datetime.fromisoformat(_text(body, "until"))
    except ValueError as error:
        raise Invalid("until is not a moment") from error
    if until.tzinfo is None:
        raise Invalid("until has no offset from UTC")
    return Hold(_text(body, "offer"), read_party(body), until.astimezone(UTC))


def read_party(body: Mapping[str, Any]) -> Party:
    """Return who and what travels."""
    raw = _object(body, "party")
    vehicle = _vehicle(_object(raw, "vehicle")) if raw.get("vehicle") is not None else None
    party = Party(
        adults=_whole(raw, "adults", MOST_PERSONS),
        children=_whole(raw, "children", MOST_PERSONS),
        infants=_whole(raw, "infants", MOST_PERSONS),
        vehicle=vehicle,
    )
    if not party.persons:
        raise Invalid("party has nobody in it")
    return party


def _vehicle(raw: Mapping[str, Any]) -> VehicleSize:
    kind = _text(raw, "kind")
    if kind not in VEHICLE_KINDS:
        raise Invalid("kind is not a vehicle of the protocol")
    return VehicleSize(
        kind,
        length_cm=_whole(raw, "length_cm", LONGEST_CM),
        height_cm=_whole(raw, "height_cm", LONGEST_CM),
        trailer_length_cm=_whole(raw, "trailer_length_cm", LONGEST_CM),
    )


def _whole(raw: Mapping[str, Any], name: str, most: int) -> int:
    value = raw.get(name, 0)
    if type(value) is not int or not 0 <= value <= most:
        raise Invalid(f"{name} is not a whole number from 0 to {most}")
    return value


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise Invalid(f"{name} is not a text")
    return value


def _object(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    if not isinstance(value, dict):
        raise Invalid(f"{name} is not an object")
    return value
