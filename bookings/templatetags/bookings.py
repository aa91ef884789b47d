"""What pages show of a booking beside its columns."""

from django import template

from bookings import telling
from bookings.models import Booking, JourneyLeg, Passenger, Vehicle

register = template.Library()


@register.filter
def prices(booking: Booking) -> list[telling.CrossingPrice]:
    """Return the price lines by crossing, as on the check-out page."""
    return telling.crossing_prices(booking)


@register.filter
def cabins(leg: JourneyLeg, booking: Booking) -> list[str]:
    """Return the cabins and seats of a crossing in words."""
    return telling.cabins_of(booking, leg)


@register.filter
def animals(booking: Booking) -> list[str]:
    """Return the animals of a booking in words."""
    return telling.pets_of(booking)


@register.filter
def category(passenger: Passenger) -> str:
    """Return the age group of a traveller in words."""
    return str(telling.CATEGORIES.get(passenger.category, passenger.category))


@register.filter
def vehicle_name(vehicle: Vehicle) -> str:
    """Return a vehicle by its kind and number plate."""
    return telling.vehicle_text(vehicle)
