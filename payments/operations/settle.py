"""Bringing a payment up to date: the one road for webhook, return page, task and sweep.

An event or a visitor is only the reason to look. What counts is what the provider says now, so
the order, the number and the loss of events do not matter.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from bookings.models import Booking
from bookings.operations.await_bank import await_bank, bank_refused
from bookings.operations.confirm import take_money
from bookings.queries import amount_due, outstanding_amendment
from maritime.lib import rows
from maritime.lib.texts import gettext_noop
from maritime.ops import counters, staff
from payments import ledger, queries, signals, states
from payments.errors import ProviderRefused
from payments.gateways import Gateway, Intent, gateway
from payments.models import Payment
from payments.operations.failures import tell_failure
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
# What the provider never takes back, so that an answer cannot be too old.
FINAL = (State.SUCCEEDED, State.CANCELED)
# Longer than a call to the provider that creates an intent can take.
START_LIMIT = timedelta(minutes=2)
# Why money goes straight back; the refund and its mail say it to the customer, in 100 letters.
# Rows keep it in English.
LATE = gettext_noop(
    "The payment arrived after the time to pay was over, and the places were gone: not booked."
)
AFTER_CANCELLATION = gettext_noop(
    "The payment arrived after the booking was cancelled: it does not stand."
)
AFTER_CHANGE = gettext_noop(
    "The payment arrived after the time for the change was over: the booking stands as it was."
)
DOUBLE = gettext_noop("The booking was already paid and stands: this was the second payment.")
WHY_BACK = frozenset({LATE, AFTER_CANCELLATION, AFTER_CHANGE, DOUBLE})


def settle(payment_id: int, *, now: datetime) -> Payment:
    """Ask the provider how the payment and its open refunds stand, and act on the answer.

    Returns the payment as it is then. An intent that nobody may pay any more is closed. `now` is
    the moment before the question. Never call it inside a transaction. Raises ProviderUnavailable.
    A payment of another gateway than the one in use is left alone.
    """
    payment = queries.payment_with_booking(payment_id)
    provider = gateway()
    if payment.gateway != provider.code:
        log.warning("payment of another gateway left alone: payment=%s", payment.public_id)
        return payment
    if payment.intent_id is None:
        is_stale = now - payment.created_at > START_LIMIT
        return _give_up(payment_id) if is_stale else payment
    if payment.state not in states.HOLDS_MONEY:
        payment = _ask(payment, provider=provider, now=now)
    # `refunded` counts refunds from the moment when they are opened.
    if payment.refunded and queries.has_open_refunds(payment):
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
    try:
        intent = provider.cancel_intent(payment.intent_id)
    except ProviderRefused as error:
        return drop_missing(payment, error)
    return apply_intent(payment_id, intent, now=now)


@transaction.atomic(durable=True)
def apply_intent(payment_id: int, intent: Intent, *, now: datetime) -> Payment:
    """Move the payment to what the provider says; takes money in exactly once.

    `now` is the moment before the provider was asked: an answer older than one that was applied
    already changes nothing, unless it is the last word on the intent. Locks booking, then payment.
    Sends payment_succeeded when the money pays the booking or a change of it; late or
    double money opens a full refund instead. What does not match the booking is quarantined.
    """
    payment = queries.lock_payment(payment_id)
    target = STATE_OF_STATUS.get(intent.status, State.OPEN)
    is_old = payment.checked_at is not None and now < payment.checked_at
    if is_old and target not in FINAL:
        return payment
    payment.checked_at = now if payment.checked_at is None else max(now, payment.checked_at)
    if intent.last_error and payment.state in states.OPEN_PAYMENT:
        payment.last_failure = intent.last_error[:60]
    if payment.state == target or not states.payment_may(payment, target):
        rows.update(payment, "checked_at", "last_failure")
    elif target == State.SUCCEEDED:
        _take_money(payment, intent, now=now)
    else:
        _move_on(payment, target, now=now)
    return payment


def mismatch(payment: Payment, intent: Intent, *, now: datetime) -> str:
    """Return in which way the intent is not what this payment asked for; empty when it is."""
    wanted = {
        "intent": (intent.id, payment.intent_id),
        "currency": (intent.currency, payment.currency),
        "amount": (intent.amount_received, payment.amount),
        "price": (payment.amount, _price(payment, now=now)),
        "payment": (intent.metadata.get("payment"), str(payment.public_id)),
        "booking": (intent.metadata.get("booking"), payment.booking.reference),
    }
    return ", ".join(name for name, (found, right) in wanted.items() if found != right)


def drop_missing(payment: Payment, error: ProviderRefused) -> Payment:
    """Close a payment of which the provider knows nothing; raises any other refusal again."""
    if not error.is_missing:
        raise error
    log.error("the provider does not know the intent: payment=%s", payment.public_id)
    staff.open_task(
        f"missing:{payment.public_id}",
        kind="missing_intent",
        title="The payment provider does not know a payment of ours",
        detail="It is closed here. Look whether the keys belong to another account.",
        path=reverse("admin:payments_payment_change", args=[payment.pk]),
    )
    return drop_payment(payment.pk)


@transaction.atomic(durable=True)
def drop_payment(payment_id: int) -> Payment:
    """Close a payment that nobody can pay: refused, unknown, or of a gateway that is switched off."""
    payment = queries.lock_payment(payment_id)
    if states.payment_may(payment, State.CANCELED):
        states.move_payment(payment, State.CANCELED)
    return payment


def _ask(payment: Payment, *, provider: Gateway, now: datetime) -> Payment:
    intent_id = payment.intent_id or ""
    try:
        intent = provider.retrieve_intent(intent_id)
        if intent.status.startswith("requires_") and not _may_be_paid(payment, now=now):
            intent = provider.cancel_intent(intent_id)
    except ProviderRefused as error:
        return drop_missing(payment, error)
    return apply_intent(payment.pk, intent, now=now)


def _may_be_paid(payment: Payment, *, now: datetime) -> bool:
    """Tell whether the customer may still pay: the hold or the change stands, and so this attempt."""
    booking = payment.booking
    if payment.state not in states.OPEN_PAYMENT:
        return False
    if booking.state_at(now) in (Booking.State.HELD, Booking.State.PAYMENT_PENDING):
        return True
    return outstanding_amendment(booking, now=now) is not None


def _move_on(payment: Payment, target: str, *, now: datetime) -> None:
    """Move to a state without money; the places wait for a bank, and no longer when it said no."""
    was_processing = payment.state == State.PROCESSING
    states.move_payment(payment, target)
    if target == State.PROCESSING:
        hold = timedelta(hours=settings.PAYMENT_ASYNC_HOLD_HOURS)
        await_bank(payment.booking_id, hold=hold, now=now)
    elif was_processing:
        bank_refused(payment.booking_id, hold=timedelta(minutes=settings.HOLD_MINUTES), now=now)
        tell_failure(payment, now=now)


def _take_money(payment: Payment, intent: Intent, *, now: datetime) -> None:
    payment.captured = intent.amount_received
    problem = mismatch(payment, intent, now=now)
    if problem:
        _quarantine(payment, intent, problem=problem, now=now)
        return
    states.move_payment(payment, State.SUCCEEDED)
    outcome = take_money(payment.booking, amount=payment.captured, now=now)
    if outcome == "paid":
        payment.counted = True
        rows.update(payment, "counted")
        ledger.booking_sold(payment, at=now)
        counters.count("maritime_payments", state="succeeded")
        signals.payment_succeeded.send(sender=Payment, payment=payment)
        return
    ledger.money_received(payment, at=now)
    log.warning("money goes back: payment=%s outcome=%s", payment.public_id, outcome)
    counters.count("maritime_payments", state="returned")
    open_refund(
        payment.pk,
        amount=payment.captured,
        request_key=f"return:{payment.pk}",
        reason=_why_back(payment.booking, outcome),
        actor="system",
    )


def _why_back(booking: Booking, outcome: str) -> str:
    if outcome == "already":
        return DOUBLE
    if booking.state in (Booking.State.CANCELLED, Booking.State.CANCELLED_BY_OPERATOR):
        return AFTER_CANCELLATION
    return AFTER_CHANGE if booking.state == Booking.State.CONFIRMED else LATE


def _quarantine(payment: Payment, intent: Intent, *, problem: str, now: datetime) -> None:
    """Keep money that does not match: it is there, it pays nothing, and staff decide."""
    # The books tell what arrived, not what was asked for.
    payment.currency = intent.currency
    payment.problem = problem[:100]
    states.move_payment(payment, State.QUARANTINED)
    ledger.money_received(payment, at=now)
    counters.count("maritime_payments", state="quarantined")
    log.error("payment quarantined: payment=%s problem=%s", payment.public_id, problem)
    staff.open_task(
        f"payment:{payment.public_id}",
        kind="quarantine",
        title=f"A payment does not match its booking: {payment.booking.reference}",
        detail=f"It differs in: {problem}. Refund it, or find out what the customer meant to pay.",
        path=reverse("admin:payments_payment_change", args=[payment.pk]),
    )


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
