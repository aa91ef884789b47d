"""What this app does when something happens elsewhere."""

from typing import Any

from django.dispatch import receiver

from bookings.models import Amendment, Booking, BookingEvent
from bookings.signals import (
    amendment_ended,
    booking_amended,
    booking_cancelled,
    booking_expired,
    booking_paid,
    items_cancelled,
)
from maritime.lib import clock
from maritime.ops.models import Job
from payments import ledger, queries, queue, signals
from payments.models import Refund
from payments.operations import refund as refunds
from payments.operations.vouchers import issue_voucher


@receiver(booking_cancelled)
def give_money_back(
    booking: Booking, refund_due: int, voucher_due: int, reason: str, **_: Any
) -> None:
    """Open refunds and voucher in the cancellation's transaction, and close what is unpaid."""
    if refund_due > 0:
        refunds.refund_cancellation(booking, amount=refund_due, reason=reason)
    if voucher_due > 0:
        issue_voucher(booking, amount=voucher_due, reason=reason, now=clock.now())
    close_open_payment(booking)


@receiver(items_cancelled)
def give_part_back(
    booking: Booking,
    event: BookingEvent,
    refund_due: int,
    voucher_due: int,
    reason: str,
    **_: Any,
) -> None:
    """Open refunds and voucher of a part; each cancellation, named by its event, opens its own."""
    if refund_due > 0:
        refunds.refund_cancellation(booking, amount=refund_due, reason=reason, event_id=event.pk)
    if voucher_due > 0:
        issue_voucher(booking, amount=voucher_due, reason=reason, now=event.at, event_id=event.pk)


@receiver(booking_amended)
def give_difference_back(booking: Booking, amendment: Amendment, refund_due: int, **_: Any) -> None:
    """Open the refunds of a cheaper journey in the transaction of the change."""
    if refund_due > 0:
        refunds.refund_amendment(booking, amount=refund_due, amendment_id=amendment.pk)


@receiver(booking_amended)
def move_shares(booking: Booking, amendment: Amendment, **_: Any) -> None:
    """Give the money to the operators of the new journey, also when nothing is paid or given back."""
    ledger.shares_moved(
        booking, cause=f"amend:{amendment.pk}", at=amendment.applied_at or clock.now()
    )


@receiver(booking_paid)
@receiver(booking_amended)
@receiver(booking_expired)
@receiver(amendment_ended)
def close_open_payment(booking: Booking, **_: Any) -> None:
    """Close the open payment at the provider, so that nobody pays for what is gone or paid."""
    payment = queries.open_payment_of(booking)
    if payment:
        queue.add("payments.close_payment", key=f"close:{payment.pk}", payment_id=payment.pk)


@receiver(signals.refund_opened)
def queue_refund(refund: Refund, **_: Any) -> None:
    """Send the refund to the provider after commit; also one that had to wait and may go now."""
    key = f"refund:{refund.pk}"
    if Job.objects.filter(key=key).exists():
        # Also beside one that is not done: it may have found the refund waiting just now.
        key = f"{key}:{refund.updated_at.timestamp()}"
    queue.add("payments.send_refund", key=key, refund_id=refund.pk)
