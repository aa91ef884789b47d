"""What the ferries API reads and writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from ferries.errors import InvalidSearch
from ferries.network import PortFacts
from ferries.party import PET_PLACES, TYPICAL_SIZES, VEHICLE_KINDS, Party, VehicleSize

T = TypeVar("T")
MAX_PERSONS = 50
MAX_ANIMALS = 20
MAX_CODE_LENGTH = 30
DAYS_BACK, DAYS_AHEAD = 1, 400
MAX_PORTS = 500


@dataclass(frozen=True)
class SearchQuery:
    """A checked search; `back` is the day of the return journey, if any."""

    origin: str
    destination: str
    day: date
    back: date | None
    party: Party


class SearchParameters(serializers.Serializer[Any]):
    """The parameters of a search, for the OpenAPI document; `read_search` checks them.

    Field by field validation by serializers costs more than the whole cached answer.
    """

    origin = serializers.CharField(help_text="port code or UN/LOCODE")
    destination = serializers.CharField(help_text="port code or UN/LOCODE")
    date = serializers.DateField(help_text="local day at the port of departure")
    return_date = serializers.DateField(required=False)
    adults = serializers.IntegerField(default=1, min_value=0, max_value=MAX_PERSONS)
    children = serializers.IntegerField(default=0, min_value=0, max_value=MAX_PERSONS)
    infants = serializers.IntegerField(default=0, min_value=0, max_value=MAX_PERSONS)
    vehicle = serializers.ChoiceField(choices=VEHICLE_KINDS, required=False)
    vehicle_length_cm = serializers.IntegerField(
        min_value=50,
        max_value=3000,
        required=False,
        help_text="without it: "
        + ", ".join(f"{kind} {length}" for kind, (length, _) in TYPICAL_SIZES.items()),
    )
    vehicle_height_cm = serializers.IntegerField(
        min_value=50,
        max_value=500,
        required=False,
        help_text="without it: "
        + ", ".join(f"{kind} {height}" for kind, (_, height) in TYPICAL_SIZES.items()),
    )
    trailer_length_cm = serializers.IntegerField(default=0, min_value=0, max_value=3000)
    vehicle_width_cm = serializers.IntegerField(default=0, min_value=0, max_value=600)
    vehicle_weight_kg = serializers.IntegerField(
        default=0, min_value=0, max_value=100_000, help_text="with trailer"
    )
    vehicle_charges = serializers.IntegerField(
        default=0, min_value=0, max_value=1, help_text="1: it needs a charging plug on board"
    )
    ages = serializers.CharField(
        required=False, help_text="of all travellers, adults first: 41,39,8"
    )
    pets = serializers.CharField(
        required=False,
        help_text=f"where each pet travels, of {', '.join(PET_PLACES)}: kennel,cabin",
    )
    assistance_dogs = serializers.IntegerField(default=0, min_value=0, max_value=MAX_ANIMALS)
    accessible = serializers.IntegerField(
        default=0, min_value=0, max_value=1, help_text="1: an accessible cabin is needed"
    )
    group = serializers.CharField(required=False, help_text="code of a customer group")


PARAMETERS = frozenset(SearchParameters().fields)


def read_search(parameters: Mapping[str, str], *, now: datetime) -> SearchQuery:
    """Return the checked search of a query string; raises InvalidSearch with all its faults."""
    reader = _Reader(parameters)
    for name in parameters:
        if name not in PARAMETERS:
            reader.fault(name, _("There is no such parameter."))
    origin, destination = reader.text("origin"), reader.text("destination")
    if origin and origin.casefold() == destination.casefold():
        reader.fault("destination", _("Choose two different ports."))
    day, back = _days(reader, now=now)
    party = _party(reader)
    if reader.errors or day is None:
        raise InvalidSearch(reader.errors)
    return SearchQuery(origin.upper(), destination.upper(), day, back, party)


def _days(reader: "_Reader", *, now: datetime) -> tuple[date | None, date | None]:
    day = reader.day("date")
    back = reader.day("return_date") if "return_date" in reader.parameters else None
    if "date" not in reader.parameters:
        reader.fault("date", _("This parameter is required."))
    today = now.date()
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    for name, value in (("date", day), ("return_date", back)):
        if value and not first <= value <= last:
            reader.fault(
                name, _("Choose a day from %(first)s to %(last)s.") % {"first": first, "last": last}
            )
    if day and back and back < day:
        reader.fault("return_date", _("The return is before the departure."))
    return day, back


def _party(reader: "_Reader") -> Party:
    adults = reader.number("adults", 0, MAX_PERSONS, default=1)
    children = reader.number("children", 0, MAX_PERSONS, default=0)
    infants = reader.number("infants", 0, MAX_PERSONS, default=0)
    if not adults + children:
        reader.fault("adults", _("At least one adult or child must travel."))
    if adults + children + infants > MAX_PERSONS:
        sentence = _("At most %(most)d persons travel in one party.")
        reader.fault("adults", sentence % {"most": MAX_PERSONS})
    vehicle = _vehicle(reader)
    if vehicle and not adults:
        reader.fault("vehicle", _("A vehicle needs a driver: add an adult."))
    return Party(
        adults=adults,
        children=children,
        infants=infants,
        vehicle=vehicle,
        ages=_ages(reader, adults + children + infants),
        pets=_pets(reader),
        assistance_dogs=reader.number("assistance_dogs", 0, MAX_ANIMALS, default=0),
        needs_accessible=bool(reader.number("accessible", 0, 1, default=0)),
        group=_group(reader),
    )


def _ages(reader: "_Reader", persons: int) -> tuple[int, ...]:
    text = reader.parameters.get("ages", "")
    parts = text.split(",") if text else []
    if not parts:
        return ()
    if not all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts):
        reader.fault("ages", _("Enter whole years with commas between them, like 41,39,8."))
        return ()
    if len(parts) != persons:
        sentence = _("Enter one age for each of the %(persons)d travellers.")
        reader.fault("ages", sentence % {"persons": persons})
    return tuple(int(part) for part in parts)


def _pets(reader: "_Reader") -> tuple[str, ...]:
    text = reader.parameters.get("pets", "")
    places = tuple(text.split(",")) if text else ()
    if len(places) > MAX_ANIMALS or any(place not in PET_PLACES for place in places):
        sentence = _("Name a place for each pet, of %(places)s.")
        reader.fault("pets", sentence % {"places": ", ".join(PET_PLACES)})
        return ()
    return places


def _group(reader: "_Reader") -> str:
    code = reader.parameters.get("group", "").strip().casefold()
    if len(code) > MAX_CODE_LENGTH:
        sentence = _("Group codes have at most %(most)d characters.")
        reader.fault("group", sentence % {"most": MAX_CODE_LENGTH})
        return ""
    return code


def _vehicle(reader: "_Reader") -> VehicleSize | None:
    kind = reader.parameters.get("vehicle", "")
    sizes = (
        "vehicle_length_cm",
        "vehicle_height_cm",
        "trailer_length_cm",
        "vehicle_width_cm",
        "vehicle_weight_kg",
        "vehicle_charges",
    )
    if not kind:
        for name in sizes:
            if reader.parameters.get(name):
                reader.fault(name, _("Name the kind of vehicle too."))
        return None
    if kind not in VEHICLE_KINDS:
        sentence = _("Choose one of %(kinds)s.")
        reader.fault("vehicle", sentence % {"kinds": ", ".join(VEHICLE_KINDS)})
        return None
    length_cm, height_cm = TYPICAL_SIZES[kind]
    return VehicleSize(
        kind,
        reader.number("vehicle_length_cm", 50, 3000, default=length_cm),
        reader.number("vehicle_height_cm", 50, 500, default=height_cm),
        reader.number("trailer_length_cm", 0, 3000, default=0),
        reader.number("vehicle_width_cm", 0, 600, default=0),
        reader.number("vehicle_weight_kg", 0, 100_000, default=0),
        charges=bool(reader.number("vehicle_charges", 0, 1, default=0)),
    )


class _Reader:
    """Takes typed values from text and collects a sentence for each fault."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = parameters
        self.errors: dict[str, list[str]] = {}

    def fault(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name[:40], []).append(sentence)

    def text(self, name: str) -> str:
        value = self.parameters.get(name, "").strip()
        if not value:
            self.fault(name, _("This parameter is required."))
        elif len(value) > 40:
            self.fault(name, _("Port codes have at most 40 characters."))
        return value

    def number(self, name: str, least: int, most: int, *, default: int) -> int:
        text = self.parameters.get(name, "")
        if not text:
            return default
        value = self._parse(int, text) if text.isascii() and len(text) <= 6 else None
        if value is None or not least <= value <= most:
            sentence = _("Enter a whole number from %(least)d to %(most)d.")
            self.fault(name, sentence % {"least": least, "most": most})
            return default
        return value

    def day(self, name: str) -> date | None:
        text = self.parameters.get(name, "")
        value = self._parse(date.fromisoformat, text) if len(text) == 10 else None
        if value is None and name in self.parameters:
            self.fault(name, _("Enter a day as YYYY-MM-DD."))
        return value

    @staticmethod
    def _parse(parse: Callable[[str], T], text: str) -> T | None:
        try:
            return parse(text)
        except ValueError:
            return None


def ports_json(ports: Iterable[PortFacts]) -> dict[str, Any]:
    """Return the list of ports as the API shows it."""
    return {
        "ports": [
            {
                "code": port.code,
                "unlocode": port.unlocode,
                "name": port.name,
                "country": port.country,
                "zone": port.zone,
                "latitude": port.latitude,
                "longitude": port.longitude,
            }
            for port in ports
        ]
    }


@dataclass(frozen=True)
class PortPage:
    """A part of the list of ports; `is_last` if none follow."""

    ports: Sequence[PortFacts]
    limit: int
    is_last: bool


def page_of_ports(ports: Sequence[PortFacts], parameters: Mapping[str, str]) -> PortPage:
    """Return the ports that `limit` and `after` ask for; raises InvalidSearch."""
    reader = _Reader(parameters)
    limit = reader.number("limit", 1, MAX_PORTS, default=MAX_PORTS)
    first = 0
    if after := parameters.get("after", ""):
        places = {port.code: place for place, port in enumerate(ports, start=1)}
        if after not in places:
            reader.fault("after", "We do not know this port.")
        first = places.get(after, 0)
    if reader.errors:
        raise InvalidSearch(reader.errors)
    return PortPage(ports[first : first + limit], limit, first + limit >= len(ports))
