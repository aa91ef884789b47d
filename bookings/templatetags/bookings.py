"""What pages show of a booking beside its columns."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from bookings import telling
from bookings.assistance import told
from bookings.models import Booking, JourneyLeg, Passenger, Vehicle
from ferries.offers import AccommodationOffer
from ferries.templatetags.travel import cancelling

register = template.Library()

# A cabin as its plan shows it: units of the drawing, and how many beds stand along one wall.
BED_WIDTH, BED_LENGTH, BEDS_IN_A_ROW, MOST_DRAWN = 14, 34, 3, 6


@register.inclusion_tag("components/steps.html")
def booking_steps(current: int) -> dict[str, Any]:
    """Show the steps of a booking; `current` counts from 1."""
    return {
        "steps": [_("Sailings"), _("Travellers"), _("Payment"), _("Tickets")],
        "current": current,
    }


@register.inclusion_tag("components/cabin.html")
def cabin_plan(offer: AccommodationOffer) -> dict[str, Any]:
    """Draw a cabin with its beds, or a seat: a plan, not a picture of the very room."""
    beds = min(offer.berths, MOST_DRAWN) if offer.kind in ("cabin", "berth") else 0
    return {
        "offer": offer,
        "beds": [_bed(index) for index in range(beds)],
        "is_seat": offer.kind in ("seat", "lounge"),
    }


def _bed(index: int) -> dict[str, int]:
    """Return where a bed stands: three along the upper wall, then three along the lower."""
    row, place = divmod(index, BEDS_IN_A_ROW)
    return {"x": 6 + place * (BED_WIDTH + 6), "y": 6 + row * (BED_LENGTH + 8)}


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


@register.filter
def assistance(booking: Booking) -> list[str]:
    """Return the help that was asked for in words."""
    return told(booking.assistance)


@register.filter
def conditions(booking: Booking) -> dict[str, list[str]]:
    """Return what cancelling costs as it was sold, as sentences by operator."""
    return {
        leg.operator.name: cancelling(leg.conditions, booking.currency)
        for leg in booking.legs.all()
    }
