"""The rows of a new booking, written by one statement.

Eight inserts by the ORM cost this process more than everything else in a hold (docs/benchmarks.md).
Columns and values come from the models, so nothing here has to follow their changes.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from bookings.models import (
    Booking,
    BookingEvent,
    JourneyLeg,
    OrderItem,
    Passenger,
    Pet,
    Vehicle,
)
from maritime.lib import sql


@dataclass(frozen=True)
class BookingRows:
    """A booking that is not stored yet, with all that belongs to it; items name their legs."""

    booking: Booking
    event: BookingEvent
    passengers: Sequence[Passenger]
    vehicles: Sequence[Vehicle]
    pets: Sequence[Pet]
    legs: Sequence[JourneyLeg]
    items: Sequence[OrderItem]


def insert(rows: BookingRows) -> None:
    """Store the rows inside the caller's transaction; only the booking learns its primary key."""
    # Keys are given by the statement; until then an item knows its leg by the position.
    items = [{**_values(item), "leg_id": item.leg.position} for item in rows.items]
    tables = (
        [_values(rows.booking)],
        [_values(rows.event)],
        *(
            [_values(row) for row in table]
            for table in (rows.passengers, rows.vehicles, rows.pets, rows.legs)
        ),
        items,
    )
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [json.dumps(table, default=str) for table in tables])
        (rows.booking.pk,) = cursor.fetchone()
    rows.booking._state.adding = False  # noqa: SLF001 - Django documents it


def _values(row: Model) -> dict[str, Any]:
    """Return what the columns of a new row shall have, as JSON can carry it."""
    for field in _fields(type(row)):
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            field.pre_save(row, add=True)
    return {field.column: getattr(row, field.attname) for field in _fields(type(row))}


@cache
def _fields(model: type[Model]) -> list[Any]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    return [field for field in fields if not field.primary_key]


def _insert(model: type[Model], *sources: str, **keys: str) -> str:
    """Return an INSERT of a JSON array of rows, in its order; `keys` are columns found by SQL."""
    table = model._meta.db_table  # noqa: SLF001
    names = [field.column for field in _fields(model)]
    values = [keys.get(name) or sql.columns("new", [name]) for name in names]
    array = f"json_populate_recordset(NULL::{table}, %s) WITH ORDINALITY AS new"
    return (
        f"INSERT INTO {table} ({_quoted(names)}) SELECT {', '.join(values)}"  # noqa: S608
        f" FROM {' '.join((array, *sources))} ORDER BY new.ordinality"
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _insert_of_booking(model: type[Model], *sources: str, **keys: str) -> str:
    return _insert(model, "CROSS JOIN booking", *sources, booking_id="booking.id", **keys)


STATEMENT = f"""
WITH booking AS ({_insert(Booking)} RETURNING id),
event AS ({_insert_of_booking(BookingEvent)}),
passenger AS ({_insert_of_booking(Passenger)}),
vehicle AS ({_insert_of_booking(Vehicle)}),
pet AS ({_insert_of_booking(Pet)}),
leg AS ({_insert_of_booking(JourneyLeg)} RETURNING id, position),
item AS ({_insert_of_booking(OrderItem, "JOIN leg ON leg.position = new.leg_id", leg_id="leg.id")})
SELECT id FROM booking
"""  # noqa: S608
