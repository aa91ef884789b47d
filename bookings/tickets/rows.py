"""The ticket rows: one for each traveller and vehicle on each leg."""

from datetime import datetime

from bookings.models import Booking, Ticket


def issue(booking: Booking, *, now: datetime) -> list[Ticket]:
    """Write the tickets of a booking in the caller's transaction, which holds its lock.

    The constraints of the table let nobody have two valid tickets for one leg.
    """
    passengers = list(booking.passengers.order_by("position"))
    vehicles = list(booking.vehicles.order_by("position"))
    made: list[Ticket] = []
    for leg in booking.legs.order_by("position"):
        made += (Ticket(leg=leg, passenger=one, issued_at=now) for one in passengers)
        made += (Ticket(leg=leg, vehicle=one, issued_at=now) for one in vehicles)
    return Ticket.objects.bulk_create(made)
