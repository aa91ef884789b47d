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
    reserve(payment, amount)
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


def refund_cancellation(
    booking: Booking, *, amount: int, reason: str, event_id: int | None = None
) -> list[Refund]:
    """Give back what a cancellation leaves to the customer; in the caller's transaction.

    `event_id` is that of the booking's event for a part; the whole is cancelled once. Money that
    staff sent back earlier and that is still on its way counts: never more than what is left is
    opened, and a cancellation is never held up by it.
    """
    return _give_back(
        booking,
        amount=amount,
        request_key=cancellation_key(booking, event_id),
        reason=reason or "cancellation",
    )


def cancellation_key(booking: Booking, event_id: int | None) -> str:
    """Return the request key of a cancellation: of the whole, or of the part that an event names."""
    part = "" if event_id is None else f":{event_id}"
    return f"cancel:{booking.pk}{part}"


def shares(payments: Sequence[Payment], amount: int) -> list[tuple[Payment, int]]:
    """Return how much each payment can give of an amount (minor units), the first ones first."""
    parts = []
    for payment in payments:
        part = min(amount, payment.captured - payment.refunded)
        if part > 0:
            parts.append((payment, part))
            amount -= part
    return parts


def refund_amendment(booking: Booking, *, amount: int, amendment_id: int) -> list[Refund]:
    """Give back what a cheaper journey leaves to the customer; in the caller's transaction."""
    return _give_back(
        booking,
        amount=amount,
        request_key=f"amend:{amendment_id}",
        reason="change of the booking",
    )


def _give_back(booking: Booking, *, amount: int, request_key: str, reason: str) -> list[Refund]:
    payments = queries.payments_with_money(booking_for_update(booking.pk))
    amount_left = min(amount, _left(payments))
    if amount_left < amount:
        log.warning("less is left than due: booking=%s left=%s", booking.reference, amount_left)
    return _spread(payments, amount_left, request_key=request_key, reason=reason, actor="system")


def _spread(
    payments: Sequence[Payment], amount: int, *, request_key: str, reason: str, actor: str
) -> list[Refund]:
    return [
        open_refund(payment.pk, amount=part, request_key=request_key, reason=reason, actor=actor)
        for payment, part in shares(payments, amount)
    ]


def reserve(payment: Payment, amount: int) -> None:
    """Count the amount as refunded if the payment still has it, in one conditional update.

    Raises RefundTooLarge.
    """
    fits = Payment.objects.filter(pk=payment.pk, captured__gte=F("refunded") + amount)
    if not fits.update(refunded=F("refunded") + amount):
        raise RefundTooLarge(payment.captured - payment.refunded)
    payment.refunded += amount


def _opened_by(booking: Booking, request_key: str) -> list[Refund]:
    found = Refund.objects.filter(payment__booking=booking, request_key=request_key)
    return list(found.select_related("payment").order_by("pk"))


def _left(payments: Sequence[Payment]) -> int:
    return sum(payment.captured - payment.refunded for payment in payments)
