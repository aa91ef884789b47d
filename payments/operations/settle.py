"""Bringing a payment up to date: the one road for webhook, return page, task and sweep.

An event or a visitor is only the reason to look. What counts is what the provider says now, so
the order, the number and the loss of events do not matter.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from bookings.operations.confirm import mark_paid
from bookings.queries import amount_due
from payments import queries, signals, states
from payments.gateways import Intent, gateway
from payments.models import Payment
from payments.operations.refund import open_refund
from payments.operations.send import settle_refunds

log = logging.getLogger(__name__)

State = Payment.State
# Every other status (requires_...) means that the customer has still to act.
STATE_OF_STATUS = {
    "processing": State.PROCESSING,
    "succeeded": State.SUCCEEDED,
    "canceled": State.CANCELED,
}
# Longer than a call to the provider that creates an intent can take.
START_LIMIT = timedelta(minutes=2)
LATE = "The payment arrived after the time to pay was over, and the places were gone."
DOUBLE = "The booking was already paid."


def settle(payment_id: int, *, now: datetime) -> Payment:
    """Ask the provider how the payment and its open refunds stand, and act on the answer.

    Returns the payment as it is then. Never call it inside a transaction. Raises
    ProviderUnavailable. A payment of another gateway than the one in use is left alone.
    """
    payment = Payment.objects.get(pk=payment_id)
    provider = gateway()
    if payment.gateway != provider.code:
        log.warning("payment of another gateway left alone: payment=%s", payment.public_id)
        return payment
    if payment.intent_id is None:
        is_stale = now - payment.created_at > START_LIMIT
        return _give_up(payment_id) if is_stale else payment
    if payment.state not in states.HOLDS_MONEY:
        payment = apply_intent(payment_id, provider.retrieve_intent(payment.intent_id), now=now)
    if queries.has_open_refunds(payment):
        settle_refunds(payment_id)
    return payment


def close_payment(payment_id: int, *, now: datetime) -> Payment:
    """Close an open payment at the provider because its booking ended.

    If the customer was quicker, the money is taken in like any late money. Raises
    ProviderUnavailable.
    """
    payment = Payment.objects.get(pk=payment_id)
    provider = gateway()
    if payment.state not in states.OPEN_PAYMENT or payment.gateway != provider.code:
        return payment
    if payment.intent_id is None:
        return _give_up(payment_id)
    return apply_intent(payment_id, provider.cancel_intent(payment.intent_id), now=now)


@transaction.atomic(durable=True)
def apply_intent(payment_id: int, intent: Intent, *, now: datetime) -> Payment:
    """Move the payment to what the provider says; takes money in exactly once.

    Locks booking, then payment. Sends payment_succeeded when the money pays the booking or a change
    of it; late or double money opens a full refund instead. What does not match the booking is quarantined.
    """
    payment = queries.lock_payment(payment_id)
    target = STATE_OF_STATUS.get(intent.status, State.OPEN)
    if intent.last_error and payment.state in states.OPEN_PAYMENT:
        payment.last_failure = intent.last_error[:60]
        payment.save(update_fields=["last_failure", "updated_at"])
    if payment.state == target or not states.payment_may(payment, target):
        return payment
    if target == State.SUCCEEDED:
        _take_money(payment, intent, now=now)
    else:
        states.move_payment(payment, target)
    return payment


def _take_money(payment: Payment, intent: Intent, *, now: datetime) -> None:
    payment.captured = intent.amount_received
    problem = _mismatch(payment, intent, now=now)
    if problem:
        states.move_payment(payment, State.QUARANTINED)
        log.error("payment quarantined: payment=%s problem=%s", payment.public_id, problem)
        return
    states.move_payment(payment, State.SUCCEEDED)
    outcome = mark_paid(payment.booking_id, amount=payment.captured, now=now)
    payment.booking.refresh_from_db()
    if outcome == "paid":
        payment.counted = True
        payment.save(update_fields=["counted", "updated_at"])
        signals.payment_succeeded.send(sender=Payment, payment=payment)
        return
    log.warning("money goes back: payment=%s outcome=%s", payment.public_id, outcome)
    open_refund(
        payment.pk,
        amount=payment.captured,
        request_key=f"return:{payment.pk}",
        reason=LATE if outcome == "no_space" else DOUBLE,
        actor="system",
    )


def _mismatch(payment: Payment, intent: Intent, *, now: datetime) -> str:
    """Return in which way the intent is not what this payment asked for; empty when it is."""
    wanted = {
        "intent": (intent.id, payment.intent_id),
        "currency": (intent.currency, payment.currency),
        "amount": (intent.amount_received, payment.amount),
        "price": (payment.amount, _price(payment, now=now)),
        "metadata": (intent.metadata.get("payment"), str(payment.public_id)),
    }
    return ", ".join(name for name, (found, right) in wanted.items() if found != right)


def _price(payment: Payment, *, now: datetime) -> int:
    """Return what an unpaid booking costs; of any other, the payment's own amount.

    A booking that is paid takes only money for an outstanding change, of exactly its sum, and
    gives back any other; there is no price to compare with.
    """
    booking = payment.booking
    return payment.amount if booking.paid else amount_due(booking, now=now) or payment.amount


@transaction.atomic(durable=True)
def _give_up(payment_id: int) -> Payment:
    """Close a payment whose provider call was never answered: nobody has its secret."""
    payment = queries.lock_payment(payment_id)
    if payment.intent_id is None and states.payment_may(payment, State.CANCELED):
        states.move_payment(payment, State.CANCELED)
    return payment
