"""The slow-changing facts that a search needs: ports, and who sells between two of them.

Plain values, so that they can be cached (300 s, cleared by the receivers). Live readers use the
`read_` functions.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db.models import QuerySet

from ferries import cache
from ferries.errors import UnknownPort
from ferries.models import FareRule, Operator, Port, Route
from ferries.pricing import FareLine

FARE_FIELDS = tuple(field.name for field in fields(FareLine))


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
class TariffFacts:
    """A tariff's prices and the travel days for which it holds; both days are included."""

    currency: str
    valid_from: date
    valid_until: date
    fares: tuple[FareLine, ...]


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
    tariffs: tuple[TariffFacts, ...]


@dataclass(frozen=True)
class Pair:
    """Two ports and who sells between them: local operators, and codes of remote ones."""

    origin: PortFacts
    destination: PortFacts
    local: tuple[Seller, ...]
    remote: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A pair, whether it came from the cache, and the generation to which its facts belong."""

    pair: Pair
    cached: bool
    generation: str


def pair(origin: str, destination: str) -> Known:
    """Return what is known of two ports (code or UN/LOCODE, any case). Raises UnknownPort."""
    name = f"pair:{cache.digest(origin.casefold(), destination.casefold())}"
    found = cache.get_network(name)
    if found.value is not None:
        return Known(_pair_from_json(found.value), cached=True, generation=found.generation)
    made = read_pair(origin, destination)
    cache.set_network(name, asdict(made), generation=found.generation)
    return Known(made, cached=False, generation=found.generation)


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
    """Return the pair from the database: routes and tariffs in two queries. Raises UnknownPort."""
    known, _ = ports()
    ends = _find(known, origin, "origin"), _find(known, destination, "destination")
    routes = Route.objects.filter(
        origin=ends[0].pk, destination=ends[1].pk, active=True, operator__active=True
    ).order_by("operator__code")
    operators = {route.pk: route.operator for route in routes.select_related("operator")}
    local = {pk: each for pk, each in operators.items() if each.adapter == Operator.Adapter.LOCAL}
    tariffs = read_tariffs(Route.objects.filter(pk__in=local)) if local else {}
    return Pair(
        origin=ends[0],
        destination=ends[1],
        local=tuple(seller(each, tariffs.get(pk, ())) for pk, each in local.items()),
        remote=tuple(each.code for pk, each in operators.items() if pk not in local),
    )


def read_tariffs(routes: QuerySet[Route]) -> dict[int, tuple[TariffFacts, ...]]:
    """Return the tariffs of routes by the route's key, the latest start first; one query."""
    lines = (
        FareRule.objects.select_related("tariff")
        .filter(tariff__route__in=routes)
        .order_by("-tariff__valid_from", "tariff", "pk")
    )
    grouped: dict[int, list[FareRule]] = {}
    for line in lines:
        grouped.setdefault(line.tariff_id, []).append(line)
    found: dict[int, tuple[TariffFacts, ...]] = {}
    for rules in grouped.values():
        tariff = rules[0].tariff
        fares = tuple(fare_line(rule) for rule in rules)
        facts = TariffFacts(tariff.currency, tariff.valid_from, tariff.valid_until, fares)
        found[tariff.route_id] = (*found.get(tariff.route_id, ()), facts)
    return found


def tariff_on(tariffs: Sequence[TariffFacts], day: date) -> TariffFacts | None:
    """Return the tariff for travel on the local day; of several the one that started last."""
    valid = (tariff for tariff in tariffs if tariff.valid_from <= day <= tariff.valid_until)
    return next(valid, None)


def fare_line(rule: FareRule) -> FareLine:
    """Return the pure value of a tariff's row."""
    return FareLine(**{name: getattr(rule, name) for name in FARE_FIELDS})


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


def seller(operator: Operator, tariffs: tuple[TariffFacts, ...]) -> Seller:
    """Return the plain value of an operator's row with its tariffs on a route."""
    return Seller(
        pk=operator.pk,
        code=operator.code,
        name=operator.name,
        currency=operator.currency,
        vehicle_gap_cm=operator.vehicle_gap_cm,
        sale_closes_minutes=operator.sale_closes_minutes,
        timetable_note=operator.timetable_note,
        tariffs=tariffs,
    )


def _find(known: Sequence[PortFacts], text: str, field: str) -> PortFacts:
    wanted = text.casefold()
    for port in known:
        if wanted in (port.code.casefold(), port.unlocode.casefold()) and wanted:
            return port
    sentence = f"We do not know the port {text[:40]}."
    raise UnknownPort(sentence, errors={field: [sentence]})


def _pair_from_json(value: dict[str, Any]) -> Pair:
    return Pair(
        origin=PortFacts(**value["origin"]),
        destination=PortFacts(**value["destination"]),
        local=tuple(_seller_from_json(each) for each in value["local"]),
        remote=tuple(value["remote"]),
    )


def _seller_from_json(value: dict[str, Any]) -> Seller:
    tariffs = tuple(
        TariffFacts(
            currency=tariff["currency"],
            valid_from=date.fromisoformat(tariff["valid_from"]),
            valid_until=date.fromisoformat(tariff["valid_until"]),
            fares=tuple(FareLine(**fare) for fare in tariff["fares"]),
        )
        for tariff in value["tariffs"]
    )
    return Seller(**{**value, "tariffs": tariffs})
