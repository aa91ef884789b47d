"""Opening refunds: rows in the caller's transaction. Sending them is `send.py`.

Refunds that a rule owes (cancellations, changes, late money) go out by themselves; what staff give
is held to a limit, above which a second person approves it (`approve.py`). While a payment is
disputed nothing goes out: owed refunds wait for the end of the dispute, staff are told no.
"""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.urls import reverse

from bookings.models import Booking
from bookings.queries import booking_for_update
from maritime.lib.money import format_minor, parse_major
from maritime.ops import staff
from payments import ledger, queries, signals, states
from payments.errors import NothingToRefund, RefundBlocked, RefundTooLarge, RequestKeyReused
from payments.models import Payment, Refund

log = logging.getLogger(__name__)

WaitsFor = Refund.WaitsFor
REASON_LENGTH = 100
STAFF = "staff:"
AGAIN = "again:"


def open_refund(
    payment_id: int,
    *,
    amount: int,
    request_key: str,
    reason: str,
    actor: str,
    waits_for: str = WaitsFor.NOTHING,
    approved_by: str = "",
) -> Refund:
    """Write down that a part (minor units) of a payment goes back; in the caller's transaction.

    Locks booking, then payment. The same key returns the refund it opened before. Sends
    refund_opened unless the refund waits: for what `waits_for` says, or for the end of a dispute.
    Raises NothingToRefund, RefundTooLarge, RequestKeyReused.
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
    if not waits_for and queries.is_disputed(payment):
        waits_for = WaitsFor.DISPUTE
    refund = Refund.objects.create(
        payment=payment,
        state=Refund.State.WAITING if waits_for else Refund.State.REQUESTED,
        waits_for=waits_for,
        amount=amount,
        request_key=request_key,
        reason=reason[:REASON_LENGTH],
        actor=actor,
        approved_by=approved_by,
    )
    ledger.refund_owed(refund, at=refund.created_at)
    if waits_for == WaitsFor.APPROVAL:
        _ask_for_approval(refund)
    if not waits_for:
        signals.refund_opened.send(sender=Refund, refund=refund)
    return refund


@transaction.atomic
def refund_payment(
    payment_id: int, *, amount: int, request_key: str, reason: str, actor: str
) -> Refund:
    """Give back an amount (minor units) of one payment; for staff.

    Above REFUND_APPROVAL_ABOVE it waits for somebody else. Raises as open_refund does, and
    RefundBlocked while the payment is disputed.
    """
    payment = queries.lock_payment(payment_id)
    if not payment.refunds.filter(request_key=request_key).exists():
        _require_undisputed([payment])
    return open_refund(
        payment_id,
        amount=amount,
        request_key=request_key,
        reason=reason,
        actor=actor,
        waits_for=_approval(payment.booking, amount),
    )


@transaction.atomic
def refund_booking(
    booking_id: int, *, amount: int | None, request_key: str, reason: str, actor: str
) -> list[Refund]:
    """Give back an amount (minor units) of a booking, or all that is left; for staff.

    Oldest payment first. The same key returns what it opened before. Above REFUND_APPROVAL_ABOVE
    it waits for somebody else. Raises NothingToRefund, RefundTooLarge, RequestKeyReused, and
    RefundBlocked while a payment that would give it is disputed.
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
    _require_undisputed([payment for payment, _ in shares(payments, wanted)])
    return _spread(
        payments,
        wanted,
        request_key=request_key,
        reason=reason,
        actor=actor,
        waits_for=_approval(booking, wanted),
    )


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
        part = min(amount, payment.left)
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
    payments: Sequence[Payment],
    amount: int,
    *,
    request_key: str,
    reason: str,
    actor: str,
    waits_for: str = WaitsFor.NOTHING,
) -> list[Refund]:
    return [
        open_refund(
            payment.pk,
            amount=part,
            request_key=request_key,
            reason=reason,
            actor=actor,
            waits_for=waits_for,
        )
        for payment, part in shares(payments, amount)
    ]


def reserve(payment: Payment, amount: int) -> None:
    """Count the amount as refunded if the payment still has it, in one conditional update.

    Raises RefundTooLarge.
    """
    taken = F("refunded") + F("charged_back")
    fits = Payment.objects.filter(pk=payment.pk, captured__gte=taken + amount)
    if not fits.update(refunded=F("refunded") + amount):
        raise RefundTooLarge(payment.left)
    payment.refunded += amount


def _opened_by(booking: Booking, request_key: str) -> list[Refund]:
    found = Refund.objects.filter(payment__booking=booking, request_key=request_key)
    return list(found.select_related("payment").order_by("pk"))


def _left(payments: Sequence[Payment]) -> int:
    return sum(payment.left for payment in payments)


def _require_undisputed(payments: Sequence[Payment]) -> None:
    if any(queries.is_disputed(payment) for payment in payments):
        raise RefundBlocked


def _approval(booking: Booking, amount: int) -> str:
    """Tell what a refund of staff waits for. Small parts of a large one count together."""
    limit = parse_major(str(settings.REFUND_APPROVAL_ABOVE), booking.currency)
    if not limit:
        return WaitsFor.NOTHING
    given = (
        Refund.objects.filter(payment__booking=booking, actor__startswith=STAFF, approved_by="")
        .exclude(request_key__startswith=AGAIN)
        .exclude(state__in=states.LOST_REFUND)
    )
    already = given.aggregate(sum=Sum("amount"))["sum"] or 0
    return WaitsFor.APPROVAL if already + amount > limit else WaitsFor.NOTHING


def _ask_for_approval(refund: Refund) -> None:
    amount = format_minor(refund.amount, refund.payment.currency)
    staff.open_task(
        approval_key(refund),
        kind="approval",
        title=f"Refund of {amount} waits for approval: {refund.payment.booking.reference}",
        detail=f"Asked for by {refund.actor}; somebody else approves or declines it.",
        path=reverse("admin:payments_refund_change", args=[refund.pk]),
    )


def approval_key(refund: Refund) -> str:
    """Return the key of the task for staff that a refund waits for approval."""
    return f"approval:{refund.public_id}"
