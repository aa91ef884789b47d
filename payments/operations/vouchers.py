"""Vouchers as they are issued and filled again; how they pay is `spend.py`."""

import logging
from datetime import datetime, timedelta

from bookings.models import Booking
from bookings.operations.refunds import record_refund
from bookings.queries import booking_for_update
from payments import queries, signals
from payments.models import Payment, Refund, Voucher
from payments.operations.refund import REASON_LENGTH, cancellation_key, reserve, shares

log = logging.getLogger(__name__)

LIFE = timedelta(days=365)
# Value that comes back can be used for at least this long, even on a voucher that has run out.
LIFE_AFTER_REFUND = timedelta(days=90)


def issue_voucher(
    booking: Booking, *, amount: int, reason: str, now: datetime, event_id: int | None = None
) -> Voucher | None:
    """Turn what a cancellation owes (minor units) into one voucher; in the caller's transaction.

    Never more than what is left of the booking's money, and None when nothing is. The amount is
    taken off the payments by refunds that are settled at once. The same cancellation (`event_id`
    as for `refund_cancellation`) again returns its voucher. Locks booking, then payments. Sends
    refund_settled.
    """
    key = cancellation_key(booking, event_id)
    payments = queries.payments_with_money(booking_for_update(booking.pk))
    earlier = Voucher.objects.filter(request_key=key).first()
    if earlier:
        return earlier
    parts = shares(payments, amount)
    whole = sum(part for _, part in parts)
    if whole < amount:
        log.warning("less is left than due: booking=%s left=%s", booking.reference, whole)
    if not whole:
        return None
    voucher = Voucher.objects.create(
        booking=booking,
        currency=booking.currency,
        amount=whole,
        is_demo=any(_is_demo(payment) for payment, _ in parts),
        expires_at=now + LIFE,
        request_key=key,
    )
    for payment, part in parts:
        _take_off(payment, part, voucher=voucher, reason=reason or "cancellation")
    return voucher


def put_back(voucher_id: int, amount: int, *, now: datetime) -> None:
    """Give an amount (minor units) that a voucher had paid back to it; in the caller's transaction.

    Locks the voucher, after booking, payment and refund.
    """
    voucher = queries.lock_voucher(voucher_id)
    voucher.used -= amount
    voucher.expires_at = max(voucher.expires_at, now + LIFE_AFTER_REFUND)
    voucher.save(update_fields=["used", "expires_at"])


def _take_off(payment: Payment, amount: int, *, voucher: Voucher, reason: str) -> None:
    payment = queries.lock_payment(payment.pk)
    reserve(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        state=Refund.State.SUCCEEDED,
        amount=amount,
        request_key=f"{voucher.request_key}:voucher",
        reason=reason[:REASON_LENGTH],
        actor="system",
        voucher=voucher,
    )
    if payment.counted:
        record_refund(payment.booking_id, amount_change=amount)
    signals.refund_settled.send(sender=Refund, refund=refund)


def _is_demo(payment: Payment) -> bool:
    if payment.voucher:
        return payment.voucher.is_demo
    return payment.gateway == Payment.Gateway.DEMO
