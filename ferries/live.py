"""Our legs as they stand now, with all that planning and pricing them needs, in one statement.

A hold reads this; nothing here is cached. Plain SQL, because the ORM took longer to build this
join than the rest of the hold took (docs/benchmarks.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from ferries import network
from ferries.fitting import Fitting
from ferries.fittings import fitting_sql
from ferries.models import Leg, Operator, Port, Sailing, Vessel, VesselConfiguration
from ferries.network import Seller
from maritime.lib import sql

PARTS: dict[str, type[Model]] = {
    "leg": Leg,
    "sailing": Sailing,
    "operator": Operator,
    "origin": Port,
    "destination": Port,
    "ship": VesselConfiguration,
    "vessel": Vessel,
}
# A day more on both sides: the tariff's days are those of the origin's clocks.
IN_SEASON = "tariff.valid_from <= leg.departs_at::date + 1 AND tariff.valid_until >= leg.departs_at::date - 1"


@dataclass(frozen=True)
class LiveLeg:
    """A leg with sailing, operator, ship and ports loaded, and its operator as a seller.

    Of the seller's tariffs those of the leg's day; none where the operator sells no such route.
    `persons_list`: the route asks for the list of persons.
    """

    leg: Leg
    seller: Seller
    persons_list: bool


def by_offer(
    *, operator: str, sailing: UUID, from_sequence: int, to_sequence: int
) -> LiveLeg | None:
    """Return the leg that an offer names: the operator's code, the sailing's public id, its calls."""
    return _read(
        "sailing.public_id = %s AND operator.code = %s"
        " AND leg.from_sequence = %s AND leg.to_sequence = %s",
        [sailing, operator, from_sequence, to_sequence],
    )


def by_key(leg_id: int) -> LiveLeg | None:
    """Return the leg of that primary key."""
    return _read("leg.id = %s", [leg_id])


def _columns(model: type[Model]) -> list[str]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    return [field.column for field in fields if field.column]


STATEMENT = f"""
SELECT {", ".join(sql.columns(alias, _columns(model)) for alias, model in PARTS.items())},
  coalesce(route.persons_list, false), {fitting_sql("ship")}, {network.seller_sql(IN_SEASON)}
FROM ferries_leg leg
JOIN ferries_sailing sailing ON sailing.id = leg.sailing_id
JOIN ferries_operator operator ON operator.id = sailing.operator_id
JOIN ferries_port origin ON origin.id = leg.origin_id
JOIN ferries_port destination ON destination.id = leg.destination_id
LEFT JOIN ferries_vesselconfiguration ship ON ship.id = sailing.configuration_id
LEFT JOIN ferries_vessel vessel ON vessel.id = ship.vessel_id
LEFT JOIN ferries_route route ON route.operator_id = operator.id AND route.active
  AND route.origin_id = leg.origin_id AND route.destination_id = leg.destination_id
WHERE """  # noqa: S608


def _read(condition: str, parameters: Sequence[Any]) -> LiveLeg | None:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT + condition, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    *values, persons_list, fitting, seller = row
    parts = iter(values)
    leg, sailing, operator, origin, destination, ship, vessel = (
        _instance(model, list(islice(parts, len(_columns(model))))) for model in PARTS.values()
    )
    if ship is not None:
        ship.vessel = vessel
    sailing.operator, sailing.configuration = operator, ship
    leg.sailing, leg.origin, leg.destination = sailing, origin, destination
    leg.fitting = Fitting.from_json(fitting)
    return LiveLeg(leg, network.seller_from_json(seller), persons_list)


def _instance(model: type[Model], values: list[Any]) -> Any:
    """Return the row of a table as its model has it; None where an outer join found none."""
    if values[0] is None:
        return None
    return model.from_db(connection.alias, _columns(model), values)
