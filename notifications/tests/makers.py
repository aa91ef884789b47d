"""Bookings as rows, in the state that a mail is about, without the operations that lead there."""

from datetime import UTC, datetime, timedelta

from bookings import tickets
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger, Vehicle
from ferries.tests import makers
from maritime.lib import clock
from notifications import outbox
from notifications.models import Message
from payments.models import Payment, Refund

DEPARTURE = datetime(2026, 11, 28, 20, tzinfo=UTC)


def booking(
    state: str = "confirmed", *, car: bool = False, email="ada@example.org", **values
) -> Booking:
    """Return a booking of Ada's from Seattle to Bainbridge Island at 12:00, with its tickets."""
    paid = 0 if state in {"held", "payment_pending", "expired"} else 1105
    defaults = {
        "state": state, "currency": "USD", "total": 1105, "paid": paid,
        "contact_given_name": "Ada", "contact_surname": "Lovelace", "contact_email": email,
    }  # fmt: skip
    row = Booking.objects.create(**{**defaults, **values})
    crossing = leg(row)
    Passenger.objects.create(
        booking=row, position=0, category="adult", given_name="Ada", surname="Lovelace"
    )
    if car:
        Vehicle.objects.create(
            booking=row,
            position=0,
            kind="car",
            length_cm=480,
            height_cm=160,
            registration="ABC 123",
        )
    OrderItem.objects.create(
        booking=row, leg=crossing, item="p0", kind="passenger", label="Adult", amount=1105, rule="a"
    )
    if state == "confirmed":
        tickets.issue(row, now=clock.now())
    return row


def leg(row: Booking, position: int = 0, **values) -> JourneyLeg:
    defaults = {
        "operator": makers.operator(), "offer_id": f"o{position}", "sailing_ref": "s",
        "vessel": "Wenatchee", "origin": "USSEA", "origin_name": "Seattle",
        "origin_zone": "America/Los_Angeles", "destination": "USBBI",
        "destination_name": "Bainbridge Island", "destination_zone": "America/Los_Angeles",
        "departs_at": DEPARTURE, "arrives_at": DEPARTURE + timedelta(minutes=35),
        "timetable_note": "Demo timetable, based on WSF autumn 2024.",
    }  # fmt: skip
    return JourneyLeg.objects.create(booking=row, position=position, **{**defaults, **values})


def payment(row: Booking, **values) -> Payment:
    defaults = {
        "gateway": "stripe", "state": "succeeded", "amount": row.total,
        "currency": row.currency, "captured": row.total, "counted": True,
    }  # fmt: skip
    return Payment.objects.create(booking=row, **{**defaults, **values})


def refund(row: Payment, **values) -> Refund:
    defaults = {
        "state": "succeeded", "amount": row.captured, "request_key": "r",
        "reason": "cancelled", "actor": "customer",
    }  # fmt: skip
    return Refund.objects.create(payment=row, **{**defaults, **values})


def message(kind: str, row: Booking, **facts) -> Message:
    """Return a queued message; its job is there too."""
    return outbox.queue(kind, booking=row, subject_key=f"{kind}:{row.pk}", **facts)
