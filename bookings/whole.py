"""A booking with what belongs to it, in one statement.

Seven queries of the ORM took five times as long (docs/benchmarks.md).
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model

from bookings.models import Booking, JourneyLeg, OrderItem, Passenger, Pet, Ticket, Vehicle
from ferries.models import Operator
from maritime.lib import rows, sql

OF_BOOKING = "part.booking_id = booking.id"
OF_LEG = "part.leg_id IN (SELECT id FROM bookings_journeyleg WHERE booking_id = booking.id)"
OF_OPERATOR = (
    "part.id IN (SELECT operator_id FROM bookings_journeyleg WHERE booking_id = booking.id)"
)


@dataclass(frozen=True)
class Part:
    """A table of which a booking has rows: which ones, and in what order."""

    model: type[Model]
    which: str
    order: str

    def select(self) -> str:
        """Return an expression for the rows as JSON, of a `booking`."""
        table = self.model._meta.db_table  # noqa: SLF001 - Django documents it
        return sql.records(
            "row_to_json(part)", f"{table} part WHERE {self.which}", order=self.order
        )


LEGS = Part(JourneyLeg, OF_BOOKING, "part.position")
OPERATORS = Part(Operator, OF_OPERATOR, "part.id")
TICKETS = Part(Ticket, OF_LEG, "part.id")
OWN = {
    "passengers": Part(Passenger, OF_BOOKING, "part.position"),
    "vehicles": Part(Vehicle, OF_BOOKING, "part.position"),
    "pets": Part(Pet, OF_BOOKING, "part.position"),
    "items": Part(OrderItem, OF_BOOKING, "part.id"),
}


def _statement(*parts: Part) -> str:
    columns = sql.columns("booking", rows.column_names(Booking))
    return (
        f"SELECT {', '.join((columns, *(part.select() for part in parts)))}"  # noqa: S608
        " FROM bookings_booking booking WHERE booking."
    )


LOCKED = (
    f"SELECT {sql.columns('booking', rows.column_names(Booking))}"  # noqa: S608
    " FROM bookings_booking booking WHERE booking.id = %s FOR UPDATE"
)
WITH_LEGS = _statement(LEGS, OPERATORS)
WHOLE = _statement(LEGS, OPERATORS, TICKETS, *OWN.values())
WIDTH = len(rows.column_names(Booking))


def read_whole(column: str, value: Any) -> Booking | None:
    """Return the booking with legs (operators, tickets), travellers, vehicles, pets and items.

    `column` is a unique one of the table.
    """
    found = _read(WHOLE, column, value)
    if found is None:
        return None
    booking, (tickets, *own) = found
    _attach_tickets(booking, rows.from_json(Ticket, tickets))
    for (relation, part), values in zip(OWN.items(), own, strict=True):
        members = rows.from_json(part.model, values)
        for member in members:
            member.booking = booking  # type: ignore[attr-defined]
        rows.attach(booking, relation, members)
    return booking


def read_with_legs(booking_id: int) -> Booking | None:
    """Return the booking with its legs and their operators."""
    found = _read(WITH_LEGS, "id", booking_id)
    return found[0] if found else None


def read_locked(booking_id: int) -> Booking | None:
    """Return the booking alone, its row locked until the caller's transaction ends.

    Alone: what a statement reads beside the row that it waits for is from before the wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [booking_id])
        row = cursor.fetchone()
    return rows.from_row(Booking, row) if row else None


def _read(statement: str, column: str, value: Any) -> tuple[Booking, list[Any]] | None:
    """Return the booking with its legs and their operators, and the JSON of what follows them."""
    with connection.cursor() as cursor:
        cursor.execute(f"{statement}{column} = %s", [value])
        row = cursor.fetchone()
    if row is None:
        return None
    booking = rows.from_row(Booking, row[:WIDTH])
    legs, operators, *rest = row[WIDTH:]
    _attach_legs(booking, rows.from_json(JourneyLeg, legs), rows.from_json(Operator, operators))
    return booking, rest


def _attach_legs(booking: Booking, legs: list[JourneyLeg], operators: list[Operator]) -> None:
    by_key = {operator.pk: operator for operator in operators}
    for leg in legs:
        leg.booking, leg.operator = booking, by_key[leg.operator_id]
    rows.attach(booking, "legs", legs)


def _attach_tickets(booking: Booking, tickets: list[Ticket]) -> None:
    for leg in booking.legs.all():
        mine = [ticket for ticket in tickets if ticket.leg_id == leg.pk]
        for ticket in mine:
            ticket.leg = leg
        rows.attach(leg, "tickets", mine)
