"""The shapes of the bookings API: what comes in, checked for form, and what goes out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from rest_framework import serializers

from bookings.assistance import CODES, NOTE_LENGTH
from bookings.models import Booking, JourneyLeg, OrderItem
from bookings.operations.hold import (
    MAX_ANIMALS,
    MAX_TRAVELLERS,
    Contact,
    Held,
    HoldRequest,
    Traveller,
    VehicleInput,
    Wishes,
)
from bookings.operations.journey import LegWish
from bookings.tickets import sign
from ferries.party import CATEGORIES, PET_PLACES, VEHICLE_KINDS
from maritime.lib import clock, references

MAX_LENGTH_CM = 3000
MAX_HEIGHT_CM = 1000
MAX_WIDTH_CM = 600
MAX_WEIGHT_KG = 100_000
# What the floors above add to the JSON of a booking.
ADDITIONS: list[Callable[[Booking], dict[str, Any]]] = []


class LegInput(serializers.Serializer[Any]):
    """One crossing: its offer, and cabins or seats."""

    offer = serializers.CharField(max_length=120)
    accommodation = serializers.ListField(
        child=serializers.SlugField(max_length=20),
        max_length=MAX_TRAVELLERS,
        required=False,
        help_text="type codes of cabins, berths or seats, one for each unit",
    )


class PersonInput(serializers.Serializer[Any]):
    """A traveller whose name is not known yet."""

    category = serializers.ChoiceField(choices=CATEGORIES)
    age = serializers.IntegerField(min_value=0, max_value=130, required=False, allow_null=True)


class TravellerInput(serializers.Serializer[Any]):
    """A traveller."""

    category = serializers.ChoiceField(choices=CATEGORIES)
    given_name = serializers.CharField(max_length=80)
    surname = serializers.CharField(max_length=80)
    age = serializers.IntegerField(min_value=0, max_value=130, required=False, allow_null=True)


class VehicleBody(serializers.Serializer[Any]):
    """A vehicle; lengths in cm, weight in kg with trailer."""

    kind = serializers.ChoiceField(choices=VEHICLE_KINDS)
    length_cm = serializers.IntegerField(min_value=1, max_value=MAX_LENGTH_CM)
    height_cm = serializers.IntegerField(min_value=1, max_value=MAX_HEIGHT_CM)
    trailer_length_cm = serializers.IntegerField(
        min_value=0, max_value=MAX_LENGTH_CM, required=False
    )
    registration = serializers.CharField(max_length=20, required=False, allow_blank=True)
    width_cm = serializers.IntegerField(min_value=0, max_value=MAX_WIDTH_CM, required=False)
    weight_kg = serializers.IntegerField(min_value=0, max_value=MAX_WEIGHT_KG, required=False)
    charges = serializers.BooleanField(
        required=False, help_text="needs a charging plug during the crossing"
    )


class _ContactInput(serializers.Serializer[Any]):
    given_name = serializers.CharField(max_length=80)
    surname = serializers.CharField(max_length=80)
    email = serializers.EmailField()
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="of mails and tickets; en unless said"
    )


class _JourneyInput(serializers.Serializer[Any]):
    """What quotes and holds have in common."""

    legs = LegInput(many=True, allow_empty=False)
    vehicles = VehicleBody(many=True, required=False)
    pets = serializers.ListField(
        child=serializers.ChoiceField(choices=PET_PLACES), max_length=MAX_ANIMALS, required=False
    )
    assistance_dogs = serializers.IntegerField(min_value=0, max_value=MAX_ANIMALS, required=False)
    needs_accessible = serializers.BooleanField(required=False)
    group = serializers.CharField(max_length=30, required=False, allow_blank=True)
    offer_code = serializers.CharField(max_length=30, required=False, allow_blank=True)


class QuoteInput(_JourneyInput):
    """The body of POST /quotes."""

    passengers = PersonInput(many=True, allow_empty=False)


class HoldInput(_JourneyInput):
    """The body of POST /bookings."""

    passengers = TravellerInput(many=True, allow_empty=False)
    contact = _ContactInput()
    assistance = serializers.ListField(
        child=serializers.ChoiceField(choices=list(CODES)),
        max_length=len(CODES),
        required=False,
        help_text="help in port and on board, free of charge",
    )
    assistance_note = serializers.CharField(
        max_length=NOTE_LENGTH, required=False, allow_blank=True, help_text="no medical details"
    )
    quote = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="token of POST /quotes"
    )


# Every new serializer copies all of its fields, which took a fifth of a hold. These two keep
# nothing of what they check, so all requests share them.
HOLD_INPUT, QUOTE_INPUT = HoldInput(), QuoteInput()


def hold_request_of(shape: _JourneyInput, body: Any) -> HoldRequest:
    """Return what a body asks for; travellers and contact of a quote have no names yet.

    Raises ValidationError.
    """
    values = shape.run_validation({} if body is None else body)
    names = {"given_name": "", "surname": ""}
    return HoldRequest(
        legs=tuple(
            LegWish(leg["offer"], tuple(leg.get("accommodation", ()))) for leg in values["legs"]
        ),
        travellers=tuple(Traveller(**{**names, **one}) for one in values["passengers"]),
        vehicles=tuple(VehicleInput(**one) for one in values.get("vehicles", ())),
        contact=Contact(**values.get("contact", {**names, "email": ""})),
        wishes=Wishes(
            pets=tuple(values.get("pets", ())),
            assistance_dogs=values.get("assistance_dogs", 0),
            needs_accessible=values.get("needs_accessible", False),
            group=values.get("group", ""),
            offer_code=values.get("offer_code", ""),
            assistance=tuple(values.get("assistance", ())),
            assistance_note=values.get("assistance_note", ""),
        ),
        quote=values.get("quote", ""),
    )


def held_json(held: Held) -> dict[str, Any]:
    """Return the answer to a hold, with the token that opens the booking."""
    booking = held.booking
    return {
        "reference": booking.reference,
        "state": booking.state_at(clock.now()),
        "expires_at": utc(booking.expires_at),
        "access_token": references.access_token(booking.public_id),
        "price": _price(booking, [(item, item.leg.position) for item in held.items]),
    }


def booking_json(booking: Booking) -> dict[str, Any]:
    """Return the whole booking as `bookings.queries` loaded it, with what floors above add."""
    legs = list(booking.legs.all())
    position = {leg.pk: leg.position for leg in legs}
    return {
        "reference": booking.reference,
        "state": booking.state_at(clock.now()),
        "version": booking.version,
        "expires_at": utc(booking.expires_at),
        "paid": booking.paid,
        "refunded": booking.refunded,
        "price": _price(booking, [(item, position[item.leg_id]) for item in booking.items.all()]),
        "passengers": [
            {
                "item": one.item,
                "category": one.category,
                "given_name": one.given_name,
                "surname": one.surname,
                "age": one.age,
            }
            for one in booking.passengers.all()
        ],
        "vehicles": [
            {
                "item": one.item,
                "kind": one.kind,
                "length_cm": one.length_cm,
                "height_cm": one.height_cm,
                "trailer_length_cm": one.trailer_length_cm,
                "width_cm": one.width_cm,
                "weight_kg": one.weight_kg,
                "charges": one.charges,
                "registration": one.registration,
            }
            for one in booking.vehicles.all()
        ],
        "pets": [{"item": pet.item, "place": pet.place} for pet in booking.pets.all()],
        "assistance_dogs": booking.assistance_dogs,
        "needs_accessible": booking.needs_accessible,
        "assistance": booking.assistance,
        "assistance_note": booking.assistance_note,
        "legs": [_leg_json(leg) for leg in legs],
        "tickets": [ticket for leg in legs for ticket in _tickets_json(booking, leg)],
        **{name: value for add in ADDITIONS for name, value in add(booking).items()},
    }


def utc(moment: datetime | None) -> str | None:
    """Return an aware UTC moment as ISO 8601 with a Z."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _price(booking: Booking, items: list[tuple[OrderItem, int]]) -> dict[str, Any]:
    return {
        "amount": booking.total,
        "currency": booking.currency,
        "lines": [
            {
                "leg": position + 1,
                "item": item.item,
                "kind": item.kind,
                "label": item.told,
                "amount": item.amount,
                "vat": item.vat,
                "rule": item.rule,
                "cancelled_at": utc(item.cancelled_at),
            }
            for item, position in items
        ],
    }


