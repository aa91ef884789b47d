"""The slow-changing facts that a search needs: ports, and who sells between two of them.

Plain values, so that they can be cached (300 s, cleared by the receivers). Live readers use the
`read_` functions.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from ferries import cache
from ferries.cache import Cached, Life
from ferries.discounts import DiscountFacts
from ferries.errors import UnknownPort
from ferries.models import Operator, Port
from ferries.pricing import FareLine
from maritime.lib import sql

DISCOUNT_DAYS = ("travel_from", "travel_until", "booking_from", "booking_until")


@dataclass(frozen=True)
class PortFacts:
    """A port as offers and the list of ports show it."""

    pk: int
    code: str
    unlocode: str
    name: str
    country: str
    zone: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class FamilyFacts:
    """A fare family as offers show it; all empty for an operator's only level of price."""

    code: str = ""
    name: str = ""
    order: int = 0
    sentence: str = ""


ONE_LEVEL = FamilyFacts()


@dataclass(frozen=True)
class TariffFacts:
    """A tariff's prices and the days of travel and of booking for which it holds, ends included."""

    currency: str
    valid_from: date
    valid_until: date
    fares: tuple[FareLine, ...]
    family: FamilyFacts = ONE_LEVEL
    booking_from: date | None = None
    booking_until: date | None = None

    def holds(self, day: date, booked_on: date) -> bool:
        """Tell whether it prices travel on the local day, booked on the UTC day."""
        return (
            self.valid_from <= day <= self.valid_until
            and (self.booking_from is None or self.booking_from <= booked_on)
            and (self.booking_until is None or booked_on <= self.booking_until)
        )


@dataclass(frozen=True)
class Seller:
    """A local operator on a route, with what its offers need."""

    pk: int
    code: str
    name: str
    currency: str
    vehicle_gap_cm: int
    sale_closes_minutes: int
    timetable_note: str
    check_in_minutes: int
    tariffs: tuple[TariffFacts, ...]
    discounts: tuple[DiscountFacts, ...]


