"""The shapes of the bookings API: what comes in, checked for form, and what goes out."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from bookings.models import Booking, JourneyLeg, OrderItem
from bookings.operations.hold import Contact, HoldRequest, Traveller, VehicleInput
from bookings.tickets import sign
from ferries.party import CATEGORIES, VEHICLE_KINDS
from maritime.lib import clock, references

MAX_LENGTH_CM = 3000
MAX_HEIGHT_CM = 1000


class _LegInput(serializers.Serializer[Any]):
    offer = serializers.CharField(max_length=120)


class _TravellerInput(serializers.Serializer[Any]):
    category = serializers.ChoiceField(choices=CATEGORIES)
    given_name = serializers.CharField(max_length=80)
    surname = serializers.CharField(max_length=80)
    age = serializers.IntegerField(min_value=0, max_value=130, required=False, allow_null=True)


class _VehicleInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=VEHICLE_KINDS)
    length_cm = serializers.IntegerField(min_value=1, max_value=MAX_LENGTH_CM)
    height_cm = serializers.IntegerField(min_value=1, max_value=MAX_HEIGHT_CM)
    trailer_length_cm = serializers.IntegerField(
        min_value=0, max_value=MAX_LENGTH_CM, required=False
    )
    registration = serializers.CharField(max_length=20, required=False, allow_blank=True)


class _ContactInput(serializers.Serializer[Any]):
    given_name = serializers.CharField(max_length=80)
    surname = serializers.CharField(max_length=80)
    email = serializers.EmailField()
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)


class HoldInput(serializers.Serializer[Any]):
    """The body of POST /bookings."""

    legs = _LegInput(many=True, allow_empty=False)
    passengers = _TravellerInput(many=True, allow_empty=False)
    vehicles = _VehicleInput(many=True, required=False)
    contact = _ContactInput()

    def as_request(self) -> HoldRequest:
        """Return what `hold_booking` takes; call it after is_valid."""
        values = self.validated_data
        return HoldRequest(
            offer_ids=tuple(leg["offer"] for leg in values["legs"]),
            travellers=tuple(Traveller(**one) for one in values["passengers"]),
            vehicles=tuple(VehicleInput(**one) for one in values.get("vehicles", ())),
            contact=Contact(**values["contact"]),
        )


class CancelInput(serializers.Serializer[Any]):
    """The body of POST /bookings/{reference}/cancel."""

    token = serializers.CharField(max_length=1000)


class StaffCancelInput(serializers.Serializer[Any]):
    """The body of POST /admin/bookings/{reference}/cancel."""

    reason = serializers.CharField(max_length=200)
    refund = serializers.ChoiceField(choices=("conditions", "full"))


def held_json(booking: Booking) -> dict[str, Any]:
    """Return the answer to a new hold, with the token that opens the booking: 1 query."""
    items = booking.items.select_related("leg").order_by("pk")
    return {
        "reference": booking.reference,
        "state": booking.state_at(clock.now()),
        "expires_at": utc(booking.expires_at),
        "access_token": references.access_token(booking.public_id),
        "price": _price(booking, [(item, item.leg.position) for item in items]),
    }


def booking_json(booking: Booking) -> dict[str, Any]:
    """Return the whole booking as `bookings.queries` loaded it; no further query."""
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
                "registration": one.registration,
            }
            for one in booking.vehicles.all()
        ],
        "legs": [_leg_json(leg) for leg in legs],
        "tickets": [ticket for leg in legs for ticket in _tickets_json(booking, leg)],
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
                "label": item.label,
                "amount": item.amount,
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
