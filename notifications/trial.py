"""Marked, short-lived bookings that the mails of `check_async` and of the preview are about.

They belong to an inactive operator that sells nothing, take no space on any ship, and are deleted
when the check ends; leftovers of a check that was killed are deleted by the next one.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bookings import tickets
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger
from ferries.models import Operator
from maritime.ops.models import Job
from notifications import outbox
from notifications.models import Message
from payments.models import Payment, Refund

PREFIX = "CHECK-"
NOTE = "Installation check: this is not a real booking."
AMOUNT = 1105
LEFTOVER_AFTER = timedelta(hours=1)

Kind = Message.Kind
State = Booking.State
STATES = {
    Kind.BOOKING_CONFIRMATION: State.CONFIRMED,
    Kind.CANCELLATION: State.CANCELLED,
    Kind.PAYMENT_SUCCESS: State.CONFIRMED,
    Kind.PAYMENT_FAILED: State.HELD,
    Kind.REFUND_CONFIRMATION: State.CANCELLED,
}
# Their jobs are not part of the check, whose five mails stand for all.
PREVIEWED_ONLY = {
    Kind.DEPARTURE_REMINDER: State.CONFIRMED,
    Kind.SAILING_CHANGE: State.CONFIRMED,
}


def new_operator() -> Operator:
    """Write the inactive operator of one check."""
    return Operator.objects.create(
        code=f"{PREFIX}{secrets.token_hex(5)}",
        name="Installation check",
        currency="USD",
        zone="America/Los_Angeles",
        active=False,
    )


@transaction.atomic
def queue_mail(kind: str, *, operator: Operator, email: str, now: datetime) -> Message:
    """Write a booking in the state that the mail is about, and queue the mail."""
    state = (STATES | PREVIEWED_ONLY)[Kind(kind)]
    booking = _booking(state, operator=operator, email=email, now=now)
    return outbox.queue(
        kind, booking=booking, subject_key=f"check:{booking.pk}", **_facts(kind, booking)
    )


@transaction.atomic
def delete_operator(operator: Operator) -> None:
    """Delete everything that a check has written."""
    bookings = Booking.objects.filter(legs__operator=operator)
    ids = list(bookings.values_list("pk", flat=True))
    keys = Message.objects.filter(booking__in=ids).values_list("key", flat=True)
    Job.objects.filter(key__in=[f"mail:{key}" for key in keys]).delete()
    Refund.objects.filter(payment__booking__in=ids).delete()
    Payment.objects.filter(booking__in=ids).delete()
    Booking.objects.filter(pk__in=ids).delete()
    operator.delete()


def delete_leftovers(*, now: datetime) -> None:
    """Delete what checks that were killed an hour ago or earlier have left."""
    recent = Booking.objects.filter(
        legs__operator__code__startswith=PREFIX, created_at__gt=now - LEFTOVER_AFTER
    )
    in_use = recent.values_list("legs__operator", flat=True)
    for operator in Operator.objects.filter(code__startswith=PREFIX).exclude(pk__in=in_use):
        delete_operator(operator)


def _booking(state: str, *, operator: Operator, email: str, now: datetime) -> Booking:
    is_held = state == State.HELD
    booking = Booking.objects.create(
        state=state,
        currency="USD",
        total=AMOUNT,
        paid=0 if is_held else AMOUNT,
        expires_at=now + timedelta(minutes=15) if is_held else None,
        contact_given_name="Installation",
        contact_surname="Check",
        contact_email=email,
    )
    leg = _leg(booking, operator, departs_at=now + timedelta(days=2))
    Passenger.objects.create(
        booking=booking, position=0, category="adult", given_name="Installation", surname="Check"
    )
    OrderItem.objects.create(
        booking=booking, leg=leg, item="p0", kind="passenger", label="Adult", amount=AMOUNT, rule=""
    )
    if state == State.CONFIRMED:
        tickets.issue(booking, now=now)
    return booking


def _leg(booking: Booking, operator: Operator, *, departs_at: datetime) -> JourneyLeg:
    return JourneyLeg.objects.create(
        booking=booking,
        position=0,
        operator=operator,
        offer_id="check",
        sailing_ref="check",
        vessel="No ship",
        origin="CHECK-A",
        origin_name="First test port",
        origin_zone="America/Los_Angeles",
        destination="CHECK-B",
        destination_name="Second test port",
        destination_zone="America/Los_Angeles",
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=1),
        timetable_note=NOTE,
    )


def crossing_facts(kind: str, booking: Booking) -> dict[str, Any]:
    """Return what the two mails about a crossing are about: the booking's first one.

    A change is told as if it had been going to leave an hour earlier.
    """
    leg = booking.legs.all()[0]
    if kind == Kind.DEPARTURE_REMINDER:
        return {"leg": leg.pk}
    before = (leg.departs_at - timedelta(hours=1)).isoformat()
    return {"changes": [{"leg": leg.pk, "what": "times", "before": before}]}


def _facts(kind: str, booking: Booking) -> dict[str, Any]:
    if kind == Kind.BOOKING_CONFIRMATION:
        return {}
    if kind in PREVIEWED_ONLY:
        return crossing_facts(kind, booking)
    if kind == Kind.CANCELLATION:
        return {"charge": 0, "refund": AMOUNT}
    has_failed = kind == Kind.PAYMENT_FAILED
    payment = Payment.objects.create(
        booking=booking,
        gateway=Payment.Gateway.DEMO,
        state=Payment.State.CANCELED if has_failed else Payment.State.SUCCEEDED,
        amount=AMOUNT,
        currency="USD",
        captured=0 if has_failed else AMOUNT,
        counted=not has_failed,
    )
    if kind != Kind.REFUND_CONFIRMATION:
        return {"payment": payment.pk}
    refund = Refund.objects.create(
        payment=payment,
        state=Refund.State.SUCCEEDED,
        amount=AMOUNT,
        request_key="check",
        reason="installation check",
        actor="system",
    )
    return {"refund": refund.pk}
