"""Reads what an operator's system says, strictly: a wrong shape raises Malformed, never a crash.

Lengths are bounded by what the tables of bookings hold, since answers end up there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ferries.models import Operator
from ferries.offers import Offer, PriceLine, Refusal
from ferries.operators.base import Reservation
from ferries.party import Party

REMOTE_ID = re.compile(r"[A-Za-z0-9._~-]{1,90}")
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
CURRENCY = re.compile(r"[A-Z]{3}")
# What the API puts beside a refusal's numbers.
RESERVED = frozenset({"code", "message", "leg"})
LARGEST = 2_147_483_647
MOST_OFFERS = 500
MOST_REFUSALS = 10
# The operator's word for a reservation's state, and ours.
STATES = {
    "held": "held",
    "confirmed": "confirmed",
    "cancelled": "cancelled",
    "expired": "cancelled",
}


class Malformed(ValueError):
    """The answer has another shape than the protocol; says where."""


@dataclass(frozen=True)
class StopPort:
    """What the operator calls one of our ports."""

    stop_id: str
    code: str
    name: str
    zone: str


@dataclass(frozen=True)
class Asked:
    """The question behind an answer: whom, about which party, in which stops it may answer."""

    operator: Operator
    party: Party
    stops: Mapping[str, StopPort]


def offers(body: Mapping[str, Any], asked: Asked) -> list[Offer]:
    """Return the offers of a search's answer."""
    return [offer(value, asked) for value in _list(body, "offers", most=MOST_OFFERS)]


def offer(value: object, asked: Asked) -> Offer:
    """Return one offer; its price lines must be those of the party, item by item."""
    raw = _object(value, "offer")
    operator = asked.operator
    origin, destination = _stop(raw, "origin", asked), _stop(raw, "destination", asked)
    lines = tuple(_line(each) for each in _list(raw, "lines", most=asked.party.persons + 1))
    refusals = read_refusals(raw)
    _require_lines_of(asked.party, lines, may_lack=bool(refusals))
    departs_at, arrives_at = _moment(raw, "departs_at"), _moment(raw, "arrives_at")
    if arrives_at < departs_at:
        raise Malformed("arrives_at is before departs_at")
    return Offer(
        id=f"{operator.code}~{_matching(raw, 'id', REMOTE_ID)}",
        sailing=_text(raw, "sailing", 60),
        operator=operator.code,
        operator_name=operator.name,
        vessel=_text(raw, "vessel", 100),
        origin=origin.code,
        origin_name=origin.name,
        origin_zone=origin.zone,
        destination=destination.code,
        destination_name=destination.name,
        destination_zone=destination.zone,
        departs_at=departs_at,
        arrives_at=arrives_at,
        currency=_matching(raw, "currency", CURRENCY),
        lines=lines,
        left=_left(raw),
        refusals=refusals,
        timetable_note=operator.timetable_note,
    )


def read_refusals(body: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Return the reasons of an offer or of a 409; a missing list is an empty one."""
    if "refusals" not in body:
        return ()
    return tuple(_refusal(each) for each in _list(body, "refusals", most=MOST_REFUSALS))


def reservation(body: Mapping[str, Any], *, reference: str) -> Reservation:
    """Return the state of the reservation that was asked about."""
    if body.get("reference") != reference:
        raise Malformed("reference is not the one asked about")
    state = STATES.get(_text(body, "state", 20))
    if state is None:
        raise Malformed("state is unknown")
    return Reservation(state, _text(body, "operator_reference", 60))


def _line(value: object) -> PriceLine:
    raw = _object(value, "lines")
    return PriceLine(
        kind=_text(raw, "kind", 20),
        label=_text(raw, "label", 150),
        amount=_whole(raw, "amount"),
        item=_text(raw, "item", 10),
        rule=_text(raw, "rule", 60),
    )


def _require_lines_of(party: Party, lines: Sequence[PriceLine], *, may_lack: bool) -> None:
    """Insist on one line for each traveller and the vehicle; a refused offer may have no price."""
    if may_lack and not lines:
        return
    wanted = [("passenger", f"p{index}") for index in range(party.persons)]
    if party.vehicle:
        wanted.append(("vehicle", "v0"))
    if sorted((line.kind, line.item) for line in lines) != sorted(wanted):
        raise Malformed("lines are not those of the party")


def _refusal(value: object) -> Refusal:
    raw = _object(value, "refusals")
    numbers = _object(raw.get("numbers", {}), "numbers")
    if len(numbers) > 10:
        raise Malformed("numbers has too many entries")
    for name in numbers:
        if not SLUG.fullmatch(name) or name in RESERVED:
            raise Malformed("numbers has a name that is not allowed")
    return Refusal(
        code=_matching(raw, "code", SLUG),
        message=_text(raw, "message", 300),
        numbers={
            name: _text(numbers, name, 100) if isinstance(number, str) else _whole(numbers, name)
            for name, number in numbers.items()
        },
    )


def _left(raw: Mapping[str, Any]) -> dict[str, int]:
    values = _object(raw.get("left"), "left")
    left = {"persons": _whole(values, "persons")}
    if "lane_cm" in values:
        left["lane_cm"] = _whole(values, "lane_cm")
    return left


def _stop(raw: Mapping[str, Any], name: str, asked: Asked) -> StopPort:
    stop = asked.stops.get(_text(raw, name, 100))
    if stop is None:
        raise Malformed(f"{name} is not a stop that was asked about")
    return stop


def _moment(raw: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(raw, name, 40))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{name} is not a moment") from error
    raise Malformed(f"{name} has no offset from UTC")


def _whole(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise Malformed(f"{name} is not a whole number from 0 to {LARGEST}")
    return value


def _text(raw: Mapping[str, Any], name: str, longest: int) -> str:
    value = raw.get(name)
    # Line ends and NUL would reach logs, mails and the database.
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise Malformed(f"{name} is not a printable text of at most {longest} characters")
    return value


def _matching(raw: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = _text(raw, name, 100)
    if not pattern.fullmatch(value):
        raise Malformed(f"{name} does not match {pattern.pattern}")
    return value


def _list(raw: Mapping[str, Any], name: str, *, most: int) -> list[Any]:
    value = raw.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"{name} is not a list of at most {most}")
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{name} is not an object")
    return value