@dataclass(frozen=True)
class Pair:
    """Two ports and who sells between them: local operators, and codes of remote ones."""

    origin: PortFacts
    destination: PortFacts
    local: tuple[Seller, ...]
    remote: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A pair, whether it came from the cache, and the generation to which its facts belong.

    `departures` is what the cache has of a day; see `pair_on`.
    """

    pair: Pair
    cached: bool
    generation: str
    departures: Cached


KNOWN_PAIRS = 500
_known: dict[str, tuple[tuple[str, Life], Pair]] = {}
# The database makes the same JSON of sellers as the cache keeps, from the fields of the classes.
LISTS = ("tariffs", "discounts")
FARE = sql.record("fare", (field.name for field in fields(FareLine)))
FAMILY = sql.record("family", (field.name for field in fields(FamilyFacts)))
TARIFFS = (
    "ferries_tariff tariff LEFT JOIN ferries_farefamily family ON family.id = tariff.family_id"
)
TARIFF = sql.record(
    "tariff",
    ("currency", "valid_from", "valid_until", "booking_from", "booking_until"),
    family=f"CASE WHEN family.id IS NOT NULL THEN {FAMILY} END",
    fares=sql.records(
        FARE, "ferries_farerule fare WHERE fare.tariff_id = tariff.id", order="fare.id"
    ),
)
REDUCTIONS = (
    "ferries_discount discount JOIN ferries_operator giver ON giver.id = discount.operator_id"
    " LEFT JOIN ferries_farefamily family ON family.id = discount.family_id"
    " LEFT JOIN ferries_customergroup members ON members.id = discount.group_id"
)
NAMED = {
    "operator": "giver.code",
    "family": "coalesce(family.code, '')",
    "group": "coalesce(members.code, '')",
}
DISCOUNT = sql.record(
    "discount", (f.name for f in fields(DiscountFacts) if f.name not in NAMED), **NAMED
)
DISCOUNTS = (
    f"SELECT {DISCOUNT} FROM {REDUCTIONS} WHERE discount.operator_id = ANY(%s) ORDER BY discount.id"  # noqa: S608
)


def pair_on(origin: str, destination: str, day: date) -> Known:
    """Return what is known of two ports (code or UN/LOCODE, any case). Raises UnknownPort.

    The day's departures are looked up in the same round trip to the cache, but never read here.
    """
    name = f"pair:{cache.digest(origin.casefold(), destination.casefold())}"
    found, departures = cache.get_pair_and_results(
        name, origin=origin, destination=destination, day=day
    )
    if found.value is None:
        facts = _read_pair(origin, destination)
        cache.set_network(name, facts, generation=found.generation)
        pair = _pair_from_json(facts)
    else:
        pair = _known_pair(name, found)
    return Known(
        pair,
        cached=found.value is not None,
        generation=found.generation,
        departures=departures,
    )


def _known_pair(name: str, found: Cached) -> Pair:
    """Return the pair of a cached value; one and the same value is read only once by a process."""
    identity = found.generation, found.life
    known = _known.get(name)
    if known and known[0] == identity:
        return known[1]
    if len(_known) >= KNOWN_PAIRS:
        _known.clear()
    pair = _pair_from_json(found.value)
    _known[name] = identity, pair
    return pair


def ports() -> tuple[list[PortFacts], bool]:
    """Return all ports by name, and whether they were cached."""
    found = cache.get_network("ports")
    if found.value is not None:
        return [PortFacts(*values) for values in found.value], True
    made = read_ports()
    value = [list(asdict(port).values()) for port in made]
    cache.set_network("ports", value, generation=found.generation)
    return made, False


def read_ports() -> list[PortFacts]:
    """Return all ports by name, from the database."""
    return [port_facts(port) for port in Port.objects.order_by("name", "code")]


def read_pair(origin: str, destination: str) -> Pair:
    """Return the pair from the database: who sells, with tariffs, in one query.

    Raises UnknownPort, by the field at fault.
    """
    return _pair_from_json(_read_pair(origin, destination))


def read_discounts(operators: Sequence[int]) -> tuple[DiscountFacts, ...]:
    """Return the discounts of operators, as they were entered; one query."""
    with connection.cursor() as cursor:
        cursor.execute(DISCOUNTS, [list(operators)])
        return tuple(_discount_from_json(row[0]) for row in cursor.fetchall())


def tariffs_on(
    tariffs: Sequence[TariffFacts], day: date, booked_on: date
) -> tuple[TariffFacts, ...]:
    """Return the tariff of each fare family for travel on the local day, in the families' order.

    `tariffs` come as `read_tariffs` orders them: of several that hold, the one whose travel
    season started last counts.
    """
    chosen: dict[str, TariffFacts] = {}
    for tariff in tariffs:
        if tariff.holds(day, booked_on):
            chosen.setdefault(tariff.family.code, tariff)
    return tuple(sorted(chosen.values(), key=lambda each: (each.family.order, each.family.code)))


def port_facts(port: Port) -> PortFacts:
    """Return the plain value of a port's row."""
    return PortFacts(
        port.pk,
        port.code,
        port.unlocode,
        port.name,
        port.country,
        port.zone,
        port.latitude,
        port.longitude,
    )


def seller_sql(tariffs: str = "true") -> str:
    """Return an expression for the seller of an `operator` on a `route`, of whose tariffs some count.

    JSON as `seller_from_json` reads it. Tariffs come with the latest start first, without those
    that have no line; discounts as they were entered.
    """
    facts = (field.name for field in fields(Seller) if field.name not in ("pk", *LISTS))
    return sql.record(
        "operator",
        facts,
        pk="operator.id",
        tariffs=sql.records(
            TARIFF,
            f"{TARIFFS} WHERE tariff.route_id = route.id AND {tariffs}"
            " AND EXISTS (SELECT FROM ferries_farerule WHERE tariff_id = tariff.id)",
            order="tariff.valid_from DESC, tariff.id",
        ),
        discounts=sql.records(
            DISCOUNT, f"{REDUCTIONS} WHERE discount.operator_id = operator.id", order="discount.id"
        ),
    )


