"""Bookings in the state that a test needs, made through the operations."""

from datetime import datetime

from django.db import transaction

from bookings.models import Booking
from bookings.operations.confirm import begin_payment, confirm_with_operator, mark_paid
from bookings.operations.hold import Contact, HoldRequest, Traveller, VehicleInput, hold_booking
from bookings.operations.journey import LegWish
from ferries.models import CapacityPool, Sailing
from ferries.tests import makers

CAR = VehicleInput("car", 480, 160, registration="ABC 123")


def offer_of(sailing: Sailing, start: int = 0, end: int = 1) -> str:
    return f"{sailing.operator.code}~{sailing.public_id.hex}~{start}-{end}"


def people(adults: int = 1, children: int = 0, infants: int = 0) -> tuple[Traveller, ...]:
    counts = {"adult": adults, "child": children, "infant": infants}
    return tuple(
        Traveller(category, f"{category.title()} {number}", "Doe")
        for category, count in counts.items()
        for number in range(count)
    )


def request(*sailings: Sailing, travellers=None, vehicles=(), surname="Doe") -> HoldRequest:
    return HoldRequest(
        legs=tuple(LegWish(offer_of(sailing)) for sailing in sailings),
        travellers=people() if travellers is None else tuple(travellers),
        vehicles=tuple(vehicles),
        contact=Contact("Jane", surname, "jane@example.com"),
    )


def body(*sailings: Sailing, **changes) -> dict:
    """Return the JSON body of POST /bookings for one adult called Jane Doe."""
    return {
        "legs": [{"offer": offer_of(sailing)} for sailing in sailings],
        "passengers": [{"category": "adult", "given_name": "Jane", "surname": "Doe"}],
        "contact": {"given_name": "Jane", "surname": "Doe", "email": "jane@example.com"},
        **changes,
    }


def held(*sailings: Sailing, now: datetime, **wishes) -> Booking:
    return hold_booking(request(*(sailings or (makers.sailing(),)), **wishes), now=now)


def paid(*sailings: Sailing, now: datetime, **wishes) -> Booking:
    booking = held(*sailings, now=now, **wishes)
    assert pay(booking, now=now) == "paid"
    return booking


def pay(booking: Booking, *, now: datetime) -> str:
    """Pay a held booking as the payments app does, inside a transaction of its own."""
    begin_payment(booking.pk, now=now)
    with transaction.atomic():
        outcome = mark_paid(booking.pk, amount=booking.total, now=now)
    booking.refresh_from_db()
    return outcome


def confirmed(*sailings: Sailing, now: datetime, **wishes) -> Booking:
    booking = paid(*sailings, now=now, **wishes)
    confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    return booking


def used(sailing: Sailing, resource: str = "persons", sector: int = 0) -> int:
    return CapacityPool.objects.get(sailing=sailing, resource=resource, sector=sector).used


def events(booking: Booking) -> list[tuple[str, str, str]]:
    rows = booking.events.order_by("pk")
    return [(row.from_state, row.to_state, row.actor) for row in rows]
