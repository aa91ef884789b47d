"""What the pages to look around read; each function says how many queries it makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet, Sum

from ferries.discovery.months import Departure
from ferries.models import Leg, Operator, Port, Route, Sailing, VesselConfiguration

SHOWN_NEXT = 12


@dataclass(frozen=True)
class Ship:
    """A ship as it is fitted out: persons, metres of lane and highest deck (0: no vehicles)."""

    name: str
    persons: int
    lane_cm: int
    height_cm: int


def routes_between(origin: str, destination: str) -> tuple[list[Route], bool]:
    """Return the routes from one port code to another, and whether somebody sails back; 1 query."""
    both = Q(origin__code=origin, destination__code=destination) | Q(
        origin__code=destination, destination__code=origin
    )
    found = list(_on_sale().filter(both).order_by("operator__name"))
    there = [route for route in found if route.origin.code == origin]
    return there, len(there) < len(found)


def routes_at(port: Port) -> list[Route]:
    """Return the routes from and to a port, by the name of the other end; 1 query."""
    found = list(_on_sale().filter(Q(origin=port) | Q(destination=port)))
    return sorted(found, key=lambda route: (_other(route, port).name, route.operator.name))


def routes_of(operator: Operator) -> list[Route]:
    """Return an operator's routes by the names of their ports; 1 query."""
    return list(_on_sale().filter(operator=operator).order_by("origin__name", "destination__name"))


def find_port(text: str) -> Port | None:
    """Return the port of that code or UN/LOCODE in any case; 1 query."""
    named = Q(code__iexact=text) | (Q(unlocode__iexact=text) if text else Q())
    return Port.objects.filter(named).order_by("pk").first()


def find_operator(text: str) -> Operator | None:
    """Return the active operator of that code in any case; 1 query."""
    return Operator.objects.filter(code__iexact=text, active=True).order_by("pk").first()


def last_departure(routes: Sequence[Route]) -> datetime | None:
    """Return when the last departure on the routes is; 1 query, 1 row of the index."""
    legs = _legs(routes).order_by("-departs_at")
    return legs.values_list("departs_at", flat=True).first()


def departures(routes: Sequence[Route], *, start: datetime, end: datetime) -> list[Departure]:
    """Return what sails on routes between two ports from the start (included) to the end.

    1 query, which reads these days only.
    """
    legs = _legs(routes).filter(departs_at__gte=start, departs_at__lt=end)
    return [departure for departure, _ in _read(legs)]


def next_departures(
    routes: Sequence[Route], *, start: datetime, end: datetime
) -> list[tuple[Departure, Port]]:
    """Return the next departures on the routes of one port until the end, with where they go.

    1 query.
    """
    legs = _legs(routes).filter(departs_at__gte=start, departs_at__lt=end)
    ports = {route.destination_id: route.destination for route in routes}
    return [(departure, ports[pk]) for departure, pk in _read(legs)[:SHOWN_NEXT]]


def ships(configurations: Iterable[int]) -> list[Ship]:
    """Return the ships of configurations (primary keys) by name; 1 query."""
    return _ships(VesselConfiguration.objects.filter(pk__in=set(configurations)))


def fleet_of(operator: Operator) -> list[Ship]:
    """Return an operator's ships by name, with the most that each carries; 1 query."""
    ships = VesselConfiguration.objects.filter(vessel__operator=operator, vessel__active=True)
    return _ships(ships)


def _on_sale() -> QuerySet[Route]:
    routes = Route.objects.filter(active=True, operator__active=True)
    return routes.select_related("operator", "origin", "destination")


def _other(route: Route, port: Port) -> Port:
    return route.destination if route.origin_id == port.pk else route.origin


def _legs(routes: Sequence[Route]) -> QuerySet[Leg]:
    """Return the legs of routes that begin at one port, without those that are cancelled."""
    legs = Leg.objects.filter(
        origin__in={route.origin_id for route in routes},
        destination__in={route.destination_id for route in routes},
        sailing__operator__in={route.operator_id for route in routes},
    )
    return legs.exclude(sailing__status=Sailing.Status.CANCELLED)


def _read(legs: QuerySet[Leg]) -> list[tuple[Departure, int]]:
    """Return departures in order, each with the key of the port it goes to."""
    rows = legs.order_by("departs_at", "pk").values_list(
        "departs_at",
        "arrives_at",
        "origin__zone",
        "destination__zone",
        "sailing__operator__code",
        "sailing__operator__name",
        "sailing__configuration__vessel__name",
        "sailing__configuration",
        "sailing__accommodation_required",
        "destination",
    )
    return [(Departure(*row[:-1]), row[-1]) for row in rows]


def _ships(configurations: QuerySet[VesselConfiguration]) -> list[Ship]:
    rows = configurations.select_related("vessel").annotate(
        lanes=Sum("deck_areas__lane_cm"), height=Max("deck_areas__clear_height_cm")
    )
    found: dict[str, Ship] = {}
    for row in rows:
        ship = Ship(row.vessel.name, row.persons, row.lanes or 0, row.height or 0)
        largest = found.setdefault(ship.name, ship)
        if ship.persons > largest.persons:
            found[ship.name] = ship
    return sorted(found.values(), key=lambda ship: ship.name)
