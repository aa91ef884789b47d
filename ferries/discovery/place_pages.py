"""The pages of ports and operators, and the lists of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from ferries.countries import country_name
from ferries.discovery import queries, structured
from ferries.discovery.pages import Made, Sailed, operator_path, port_path, render_body
from ferries.models import Operator, Port, Route
from ferries.port_picker import other_names
from ferries.queries import condition_sentences, routes_on_sale
from maritime.lib import clock

BOARD_HOURS = 36


@dataclass(frozen=True)
class Onward:
    """A port that one reaches, with the names of the operators."""

    port: Port
    operators: Sequence[str]


def port_page(port: Port, *, now: datetime) -> Made:
    """Make the page of a port; 2 queries."""
    routes = queries.routes_at(port)
    leaving = [route for route in routes if route.origin_id == port.pk]
    end = now + timedelta(hours=BOARD_HOURS)
    board = queries.next_departures(leaving, start=now, end=end) if leaving else []
    title = _("Ferries from %(port)s") % {"port": port.name}
    description = _("Where ferries from %(port)s go, and when the next ones leave.") % {
        "port": port.name
    }
    context = {
        "port": port,
        "title": title,
        "country": country_name(port.country),
        "other_names": other_names(port.code),
        "clock": clock.local(now, port.zone),
        "board": board,
        "onward": _onward(leaving),
        "arriving": [route for route in routes if route.destination_id == port.pk],
        "tomorrow": clock.local(now, port.zone).date() + timedelta(days=1),
    }
    path = port_path(port)
    steps = [(_("Ports"), reverse("ports")), (port.name, path)]
    until = board[0][0].departs_at if board else now + timedelta(hours=1)
    return Made(
        title=title,
        description=description,
        data=structured.graph([structured.breadcrumbs(steps), structured.terminal(port, path)]),
        body=render_body("_port", context),
        until=until,
    )


def operator_page(operator: Operator, *, now: datetime) -> Made:
    """Make the page of an operator; 3 queries."""
    path = operator_path(operator)
    steps = [(_("Operators"), reverse("operators")), (operator.name, path)]
    context = {
        "operator": operator,
        "ways": _ways(queries.routes_of(operator)),
        "fleet": [Sailed(ship, None) for ship in queries.fleet_of(operator)],
        "conditions": condition_sentences([(operator, "")]).get(operator.name, []),
    }
    return Made(
        title=operator.name,
        description=_("Routes, ships and conditions of %(operator)s.")
        % {"operator": operator.name},
        data=structured.graph([structured.breadcrumbs(steps), structured.company(operator, path)]),
        body=render_body("_operator", context),
        until=now + timedelta(hours=1),
    )


def routes_index(*, now: datetime) -> Made:
    """Make the list of all routes; 1 query."""
    title = _("All ferry routes")
    countries: dict[str, dict[Port, list[Onward]]] = {}
    ways = _ways(routes_on_sale())
    for origin in sorted(ways, key=lambda port: port.name):
        countries.setdefault(country_name(origin.country), {})[origin] = ways[origin]
    return _index("_routes", title, reverse("routes"), {"countries": _sorted(countries)}, now=now)


def ports_index(*, now: datetime) -> Made:
    """Make the list of the ports that routes join; 1 query."""
    title = _("All ports")
    countries: dict[str, dict[Port, int]] = {}
    ways = _ways(routes_on_sale())
    reached = {onward.port for each in ways.values() for onward in each}
    for port in sorted({*ways, *reached}, key=lambda port: (port.name, port.code)):
        countries.setdefault(country_name(port.country), {})[port] = len(ways.get(port, ()))
    return _index("_ports", title, reverse("ports"), {"countries": _sorted(countries)}, now=now)


def operators_index(*, now: datetime) -> Made:
    """Make the list of operators; 1 query."""
    title = _("All operators")
    found: dict[Operator, int] = {}
    for route in routes_on_sale():
        found[route.operator] = found.get(route.operator, 0) + 1
    context = {"operators": sorted(found.items(), key=lambda each: each[0].name)}
    return _index("_operators", title, reverse("operators"), context, now=now)


def _index(
    template: str, title: str, path: str, context: Mapping[str, Any], *, now: datetime
) -> Made:
    return Made(
        title=title,
        description=_("Ferry routes, ports and operators with timetables and prices."),
        data=structured.graph([structured.breadcrumbs([(title, path)])]),
        body=render_body(template, {**context, "title": title}),
        until=now + timedelta(hours=1),
    )


def _ways(routes: Sequence[Route]) -> dict[Port, list[Onward]]:
    """Return where one gets from each port, and with whom."""
    leaving: dict[Port, list[Route]] = {}
    for route in routes:
        leaving.setdefault(route.origin, []).append(route)
    return {port: _onward(found) for port, found in leaving.items()}


def _onward(routes: Sequence[Route]) -> list[Onward]:
    found: dict[Port, list[str]] = {}
    for route in routes:
        found.setdefault(route.destination, []).append(route.operator.name)
    return [
        Onward(port, found[port]) for port in sorted(found, key=lambda port: (port.name, port.code))
    ]


def _sorted(countries: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(countries.items())
