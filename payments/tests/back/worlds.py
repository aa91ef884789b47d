"""Payments at the stand-in, and what staff and workers do about them."""

from bookings.models import Booking
from bookings.tests.makers import held
from maritime.lib import clock
from maritime.ops.models import StaffTask
from payments.models import Payment, Refund
from payments.operations.disputes import settle_dispute
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund
from payments.operations.settle import settle
from payments.operations.start import start_payment
from payments.tests.provider.server import Provider


def paid(provider: Provider, booking: Booking | None = None) -> Payment:
    """Return a payment of 1000 that has paid its booking."""
    now = clock.now()
    payment = start_payment((booking or held(now=now)).pk, now=now).payment
    assert payment is not None
    provider.controls.pay(payment.intent_id)
    return settle(payment.pk, now=clock.now())


def asked(payment: Payment, amount: int, *, key: str = "k", actor: str = "staff:1") -> Refund:
    """Return a refund that staff asked for."""
    (refund,) = refund_booking(
        payment.booking_id, amount=amount, request_key=key, reason="goodwill", actor=actor
    )
    return refund


def sent(payment: Payment, amount: int, *, key: str = "k") -> Refund:
    """Return a refund that staff asked for and the provider was asked for."""
    return send_refund(asked(payment, amount, key=key).pk, now=clock.now())


def disputed(provider: Provider, payment: Payment, **facts) -> str:
    """Let the bank dispute the payment; return the id of the dispute, which we know of."""
    dispute_id = provider.controls.dispute(payment.intent_id, **facts)
    settle_dispute(dispute_id, now=clock.now())
    return dispute_id


def decided(provider: Provider, dispute_id: str, status: str) -> None:
    """Let the bank decide, and look."""
    provider.controls.end_dispute(dispute_id, status)
    settle_dispute(dispute_id, now=clock.now())


def sums() -> tuple[int, int, int]:
    """Return what the only payment has refunded, lost, and what its booking got back."""
    payment = Payment.objects.get()
    return payment.refunded, payment.charged_back, payment.booking.refunded


def states() -> list[tuple[str, str, int]]:
    """Return all refunds: state, what they wait for, amount."""
    return list(Refund.objects.order_by("pk").values_list("state", "waits_for", "amount"))


def open_tasks() -> list[str]:
    """Return the kinds of the open tasks for staff."""
    found = StaffTask.objects.filter(closed_at=None).order_by("pk")
    return list(found.values_list("kind", flat=True))
