"""The tables of the bookings app."""

from bookings.models.booking import Amendment, Booking, BookingEvent, Disruption, JourneyLeg
from bookings.models.items import OrderItem, Ticket
from bookings.models.party import Passenger, Pet, Vehicle

__all__ = (
    "Amendment",
    "Booking",
    "BookingEvent",
    "Disruption",
    "JourneyLeg",
    "OrderItem",
    "Passenger",
    "Pet",
    "Ticket",
    "Vehicle",
)
