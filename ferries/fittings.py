"""Reads how ships are fitted out, and what a sailing of such a ship can sell."""

from collections.abc import Iterable
from dataclasses import fields

from django.db import connection
from django.db.models import QuerySet

from ferries.fitting import AccommodationFacts, AreaFacts, Fitting
from ferries.models import (
    FOOT,
    PERSONS,
    Leg,
    VesselConfiguration,
    accommodation_resource,
    deck_resource,
    pet_resource,
    plug_resource,
    weight_resource,
)
from maritime.lib import sql

# What of an area is a fact of its own column; the others tell whether something is limited.
LIMITS = {
    "counts_places": "area.places IS NOT NULL",
    "weighs": "area.total_kg > 0",
}
AREA = sql.record("area", (f.name for f in fields(AreaFacts) if f.name not in LIMITS), **LIMITS)
TYPE = sql.record("type", (field.name for field in fields(AccommodationFacts)))


def fitting_sql(ship: str) -> str:
    """Return an expression for the fitting of a configuration's row, as `Fitting.from_json` reads it."""
    owned = f"configuration_id = {ship}.id"
    parts = {
        "areas": sql.records(AREA, f"ferries_deckarea area WHERE area.{owned}", order="area.code"),
        "accommodation": sql.records(
            TYPE, f"ferries_accommodationtype type WHERE type.{owned}", order="type.code"
        ),
        "pets": sql.records(
            "pet.kind", f"ferries_petspace pet WHERE pet.{owned}", order="pet.kind"
        ),
        "foot_limited": f"{ship}.foot_persons IS NOT NULL",
    }
    return sql.record(ship, (), **parts)


FITTINGS = f"""
SELECT ship.id, {fitting_sql("ship")} FROM ferries_vesselconfiguration ship WHERE ship.id = ANY(%s)
"""  # noqa: S608


def fitting_of(leg: Leg) -> Fitting:
    """Return the fitting of the ship of a leg that `ferries.live` read; empty without a ship."""
    return leg.fitting


def read_fittings(configurations: Iterable[int]) -> dict[int, Fitting]:
    """Return the fittings of configurations by primary key; one query, none for none."""
    wanted = list(set(configurations))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FITTINGS, [wanted])
        return {pk: Fitting.from_json(value) for pk, value in cursor.fetchall()}


def resources_of(configurations: QuerySet[VesselConfiguration]) -> dict[int, list[tuple[str, int]]]:
    """Return (resource, amount) of everything that a sailing can sell, by configuration."""
    rows = configurations.prefetch_related("deck_areas", "accommodation", "pet_spaces")
    return {row.pk: _resources(row) for row in rows}


def _resources(ship: VesselConfiguration) -> list[tuple[str, int]]:
    found = [(PERSONS, ship.persons)]
    if ship.foot_persons is not None:
        found.append((FOOT, min(ship.foot_persons, ship.persons)))
    for area in sorted(ship.deck_areas.all(), key=lambda each: each.code):
        lanes_or_places = area.lane_cm if area.places is None else area.places
        found.append((deck_resource(area.code), lanes_or_places))
        if area.total_kg:
            found.append((weight_resource(area.code), area.total_kg))
        if area.plugs:
            found.append((plug_resource(area.code), area.plugs))
    types = sorted(ship.accommodation.all(), key=lambda each: each.code)
    found += [(accommodation_resource(each.code), each.units) for each in types]
    pets = sorted(ship.pet_spaces.all(), key=lambda each: each.kind)
    return found + [(pet_resource(each.kind), each.places) for each in pets]
