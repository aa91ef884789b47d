"""The tables of the bookings app."""

from bookings.models.booking import Booking, BookingEvent, JourneyLeg
from bookings.models.items import OrderItem, Ticket
from bookings.models.party import Passenger, Vehicle

__all__ = (
    "Booking",
    "BookingEvent",
    "JourneyLeg",
    "OrderItem",
    "Passenger",
    "Ticket",
    "Vehicle",
)
