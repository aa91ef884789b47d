"""Vouchers as they are issued and filled again; how they pay is `spend.py`."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bookings.models import Booking
from bookings.operations.refunds import record_refund
from bookings.queries import booking_for_update
from payments import ledger, queries, signals, states
from payments.models import Payment, Refund, Voucher
from payments.operations.refund import (
    REASON_LENGTH,
    cancellation_key,
    open_refund,
    reserve,
    shares,
)

log = logging.getLogger(__name__)

LIFE = timedelta(days=365)
# Value that comes back can be used for at least this long, even on a voucher that has run out.
LIFE_AFTER_REFUND = timedelta(days=90)
MARK = ":voucher"


def issue_voucher(
    booking: Booking, *, amount: int, reason: str, now: datetime, event_id: int | None = None
) -> Voucher | None:
    """Turn what a cancellation owes (minor units) into one voucher; in the caller's transaction.

    Never more than what is left of the booking's money, and None when nothing is. The amount is
    taken off the payments by refunds that are settled at once. Money of a disputed payment becomes
    a voucher of its own when the dispute is won, or the inquiry over, which no voucher settles. The same cancellation (`event_id` as for
    `refund_cancellation`) again returns its voucher. Locks booking, then payments. Sends
    refund_settled.
    """
    key = cancellation_key(booking, event_id)
    reason = reason or "cancellation"
    payments = queries.payments_with_money(booking_for_update(booking.pk))
    earlier = Refund.objects.filter(payment__booking=booking, request_key=f"{key}{MARK}").first()
    if earlier:
        return earlier.voucher
    parts = shares(payments, amount)
    whole = sum(part for _, part in parts)
    if whole < amount:
        log.warning("less is left than due: booking=%s left=%s", booking.reference, whole)
    disputed = [each for each in parts if queries.open_disputes(each[0]).exists()]
    for payment, part in disputed:
        open_refund(
            payment.pk,
            amount=part,
            request_key=f"{key}{MARK}",
            reason=reason,
            actor="system",
            waits_for=Refund.WaitsFor.DISPUTE,
        )
    free = [each for each in parts if each not in disputed]
    if not free:
        return None
    voucher = _new_voucher(free, key=key, now=now)
    for payment, part in free:
        _take_off(payment, part, voucher=voucher, reason=reason)
    return voucher


def owes_voucher(refund: Refund) -> bool:
    """Tell whether a refund that waited for a dispute becomes a voucher, not money."""
    is_ours = refund.actor == "system"
    return is_ours and refund.voucher_id is None and refund.request_key.endswith(MARK)


def issue_late_voucher(refund: Refund, *, now: datetime) -> Voucher:
    """Turn a refund that waited for a dispute into a voucher; in the caller's transaction.

    Booking and payment are locked. Sends refund_settled.
    """
    key = f"{refund.request_key}:{refund.pk}"
    voucher = _new_voucher([(refund.payment, refund.amount)], key=key, now=now)
    refund.voucher = voucher
    states.move_refund(refund, Refund.State.REQUESTED)
    states.move_refund(refund, Refund.State.SUCCEEDED)
    _settle(refund)
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
        request_key=f"{voucher.request_key}{MARK}",
        reason=reason[:REASON_LENGTH],
        actor="system",
        voucher=voucher,
    )
    ledger.refund_owed(refund, at=refund.created_at)
    _settle(refund)


def _settle(refund: Refund) -> None:
    payment = refund.payment
    if payment.counted:
        record_refund(payment.booking_id, amount_change=refund.amount)
    ledger.refund_paid(refund, at=refund.updated_at)
    signals.refund_settled.send(sender=Refund, refund=refund)


def _new_voucher(parts: Sequence[tuple[Payment, int]], *, key: str, now: datetime) -> Voucher:
    booking = parts[0][0].booking
    return Voucher.objects.create(
        booking=booking,
        currency=booking.currency,
        amount=sum(part for _, part in parts),
        is_demo=any(_is_demo(payment) for payment, _ in parts),
        expires_at=now + LIFE,
        request_key=key,
    )


def _is_demo(payment: Payment) -> bool:
    if payment.voucher:
        return payment.voucher.is_demo
    return payment.gateway == Payment.Gateway.DEMO
