"""What this app does when something happens elsewhere."""

from typing import Any

from django.dispatch import receiver

from bookings.models import Booking
from bookings.signals import booking_cancelled, booking_expired
from maritime.ops import jobs
from payments import queries, signals
from payments.models import Refund
from payments.operations import refund as refunds


@receiver(booking_cancelled)
def give_money_back(booking: Booking, refund_due: int, reason: str, **_: Any) -> None:
    """Open the refunds in the transaction of the cancellation, and close what is unpaid."""
    if refund_due > 0:
        refunds.refund_cancellation(booking, amount=refund_due, reason=reason)
    close_open_payment(booking)


@receiver(booking_expired)
def close_open_payment(booking: Booking, **_: Any) -> None:
    """Close the open payment at the provider, so that nobody pays for places that are gone."""
    payment = queries.open_payment_of(booking)
    if payment:
        jobs.add("payments.close_payment", key=f"close:{payment.pk}", payment_id=payment.pk)


@receiver(signals.refund_opened)
def queue_refund(refund: Refund, **_: Any) -> None:
    """Send the refund to the provider after commit."""
    jobs.add("payments.send_refund", key=f"refund:{refund.pk}", refund_id=refund.pk)
