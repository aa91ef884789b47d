"""The way back to check-out with what a booking had, when its hold is over."""

from collections import Counter
from urllib.parse import urlencode

from django.urls import reverse

from bookings.models import Booking
from bookings.persons import facts_of
from ferries.forms import party_fields
from ferries.party import CATEGORIES, Party, VehicleSize
from maritime.lib.references import access_token

# The parameter that names the booking whose names the form begins with.
AGAIN = "again"


def checkout_again(booking: Booking) -> str:
    """Return the address of a check-out for the same sailings, party and wishes."""
    query: list[tuple[str, str | int]] = [
        ("outbound" if leg.position == 0 else "inbound", leg.offer_id) for leg in booking.legs.all()
    ]
    query += party_fields(_party(booking)).items()
    query += _wishes(booking)
    query.append((AGAIN, access_token(booking.public_id)))
    return f"{reverse('checkout')}?{urlencode(query)}"


def typed_again(booking: Booking) -> dict[str, str]:
    """Return what the traveller had typed for the booking, as the fields of check-out."""
    typed = {
        "email": booking.contact_email,
        "phone": booking.contact_phone,
    }
    for vehicle in booking.vehicles.all():
        typed["registration"] = vehicle.registration
    for passenger in booking.passengers.all():
        typed |= {
            f"p{passenger.position}_given_name": passenger.given_name,
            f"p{passenger.position}_surname": passenger.surname,
            f"p{passenger.position}_age": "" if passenger.age is None else str(passenger.age),
            **{
                f"p{passenger.position}_{name}": str(value)
                for name, value in facts_of(passenger).items()
            },
        }
    return typed


def _party(booking: Booking) -> Party:
    counts = Counter(passenger.category for passenger in booking.passengers.all())
    adults, children, infants = (counts[category] for category in CATEGORIES)
    return Party(adults, children, infants, vehicle=_vehicle(booking), group=booking.group)


def _vehicle(booking: Booking) -> VehicleSize | None:
    vehicle = next(iter(booking.vehicles.all()), None)
    if vehicle is None:
        return None
    return VehicleSize(
        vehicle.kind,
        vehicle.length_cm,
        vehicle.height_cm,
        vehicle.trailer_length_cm,
        vehicle.width_cm,
        vehicle.weight_kg,
        charges=vehicle.charges,
    )


def _wishes(booking: Booking) -> list[tuple[str, str | int]]:
    """Return cabins, animals and codes as the fields of the form of extras."""
    query: list[tuple[str, str | int]] = [
        (f"acc-{leg.position + 1}-{code}", count)
        for leg in booking.legs.all()
        for code, count in Counter(leg.accommodation).items()
    ]
    places = Counter(pet.place for pet in booking.pets.all())
    query += [(f"pets-{place}", count) for place, count in places.items()]
    if booking.assistance_dogs:
        query.append(("assistance_dogs", booking.assistance_dogs))
    if booking.needs_accessible:
        query.append(("needs_accessible", "on"))
    if booking.offer_code:
        query.append(("offer_code", booking.offer_code))
    return query
