"""Sending refunds to the provider, and bringing them to what it lists."""

import logging
from datetime import datetime

from django.db import transaction

from payments import ledger, queries, states
from payments.errors import ProviderRefused, ProviderUnavailable, RefundsDisagree
from payments.gateways import Gateway, ProviderRefund, gateway
from payments.models import Payment, Refund
from payments.operations.follow import (
    ALREADY_REFUNDED,
    count_chargebacks,
    follow,
    make_room,
)
from payments.operations.owners import metadata_of
from payments.operations.vouchers import put_back

log = logging.getLogger(__name__)

State = Refund.State
STATE_OF_STATUS = {
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}
# https://docs.stripe.com/error-codes#charge-disputed
DISPUTED = "charge_disputed"


def send_refund(refund_id: int, *, now: datetime) -> Refund:
    """Ask the provider for the refund and store its answer.

    May be repeated: the key is the refund's own, and before a second question the refund is looked
    for in the provider's list, since keys are forgotten after a day. Never call it inside a
    transaction. Raises ProviderUnavailable; the refund is `unknown` then. A definite no makes it
    `failed`, for staff to look at. What a voucher had paid goes back to it, without any provider.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state not in states.UNSENT_REFUND:
        return refund
    if refund.payment.voucher_id:
        return _return_to_voucher(refund_id, now=now)
    provider = gateway()
    if refund.payment.gateway != provider.code:
        log.error("refund of another gateway not sent: refund=%s", refund.public_id)
        return refund
    was_asked = refund.asked_at is not None
    refund = _begin(refund_id, now=now)
    if refund.state not in states.UNSENT_REFUND:
        return refund
    try:
        answer = (_find(refund, provider) if was_asked else None) or _ask(refund, provider)
    except ProviderRefused as error:
        refund = _refused(refund_id, reason=error.reason)
        if error.reason == ALREADY_REFUNDED:
            settle_refunds(refund.payment_id)
        return refund
    except ProviderUnavailable:
        _settle_one(refund_id, to=State.UNKNOWN)
        raise
    to = STATE_OF_STATUS.get(answer.status, State.PENDING)
    return _settle_one(refund_id, to=to, refund_ref=answer.id, failure=answer.failure)


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
                follow(payment, refund, to=to, refund_ref=listed.id, failure=listed.failure)


@transaction.atomic(durable=True)
def _begin(refund_id: int, *, now: datetime) -> Refund:
    """Note that the provider is being asked, before it is; a crash afterwards leaves the trace.

    A refund that was never asked for waits instead if a dispute was opened since.
    """
    payment, refund = _locked(refund_id)
    if refund.state not in states.UNSENT_REFUND or refund.asked_at:
        return refund
    if queries.is_disputed(payment):
        states.move_refund(refund, State.WAITING, waits_for=Refund.WaitsFor.DISPUTE)
        return refund
    refund.asked_at = now
    refund.save(update_fields=["asked_at", "updated_at"])
    return refund


def _find(refund: Refund, provider: Gateway) -> ProviderRefund | None:
    wanted = str(refund.public_id)
    found = provider.list_refunds(refund.payment.intent_id or "")
    return next((item for item in found if item.metadata.get("refund") == wanted), None)


def _ask(refund: Refund, provider: Gateway) -> ProviderRefund:
    return provider.create_refund(
        intent_id=refund.payment.intent_id or "",
        amount=refund.amount,
        key=_key(refund),
        metadata=_metadata(refund),
    )


def _metadata(refund: Refund) -> dict[str, str]:
    """Return what is seen beside the refund at the provider, by which we find it; no names."""
    payment = refund.payment
    of_payment = metadata_of(payment, payment.booking.reference)
    return {**of_payment, "refund": str(refund.public_id)}


def _key(refund: Refund) -> str:
    """Return the refund's own key; another one after a no, which the provider remembers with it."""
    again = f":{refund.failure}" if refund.failure else ""
    return f"re:{refund.public_id}{again}"


@transaction.atomic(durable=True)
def _refused(refund_id: int, *, reason: str) -> Refund:
    """Store a definite no. One for a dispute that we have not heard the end of is a wait."""
    payment, refund = _locked(refund_id)
    if refund.state not in states.UNSENT_REFUND:
        return refund
    log.error("refund refused: refund=%s reason=%s", refund.public_id, reason)
    # An inquiry may have become a dispute a moment ago.
    is_over = payment.disputes.exists() and not queries.open_disputes(payment).exists()
    if reason == DISPUTED and not is_over:
        refund.asked_at, refund.failure = None, reason
        states.move_refund(refund, State.WAITING, waits_for=Refund.WaitsFor.DISPUTE)
    else:
        follow(payment, refund, to=State.FAILED, failure=reason)
    return refund


@transaction.atomic(durable=True)
def _settle_one(
    refund_id: int, *, to: str, refund_ref: str | None = None, failure: str = ""
) -> Refund:
    payment, refund = _locked(refund_id)
    follow(payment, refund, to=to, refund_ref=refund_ref, failure=failure)
    return refund


@transaction.atomic(durable=True)
def _return_to_voucher(refund_id: int, *, now: datetime) -> Refund:
    payment, refund = _locked(refund_id)
    if payment.voucher_id and refund.state == State.REQUESTED:
        put_back(payment.voucher_id, refund.amount, now=now)
        follow(payment, refund, to=State.SUCCEEDED)
    return refund


def _locked(refund_id: int) -> tuple[Payment, Refund]:
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = queries.lock_payment(payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.payment = payment
    return payment, refund


def _ours(payment: Payment, listed: ProviderRefund) -> Refund | None:
    """Return our row of a listed refund: by its id, or by the mark that we left on it.

    A row that was given up is not it: the provider did it all the same, so it is written anew.
    """
    by_id = payment.refunds.filter(refund_id=listed.id).first()
    if by_id:
        return by_id
    for refund in payment.refunds.filter(refund_id=None).exclude(state__in=states.LOST_REFUND):
        if listed.metadata.get("refund") == str(refund.public_id):
            return refund
    return None


def _adopt(payment: Payment, listed: ProviderRefund) -> Refund | None:
    """Write down a refund that was made in the provider's dashboard."""
    if STATE_OF_STATUS.get(listed.status) in states.LOST_REFUND:
        return None
    make_room(payment, amount=listed.amount)
    if payment.captured - payment.refunded < listed.amount:
        raise RefundsDisagree
    payment.refunded += listed.amount
    count_chargebacks(payment)
    refund = Refund.objects.create(
        payment=payment,
        state=State.PENDING,
        amount=listed.amount,
        request_key=f"external:{listed.id}",
        reason="made at the payment provider",
        actor=payment.gateway,
        refund_id=listed.id,
    )
    ledger.refund_owed(refund, at=refund.created_at)
    return refund
