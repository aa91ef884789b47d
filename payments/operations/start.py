"""Starting a payment of a booking or of its outstanding change: one open attempt, reused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from bookings.errors import HoldExpired, WrongState
from bookings.models import Booking
from bookings.operations.amend import begin_amendment_payment
from bookings.operations.check import check_space_of
from bookings.operations.confirm import begin_payment, mark_paid
from bookings.queries import amount_due, booking_for_update, booking_with_legs
from maritime.lib import rows
from payments import currencies, queries, queue, states
from payments.errors import AmountNotPayable, PaymentClosed, ProviderRefused
from payments.gateways import Gateway, Intent, gateway
from payments.models import Payment
from payments.operations.owners import metadata_of
from payments.operations.settle import apply_intent, drop_missing, drop_payment


@dataclass(frozen=True)
class Started:
    """What the browser needs to pay. A free booking has no payment and an empty secret."""

    payment: Payment | None
    client_secret: str
    created: bool

    @property
    def gateway(self) -> str:
        """Return stripe, demo, or none for a booking that costs nothing."""
        return self.payment.gateway if self.payment else "none"


def start_payment(booking_id: int, *, now: datetime) -> Started:
    """Look at the space once more, then open a payment at the provider or return the open one.

    The hold is extended once. A booking that costs nothing is paid at once without a provider.
    Never call it inside a transaction. Raises NotBookable, HoldExpired or WrongState (of
    bookings), AmountNotPayable, ProviderUnavailable, ProviderRefused, PaymentsNotConfigured.
    """
    booking = begin(booking_id, now=now)
    due = amount_due(booking, now=now)
    if due == 0:
        return _pay_nothing(booking_id, now=now)
    smallest = currencies.smallest_payable(due, booking.currency)
    if smallest != due:
        raise AmountNotPayable(amount=due, smallest=smallest, currency=booking.currency)
    provider = gateway()
    reused = _reuse(booking, provider=provider, now=now)
    if reused:
        return reused
    payment = _row(booking_id, provider=provider, now=now)
    intent = _create(payment, booking=booking, provider=provider)
    stored = _store_intent(payment.pk, intent)
    if stored.state not in states.OPEN_PAYMENT:
        # The secret is not handed out, so nobody can pay this intent; a job closes it.
        raise PaymentClosed
    return Started(payment=stored, client_secret=intent.client_secret, created=True)


def begin(booking_id: int, *, now: datetime) -> Booking:
    """Look at the space and extend the hold of an unpaid booking, or of an outstanding change.

    Raises what `start_payment` raises before it calls the provider.
    """
    booking = booking_with_legs(booking_id)
    if booking.state == Booking.State.CONFIRMED:
        return begin_amendment_payment(booking_id, now=now)
    check_space_of(booking, now=now)
    return begin_payment(booking_id, now=now)


def _pay_nothing(booking_id: int, *, now: datetime) -> Started:
    with transaction.atomic(durable=True):
        outcome = mark_paid(booking_id, amount=0, now=now)
    if outcome == "no_space":
        raise HoldExpired
    return Started(payment=None, client_secret="", created=True)


def _reuse(booking: Booking, *, provider: Gateway, now: datetime) -> Started | None:
    """Return the open payment if the customer can go on with it; close it if not."""
    payment = queries.open_payment_of(booking)
    if payment is None or payment.intent_id is None:
        return None
    if payment.gateway != provider.code:
        drop_payment(payment.pk)
        return None
    try:
        intent = provider.retrieve_intent(payment.intent_id)
        if intent.amount != amount_due(booking, now=now) and intent.status.startswith("requires_"):
            intent = provider.cancel_intent(intent.id)
    except ProviderRefused as error:
        drop_missing(payment, error)
        return None
    payment = apply_intent(payment.pk, intent, now=now)
    if payment.state == Payment.State.CANCELED:
        return None
    return Started(payment=payment, client_secret=intent.client_secret, created=False)


@transaction.atomic(durable=True)
def _row(booking_id: int, *, provider: Gateway, now: datetime) -> Payment:
    """Write the payment before the provider is called; an unanswered call left one to repeat."""
    booking = booking_for_update(booking_id)
    due = amount_due(booking, now=now)
    if not due:
        # Paid, cancelled or withdrawn in another tab since.
        raise WrongState(state=booking.state_at(now))
    waiting = queries.open_payment_of(booking)
    if waiting and waiting.gateway == provider.code and waiting.amount == due:
        return waiting
    if waiting:
        states.move_payment(waiting, Payment.State.CANCELED)
    payment = Payment(booking=booking, gateway=provider.code, amount=due, currency=booking.currency)
    rows.insert(payment)
    return payment


def _create(payment: Payment, *, booking: Booking, provider: Gateway) -> Intent:
    try:
        return provider.create_intent(
            amount=payment.amount,
            currency=payment.currency,
            key=f"pi:{payment.public_id}",
            metadata=metadata_of(payment, booking.reference),
            methods=_methods(payment, booking),
        )
    except ProviderRefused:
        drop_payment(payment.pk)
        raise


def _methods(payment: Payment, booking: Booking) -> str:
    """Return "instant" when a bank that takes days would be too late for the first departure.

    Counted from the birth of the payment: a repeated call must be the same in everything.
    """
    first = booking.legs.order_by("position").first()
    slow = timedelta(hours=settings.PAYMENT_ASYNC_CLOSE_HOURS)
    is_near = first is not None and first.departs_at - payment.created_at < slow
    return "instant" if is_near else "all"


@transaction.atomic(durable=True)
def _store_intent(payment_id: int, intent: Intent) -> Payment:
    payment = queries.lock_payment(payment_id)
    payment.intent_id = intent.id
    rows.update(payment, "intent_id")
    if payment.state not in states.OPEN_PAYMENT:
        queue.add(
            "payments.verify_payment_status",
            key=f"orphan:{payment.pk}",
            payment_id=payment.pk,
        )
    return payment