def _leg_json(leg: JourneyLeg) -> dict[str, Any]:
    return {
        "leg": leg.position + 1,
        "offer": leg.offer_id,
        "sailing": leg.sailing_ref,
        "operator": leg.operator.code,
        "operator_name": leg.operator.name,
        "operator_state": leg.operator_state,
        "operator_reference": leg.operator_ref,
        "vessel": leg.vessel,
        "origin": leg.origin,
        "origin_name": leg.origin_name,
        "destination": leg.destination,
        "destination_name": leg.destination_name,
        "departs_at": utc(leg.departs_at),
        "arrives_at": utc(leg.arrives_at),
        "departure_local": clock.local(leg.departs_at, leg.origin_zone).isoformat(),
        "arrival_local": clock.local(leg.arrives_at, leg.destination_zone).isoformat(),
        "timetable_note": leg.timetable_note,
        "family": leg.family,
        "family_name": leg.family_name,
        "accommodation": leg.accommodation,
        "check_in_closes_at": utc(leg.check_in_closes_at),
    }


def _tickets_json(booking: Booking, leg: JourneyLeg) -> list[dict[str, Any]]:
    holders: dict[tuple[int | None, int | None], str] = {
        **{(one.pk, None): one.item for one in booking.passengers.all()},
        **{(None, one.pk): one.item for one in booking.vehicles.all()},
    }
    return [
        {
            "serial": str(ticket.serial),
            "leg": leg.position + 1,
            "item": holders[ticket.passenger_id, ticket.vehicle_id],
            "issued_at": utc(ticket.issued_at),
            "voided_at": utc(ticket.voided_at),
            "qr": None if ticket.voided_at else sign(ticket),
        }
        for ticket in leg.tickets.all()
    ]
