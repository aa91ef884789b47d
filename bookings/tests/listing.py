"""Crossings that ask for the list of persons, and travellers who tell what it asks."""

from dataclasses import replace
from datetime import date

from bookings.operations.hold import Traveller
from bookings.tests.makers import people
from ferries.models import Route, Sailing
from ferries.tests import makers

BORN = date(1990, 5, 17)
FACTS = {"gender": "F", "nationality": "NO", "birth_date": BORN}
JSON = {"gender": "F", "nationality": "NO", "birth_date": "1990-05-17"}


def listed_sailing(*ports, **values) -> Sailing:
    """Return a sailing whose routes ask for the list."""
    run = makers.sailing(*ports, **values)
    Route.objects.filter(operator=run.operator).update(persons_list=True)
    return run


def listed(*counts: int, **facts) -> tuple[Traveller, ...]:
    """Return travellers (adults, children, infants) with all that the list asks."""
    return tuple(replace(one, **{**FACTS, **facts}) for one in people(*counts))


def told(booking) -> list[tuple]:
    """Return what is kept of each traveller for the list."""
    rows = booking.passengers.order_by("position")
    return [(row.gender, row.nationality, row.birth_date) for row in rows]
