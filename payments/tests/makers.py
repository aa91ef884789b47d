"""Payments in the state that a test needs, and events as Stripe would post them."""

import json
import uuid
from datetime import datetime, timedelta

import stripe

from bookings.models import Booking
from bookings.tests.makers import held
from maritime.lib import clock
from payments.models import DemoIntent, DemoRefund, Payment, Refund
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund
from payments.operations.settle import settle
from payments.operations.start import start_payment

URL = "/api/v1/webhooks/stripe"


def opened(booking: Booking | None = None, *, now: datetime | None = None) -> Payment:
    """Return an open payment of a new booking of 1000 (one adult)."""
    now = now or clock.now()
    booking = booking or held(now=now)
    payment = start_payment(booking.pk, now=now).payment
    assert payment is not None
    return payment


def succeeded(booking: Booking | None = None) -> Payment:
    """Return a payment that has paid its booking."""
    payment = opened(booking)
    at_provider(payment, status="succeeded", amount_received=payment.amount)
    return settle(payment.pk, now=clock.now())


def refunded(payment: Payment, amount: int, key: str = "k") -> Refund:
    """Return a refund that staff opened and the provider made."""
    now = clock.now()
    refund = refund_booking(
        payment.booking_id, amount=amount, request_key=key, reason="goodwill", actor="staff:1"
    )[0]
    return send_refund(refund.pk, now=now)


def at_provider(payment: Payment, **facts) -> DemoIntent:
    """Change what the provider knows of the payment, as if it had happened there."""
    DemoIntent.objects.filter(intent_id=payment.intent_id).update(**facts)
    return DemoIntent.objects.get(intent_id=payment.intent_id)


def dashboard_refund(payment: Payment, amount: int, status: str = "succeeded") -> DemoRefund:
    """Give money back as staff would in the provider's dashboard."""
    intent = DemoIntent.objects.get(intent_id=payment.intent_id)
    return DemoRefund.objects.create(
        refund_id=f"re_{uuid.uuid4().hex}",
        idempotency_key=uuid.uuid4().hex,
        intent=intent,
        amount=amount,
        status=status,
    )


def event(payment: Payment, kind: str, **changes) -> dict:
    """Return a snapshot event about the payment; `changes` replace fields of the event."""
    metadata = at_provider(payment).metadata
    about = {"id": payment.intent_id, "object": "payment_intent", "metadata": metadata}
    if not kind.startswith("payment_intent."):
        about = {"id": "ch_1", "object": "charge", "payment_intent": payment.intent_id}
    facts = {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_800_000_000,
        "livemode": False,
        "type": kind,
        "data": {"object": about},
    }
    return {**facts, **changes}


def signature(text: str, *, secret: str = "whsec_new", late_seconds: int = 0) -> str:
    """Return the header that Stripe's own package makes, for a moment in the past or future."""
    at = clock.now() - timedelta(seconds=late_seconds)
    return stripe.WebhookSignature.generate_signature_header(text, secret, int(at.timestamp()))


def post(client, what: dict | str, **headers):
    """Post an event, or any text, signed."""
    text = what if isinstance(what, str) else json.dumps(what)
    headers = {"HTTP_STRIPE_SIGNATURE": signature(text), **headers}
    return client.post(URL, text, content_type="application/json", **headers)


def state_of(row: Booking | Payment | Refund) -> str:
    return type(row).objects.get(pk=row.pk).state