def _port_sql(alias: str) -> str:
    """Return an expression for the port that `alias` names, as `PortFacts` has it."""
    names = (field.name for field in fields(PortFacts) if field.name != "pk")
    return f"(SELECT {sql.record(alias, names, pk=f'{alias}.id')} FROM {alias})"  # noqa: S608


def _found_port(text: str) -> str:
    """Return a query for the port whose code or UN/LOCODE is the parameter of that name."""
    return (
        f"SELECT * FROM ferries_port WHERE lower(code) = lower(%({text})s)"  # noqa: S608
        f" OR lower(unlocode) = lower(nullif(%({text})s, '')) ORDER BY name, code LIMIT 1"
    )


# Sellers in the order of their codes; of remote ones, which are asked themselves, only the code.
PAIR = f"""
WITH origin AS ({_found_port("origin")}), destination AS ({_found_port("destination")}),
sellers AS (
  SELECT operator.code, CASE WHEN operator.adapter = %(local)s THEN {seller_sql()} END AS facts
  FROM origin, destination, ferries_route route
  JOIN ferries_operator operator ON operator.id = route.operator_id
  WHERE route.origin_id = origin.id AND route.destination_id = destination.id
    AND route.active AND operator.active
)
SELECT json_build_object(
  'origin', {_port_sql("origin")},
  'destination', {_port_sql("destination")},
  'local', {sql.records("facts", "sellers WHERE facts IS NOT NULL", order="code")},
  'remote', {sql.records("code", "sellers WHERE facts IS NULL", order="code")})
"""  # noqa: S608


def _read_pair(origin: str, destination: str) -> dict[str, Any]:
    """Return the pair as `_pair_from_json` reads it."""
    names = {"origin": origin, "destination": destination}
    with connection.cursor() as cursor:
        cursor.execute(PAIR, {**names, "local": Operator.Adapter.LOCAL})
        facts: dict[str, Any] = cursor.fetchone()[0]
    for field, text in names.items():
        if facts[field] is None:
            sentence = _("We do not know the port %(port)s.") % {"port": text[:40]}
            raise UnknownPort(sentence, errors={field: [sentence]})
    return facts


def _pair_from_json(value: dict[str, Any]) -> Pair:
    return Pair(
        origin=PortFacts(**value["origin"]),
        destination=PortFacts(**value["destination"]),
        local=tuple(seller_from_json(each) for each in value["local"]),
        remote=tuple(value["remote"]),
    )


def seller_from_json(value: dict[str, Any]) -> Seller:
    """Return the seller that the cache or `seller_sql` has."""
    tariffs = tuple(
        TariffFacts(
            currency=tariff["currency"],
            valid_from=date.fromisoformat(tariff["valid_from"]),
            valid_until=date.fromisoformat(tariff["valid_until"]),
            fares=tuple(FareLine(**fare) for fare in tariff["fares"]),
            family=FamilyFacts(**tariff["family"]) if tariff["family"] else ONE_LEVEL,
            booking_from=_day(tariff["booking_from"]),
            booking_until=_day(tariff["booking_until"]),
        )
        for tariff in value["tariffs"]
    )
    discounts = tuple(_discount_from_json(discount) for discount in value["discounts"])
    return Seller(**{**value, "tariffs": tariffs, "discounts": discounts})


def _discount_from_json(value: dict[str, Any]) -> DiscountFacts:
    days = {name: _day(value[name]) for name in DISCOUNT_DAYS}
    return DiscountFacts(**{**value, "components": tuple(value["components"]), **days})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
