"""Ports and routes that a timetable needs: found by the operator's stop mapping, or made."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

from ferries.gtfs.feed import Stop
from ferries.models import Operator, OperatorStop, Port, Route
from ferries.persons_list import is_beyond_limit

CODE_LENGTH = 40


def ports_of_stops(operator: Operator, stops: Sequence[Stop], *, zone: str) -> dict[str, int]:
    """Return the port's primary key for each stop; unknown stops get a port and a mapping.

    A new port is called `<operator>-<stop_id>`; its zone is the stop's or else the feed's.
    """
    known = dict(OperatorStop.objects.filter(operator=operator).values_list("stop_id", "port_id"))
    for stop in stops:
        if stop.id in known:
            continue
        port_zone = stop.zone or zone
        port = Port.objects.create(
            code=_free_code(f"{operator.code}-{stop.id}"),
            name=stop.name[:100],
            country=country_of(port_zone),
            zone=port_zone,
            latitude=stop.latitude,
            longitude=stop.longitude,
        )
        OperatorStop.objects.create(operator=operator, stop_id=stop.id, port=port)
        known[stop.id] = port.pk
    return {stop.id: known[stop.id] for stop in stops}


def configurations_of_routes(
    operator: Operator, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int | None]:
    """Return the ship that is given to sailings of each port pair; makes missing routes.

    A new route asks for the list of persons where its ports are far apart; staff may change it.
    """
    routes = Route.objects.filter(operator=operator)
    known = {
        (origin, destination): configuration
        for origin, destination, configuration in routes.values_list(
            "origin_id", "destination_id", "configuration_id"
        )
    }
    missing = sorted(set(pairs) - known.keys())
    ports = Port.objects.in_bulk({port for pair in missing for port in pair})
    Route.objects.bulk_create(
        Route(
            operator=operator,
            origin_id=origin,
            destination_id=destination,
            persons_list=is_beyond_limit(ports[origin], ports[destination]),
        )
        for origin, destination in missing
    )
    return known | dict.fromkeys(missing)


def country_of(zone: str) -> str:
    """Return the ISO country of an IANA zone, empty for zones of no country such as UTC."""
    return _countries().get(zone, "")


@cache
def _countries() -> dict[str, str]:
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def _free_code(wanted: str) -> str:
    base = re.sub(r"[^A-Za-z0-9]+", "-", wanted).strip("-")[: CODE_LENGTH - 4]
    code, number = base, 1
    while Port.objects.filter(code=code).exists():
        number += 1
        code = f"{base}-{number}"
    return code
