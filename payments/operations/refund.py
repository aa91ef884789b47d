"""Opening refunds: rows in the caller's transaction. Sending them is `send.py`."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from bookings.models import Booking
from bookings.queries import booking_for_update
from payments import queries, signals
from payments.errors import NothingToRefund, RefundTooLarge, RequestKeyReused
from payments.models import Payment, Refund

log = logging.getLogger(__name__)

REASON_LENGTH = 100


def open_refund(
    payment_id: int, *, amount: int, request_key: str, reason: str, actor: str
) -> Refund:
    """Write down that a part (minor units) of a payment goes back; in the caller's transaction.

    Locks booking, then payment. The same key returns the refund it opened before. Sends
    refund_opened. Raises NothingToRefund, RefundTooLarge, RequestKeyReused.
    """
    payment = queries.lock_payment(payment_id)
    earlier = Refund.objects.filter(payment=payment, request_key=request_key).first()
    if earlier:
        if earlier.amount != amount:
            raise RequestKeyReused
        return earlier
    if amount <= 0:
        raise NothingToRefund
    _reserve(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        request_key=request_key,
        reason=reason[:REASON_LENGTH],
        actor=actor,
    )
    signals.refund_opened.send(sender=Refund, refund=refund)
    return refund


@transaction.atomic
def refund_payment(
    payment_id: int, *, amount: int, request_key: str, reason: str, actor: str
) -> Refund:
    """Give back an amount (minor units) of one payment; for staff. Raises as open_refund does."""
    return open_refund(
        payment_id, amount=amount, request_key=request_key, reason=reason, actor=actor
    )


@transaction.atomic
def refund_booking(
    booking_id: int, *, amount: int | None, request_key: str, reason: str, actor: str
) -> list[Refund]:
    """Give back an amount (minor units) of a booking, or all that is left; for staff.

    Oldest payment first. The same key returns what it opened before. Raises NothingToRefund,
    RefundTooLarge, RequestKeyReused.
    """
    booking = booking_for_update(booking_id)
    earlier = _opened_by(booking, request_key)
    if earlier:
        if amount is not None and amount != sum(refund.amount for refund in earlier):
            raise RequestKeyReused
        return earlier
    payments = queries.payments_with_money(booking)
    left = _left(payments)
    wanted = left if amount is None else amount
    if wanted <= 0 or left == 0:
        raise NothingToRefund
    if wanted > left:
        raise RefundTooLarge(left)
    return _spread(payments, wanted, request_key=request_key, reason=reason, actor=actor)


def refund_cancellation(booking: Booking, *, amount: int, reason: str) -> list[Refund]:
    """Give back what a cancellation leaves to the customer; in the caller's transaction.

    Money that staff sent back earlier and that is still on its way counts: never more than what
    is left is opened, and a cancellation is never held up by it.
    """
    payments = queries.payments_with_money(booking_for_update(booking.pk))
    amount_left = min(amount, _left(payments))
    if amount_left < amount:
        log.warning("less is left than due: booking=%s left=%s", booking.reference, amount_left)
    return _spread(
        payments,
        amount_left,
        request_key=f"cancel:{booking.pk}",
        reason=reason or "cancellation",
        actor="system",
    )


def _spread(
    payments: Sequence[Payment], amount: int, *, request_key: str, reason: str, actor: str
) -> list[Refund]:
    refunds = []
    for payment in payments:
        part = min(amount, payment.captured - payment.refunded)
        if part <= 0:
            break
        amount -= part
        refunds.append(
            open_refund(
                payment.pk, amount=part, request_key=request_key, reason=reason, actor=actor
            )
        )
    return refunds


def _reserve(payment: Payment, amount: int) -> None:
    """Count the amount as refunded if the payment still has it, in one conditional update."""
    fits = Payment.objects.filter(pk=payment.pk, captured__gte=F("refunded") + amount)
    if not fits.update(refunded=F("refunded") + amount):
        raise RefundTooLarge(payment.captured - payment.refunded)
    payment.refunded += amount


def _opened_by(booking: Booking, request_key: str) -> list[Refund]:
    found = Refund.objects.filter(payment__booking=booking, request_key=request_key)
    return list(found.select_related("payment").order_by("pk"))


def _left(payments: Sequence[Payment]) -> int:
    return sum(payment.captured - payment.refunded for payment in payments)
