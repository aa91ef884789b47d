"""Sending refunds to the provider and following them to their end."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from bookings.operations.refunds import record_refund
from payments import queries, signals, states
from payments.errors import ProviderRefused, RefundsDisagree
from payments.gateways import Gateway, ProviderRefund, gateway
from payments.models import Payment, Refund
from payments.operations.vouchers import put_back

log = logging.getLogger(__name__)

State = Refund.State
# Stripe keeps idempotency keys for 24 hours; after that a repeated call would refund twice.
KEY_LIFETIME = timedelta(hours=20)
STATE_OF_STATUS = {
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}


def send_refund(refund_id: int, *, now: datetime) -> Refund:
    """Ask the provider for the refund and store its answer.

    May be repeated: the key is the refund's own. Never call it inside a transaction. Raises
    ProviderUnavailable. A definite no makes the refund `failed`, for staff to look at. What a
    voucher had paid goes back to it, without any provider.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state != State.REQUESTED:
        return refund
    if refund.payment.voucher_id:
        return _return_to_voucher(refund_id, now=now)
    provider = gateway()
    if refund.payment.gateway != provider.code:
        log.error("refund of another gateway not sent: refund=%s", refund.public_id)
        return refund
    try:
        answer = _ask(refund, provider=provider, now=now)
    except ProviderRefused as error:
        log.exception("refund refused: refund=%s reason=%s", refund.public_id, error.reason)
        return _settle_one(refund.pk, refund_ref=None, to=State.FAILED)
    to = STATE_OF_STATUS.get(answer.status, State.PENDING)
    return _settle_one(refund.pk, refund_ref=answer.id, to=to)


def settle_refunds(payment_id: int) -> None:
    """Bring all refunds of a payment to what the provider lists, and adopt unknown ones.

    Never call it inside a transaction. Raises ProviderUnavailable, and RefundsDisagree while a
    refund made in the dashboard and one of ours together exceed the payment.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.intent_id is None:
        return
    found = gateway().list_refunds(payment.intent_id)
    with transaction.atomic(durable=True):
        payment = queries.lock_payment(payment_id)
        for listed in sorted(found, key=lambda item: item.status not in ("failed", "canceled")):
            refund = _ours(payment, listed) or _adopt(payment, listed)
            if refund:
                to = STATE_OF_STATUS.get(listed.status, State.PENDING)
                _follow(payment, refund, refund_ref=listed.id, to=to)


def _ask(refund: Refund, *, provider: Gateway, now: datetime) -> ProviderRefund:
    intent_id = refund.payment.intent_id or ""
    if now - refund.created_at > KEY_LIFETIME:
        known = _mine(refund, provider.list_refunds(intent_id))
        if known:
            return known
    return provider.create_refund(
        intent_id=intent_id,
        amount=refund.amount,
        key=f"re:{refund.public_id}",
        metadata={"refund": str(refund.public_id), "payment": str(refund.payment.public_id)},
    )


def _mine(refund: Refund, found: Sequence[ProviderRefund]) -> ProviderRefund | None:
    wanted = str(refund.public_id)
    return next((item for item in found if item.metadata.get("refund") == wanted), None)


@transaction.atomic(durable=True)
def _settle_one(refund_id: int, *, refund_ref: str | None, to: str) -> Refund:
    payment, refund = _locked(refund_id)
    _follow(payment, refund, refund_ref=refund_ref, to=to)
    return refund


@transaction.atomic(durable=True)
def _return_to_voucher(refund_id: int, *, now: datetime) -> Refund:
    payment, refund = _locked(refund_id)
    if payment.voucher_id and refund.state == State.REQUESTED:
        put_back(payment.voucher_id, refund.amount, now=now)
        _follow(payment, refund, refund_ref=None, to=State.SUCCEEDED)
    return refund


def _locked(refund_id: int) -> tuple[Payment, Refund]:
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = queries.lock_payment(payment_id)
    return payment, Refund.objects.select_for_update().get(pk=refund_id)


def _follow(payment: Payment, refund: Refund, *, refund_ref: str | None, to: str) -> None:
    """Move a refund and keep the sums of its payment and booking; both are locked."""
    if refund.state == to or not states.refund_may(refund, to):
        return
    came_from = refund.state
    refund.payment = payment
    refund.refund_id = refund.refund_id or refund_ref
    states.move_refund(refund, to)
    if to == State.SUCCEEDED:
        _count(payment, refund.amount)
        signals.refund_settled.send(sender=Refund, refund=refund)
    if to in states.LOST_REFUND:
        log.error("refund did not arrive: refund=%s state=%s", refund.public_id, to)
        payment.refunded -= refund.amount
        payment.save(update_fields=["refunded", "updated_at"])
        if came_from == State.SUCCEEDED:
            _count(payment, -refund.amount)


def _count(payment: Payment, amount_change: int) -> None:
    if payment.counted:
        record_refund(payment.booking_id, amount_change=amount_change)
        payment.booking.refresh_from_db()


def _ours(payment: Payment, listed: ProviderRefund) -> Refund | None:
    by_id = payment.refunds.filter(refund_id=listed.id).first()
    if by_id:
        return by_id
    for refund in payment.refunds.filter(refund_id=None):
        if listed.metadata.get("refund") == str(refund.public_id):
            return refund
    return None


def _adopt(payment: Payment, listed: ProviderRefund) -> Refund | None:
    """Write down a refund that was made in the provider's dashboard."""
    if STATE_OF_STATUS.get(listed.status) in states.LOST_REFUND:
        return None
    if payment.refunded + listed.amount > payment.captured:
        raise RefundsDisagree
    payment.refunded += listed.amount
    payment.save(update_fields=["refunded", "updated_at"])
    return Refund.objects.create(
        payment=payment,
        state=State.PENDING,
        amount=listed.amount,
        request_key=f"external:{listed.id}",
        reason="made at the payment provider",
        actor=payment.gateway,
        refund_id=listed.id,
    )
