"""What the timetable has of a port pair on a day: legs and the ships that sail them, in one query.

The database makes the JSON that the cache keeps, and `Listing.from_json` reads both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import connection

from ferries.fitting import Fitting
from ferries.fittings import fitting_sql
from ferries.network import Pair
from maritime.lib import clock, sql


@dataclass(frozen=True)
class LegFacts:
    """One leg as the timetable has it; `sailing_id` is the primary key, `operator_id` too.

    `public_id` is the sailing's UUID as text with hyphens.
    """

    sailing_id: int
    operator_id: int
    public_id: str
    status: str
    vessel: str
    from_sequence: int
    to_sequence: int
    departs_at: datetime
    arrives_at: datetime
    configuration_id: int | None
    sale_opens_at: datetime | None
    sale_closes_at: datetime | None
    check_in_minutes: int | None
    accommodation_required: bool


@dataclass(frozen=True)
class Listing:
    """The legs of a day and the fittings of their ships, by configuration."""

    legs: list[LegFacts]
    fittings: dict[int, Fitting]

    @property
    def sailings(self) -> list[int]:
        """Return the keys of the sailings."""
        return sorted({leg.sailing_id for leg in self.legs})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Listing":
        """Return the listing that the database and the cache write in this form."""
        return cls(
            legs=[_leg_from_json(leg) for leg in value["legs"]],
            fittings={int(pk): Fitting.from_json(each) for pk, each in value["fittings"].items()},
        )


LEG_FIELDS = tuple(field.name for field in fields(LegFacts))
LEG_MOMENTS = ("departs_at", "arrives_at", "sale_opens_at", "sale_closes_at")
# The legs are found by themselves: with sellers and ships the planner leaves the index of legs.
LISTING = f"""
WITH found AS MATERIALIZED (
  SELECT leg.*, sailing.operator_id, sailing.public_id, sailing.status, sailing.configuration_id,
    sailing.sale_opens_at, sailing.sale_closes_at, sailing.check_in_minutes,
    sailing.accommodation_required
  FROM ferries_leg leg JOIN ferries_sailing sailing ON sailing.id = leg.sailing_id
  WHERE leg.origin_id = %s AND leg.destination_id = %s
    AND leg.departs_at >= %s AND leg.departs_at < %s
), sold AS (
  SELECT found.*, coalesce(vessel.name, '') AS vessel
  FROM found
  LEFT JOIN ferries_vesselconfiguration ship ON ship.id = found.configuration_id
  LEFT JOIN ferries_vessel vessel ON vessel.id = ship.vessel_id
  WHERE found.operator_id = ANY(%s)
)
SELECT json_build_object(
  'legs', {
    sql.records(
        f"json_build_array({sql.columns('sold', LEG_FIELDS)})",
        "sold",
        order="sold.departs_at, sold.id",
    )
},
  'fittings', (
    SELECT coalesce(json_object_agg(ship.id, {fitting_sql("ship")}), '{{}}')
    FROM ferries_vesselconfiguration ship
    WHERE ship.id IN (SELECT configuration_id FROM sold)))
"""  # noqa: S608


def listing_of(pair: Pair, day: date) -> Listing:
    """Return the legs of the pair's sellers on the origin's calendar day, by departure; live."""
    return Listing.from_json(read_listing(pair, day))


def read_listing(pair: Pair, day: date) -> dict[str, Any]:
    """Return the same as plain values that can be cached; one query."""
    if not pair.local:
        return {"legs": [], "fittings": {}}
    start, end = clock.day_bounds(day, pair.origin.zone)
    sellers = [seller.pk for seller in pair.local]
    with connection.cursor() as cursor:
        cursor.execute(LISTING, [pair.origin.pk, pair.destination.pk, start, end, sellers])
        found: dict[str, Any] = cursor.fetchone()[0]
    return found


def _leg_from_json(values: Sequence[Any]) -> LegFacts:
    leg = dict(zip(LEG_FIELDS, values, strict=True))
    for name in LEG_MOMENTS:
        leg[name] = datetime.fromisoformat(leg[name]) if leg[name] else None
    return LegFacts(**leg)
