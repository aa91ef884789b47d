"""What happened to a payment, in the order of time, as its page in the admin tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Model

from maritime.lib.money import format_minor
from payments import states
from payments.models import Dispute, Payment, Refund, WebhookEvent

NEVER_DISPUTED = (*states.INQUIRY, Dispute.State.WARNING_CLOSED)
STAFF = "staff:"


@dataclass(frozen=True)
class Moment:
    """One thing that happened (UTC), and the row whose page tells more."""

    at: datetime
    text: str
    row: Model | None = None


def timeline_of(payment: Payment) -> list[Moment]:
    """Return all that is known of a payment, oldest first: 5 queries."""
    refunds = list(payment.refunds.select_related("payment").order_by("pk"))
    disputes = list(payment.disputes.select_related("payment").order_by("pk"))
    moments = [
        *_own(payment),
        *_movements(payment),
        *(moment for refund in refunds for moment in _of_refund(refund)),
        *(moment for dispute in disputes for moment in _of_dispute(dispute)),
        *_events(payment),
    ]
    return sorted(moments, key=lambda moment: moment.at)


def person(actor: str) -> str:
    """Return who did something: the name of a member of staff, or the actor's own word."""
    number = actor.removeprefix(STAFF)
    if number == actor or not number.isdecimal():
        return actor
    user = get_user_model().objects.filter(pk=number).first()
    return user.get_username() if user else actor


def _own(payment: Payment) -> Iterator[Moment]:
    amount = format_minor(payment.amount, payment.currency)
    yield Moment(payment.created_at, f"Payment of {amount} started")
    if payment.last_failed_at:
        text = f"Attempt failed ({payment.last_failure or 'no code'}), {payment.failures} in all"
        yield Moment(payment.last_failed_at, text)
    if payment.checked_at:
        yield Moment(payment.checked_at, "Provider asked for the last time")


def _movements(payment: Payment) -> Iterator[Moment]:
    """Tell of money as the ledger has it: the larger side of a transaction is its amount."""
    for movement in payment.ledger.prefetch_related("entries").order_by("at", "pk"):
        amount = sum(entry.amount for entry in movement.entries.all() if entry.amount > 0)
        yield Moment(
            movement.at,
            f"{format_minor(amount, payment.currency)} {movement.get_kind_display()}",
        )


def _of_refund(refund: Refund) -> Iterator[Moment]:
    amount = format_minor(refund.amount, refund.payment.currency)
    opened = f"Refund of {amount} opened by {person(refund.actor)}: {refund.reason}"
    yield Moment(refund.created_at, opened, refund)
    if refund.approved_by:
        text = f"Refund of {amount} approved by {person(refund.approved_by)}"
        yield Moment(refund.asked_at or refund.updated_at, text, refund)
    if refund.asked_at:
        yield Moment(refund.asked_at, f"Provider asked for the refund of {amount}", refund)
    code = f" ({refund.failure})" if refund.failure else ""
    yield Moment(refund.updated_at, f"Refund of {amount}: {refund.told}{code}", refund)


def _of_dispute(dispute: Dispute) -> Iterator[Moment]:
    amount = format_minor(dispute.amount, dispute.payment.currency)
    word = "Inquiry" if dispute.state in NEVER_DISPUTED else "Dispute"
    opened = f"{word} over {amount} opened ({dispute.reason or 'no reason'})"
    yield Moment(dispute.opened_at, opened, dispute)
    if dispute.closed_at:
        text = f"{word} over {amount}: {dispute.get_state_display()}"
        yield Moment(dispute.closed_at, text, dispute)


def _events(payment: Payment) -> Iterator[Moment]:
    """Tell of every event that names the payment: its own, of charges, refunds and disputes."""
    if not payment.intent_id:
        return
    for event in WebhookEvent.objects.filter(intent_id=payment.intent_id).defer("body"):
        text = f"Event {event.type}: {event.get_state_display()}"
        yield Moment(event.received_at, text, event)
