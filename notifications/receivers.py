"""What this app does when something happens elsewhere: it queues an e-mail, nothing more."""

from typing import Any

from django.dispatch import receiver

from bookings.models import Amendment, Booking, BookingEvent
from bookings.signals import (
    booking_amended,
    booking_cancelled,
    booking_confirmed,
    crossing_changed,
)
from notifications import outbox
from notifications.models import Message
from payments.models import Payment, Refund
from payments.signals import payment_failed, payment_succeeded, refund_settled

Kind = Message.Kind
ON_ITS_WAY = {Refund.State.PENDING, Refund.State.SUCCEEDED}


@receiver(booking_confirmed)
def queue_booking_confirmation(sender: Any, *, booking: Booking, **_: Any) -> None:
    """Queue the mail with the tickets."""
    outbox.queue(
        Kind.BOOKING_CONFIRMATION, booking=booking, subject_key=f"confirmation:{booking.pk}"
    )


@receiver(booking_amended)
def queue_new_tickets(sender: Any, *, booking: Booking, amendment: Amendment, **_: Any) -> None:
    """Queue the mail with the tickets anew: those of before the change are void."""
    outbox.queue(Kind.BOOKING_CONFIRMATION, booking=booking, subject_key=f"amended:{amendment.pk}")


@receiver(booking_cancelled)
def queue_cancellation(
    sender: Any, *, booking: Booking, refund_due: int, voucher_due: int, **_: Any
) -> None:
    """Queue the mail that says what the cancellation costs and gives back."""
    outbox.queue(
        Kind.CANCELLATION,
        booking=booking,
        subject_key=f"cancellation:{booking.pk}",
        refund=refund_due,
        voucher=voucher_due,
        charge=max(0, booking.paid - booking.refunded - refund_due - voucher_due),
    )


@receiver(payment_succeeded)
def queue_payment_success(sender: Any, *, payment: Payment, **_: Any) -> None:
    """Queue the mail that the money has arrived."""
    outbox.queue(
        Kind.PAYMENT_SUCCESS,
        booking=payment.booking,
        subject_key=f"payment:{payment.pk}",
        payment=payment.pk,
    )


@receiver(payment_failed)
def queue_payment_failed(sender: Any, *, payment: Payment, **_: Any) -> None:
    """Queue one mail for each burst of declined cards; payments sends the signal once for each."""
    outbox.queue(
        Kind.PAYMENT_FAILED,
        booking=payment.booking,
        subject_key=f"payment-failed:{payment.pk}-{payment.failures}",
        payment=payment.pk,
    )


@receiver(refund_settled)
def queue_refund_confirmation(sender: Any, *, refund: Refund, **_: Any) -> None:
    """Queue the good news only: a refund that failed is a task for staff."""
    if refund.state in ON_ITS_WAY:
        outbox.queue(
            Kind.REFUND_CONFIRMATION,
            booking=refund.payment.booking,
            # Several payments may have become one voucher.
            subject_key=f"voucher:{refund.voucher_id}"
            if refund.voucher_id
            else f"refund:{refund.pk}",
            refund=refund.pk,
        )


@receiver(crossing_changed)
def queue_sailing_change(
    sender: Any, *, booking: Booking, event: BookingEvent, changes: list[dict[str, Any]], **_: Any
) -> None:
    """Queue the mail about a new ship or new times to whoever has tickets already."""
    if booking.state == Booking.State.CONFIRMED:
        outbox.queue(
            Kind.SAILING_CHANGE,
            booking=booking,
            subject_key=f"sailing-change:{event.pk}",
            changes=changes,
        )
