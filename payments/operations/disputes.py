"""Disputes: a cardholder's bank takes money back, or wants to. The provider's state is the truth.

While a dispute is open nothing is refunded, or the same money would be lost twice: refunds that
are owed wait for its end, and what was not sent yet is called back. An inquiry is a question that
comes before some disputes: refunds go on, since giving all back settles it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse

from bookings.models import Booking
from maritime.lib import clock
from maritime.lib.money import format_minor
from maritime.ops import staff
from payments import ledger, queries, signals, states
from payments.errors import UnknownPayment
from payments.gateways import ProviderDispute, gateway
from payments.models import Dispute, Payment, Refund
from payments.operations.follow import count_chargebacks, make_room
from payments.operations.send import settle_refunds
from payments.operations.vouchers import issue_late_voucher, owes_voucher

log = logging.getLogger(__name__)

WAITING = Refund.State.WAITING
FOR_DISPUTE = Refund.WaitsFor.DISPUTE
LIVE = (Booking.State.PAID, Booking.State.CONFIRMED)
REASON_LENGTH = 60
ANSWER_DISPUTE = "Send evidence."
ANSWER_INQUIRY = (
    "Answer the bank, or refund the whole, which settles it; else it may become a dispute."
)


def settle_dispute(dispute_id: str, *, now: datetime) -> Dispute:
    """Ask the provider how a dispute stands, act on the answer, and settle the payment's refunds.

    An answer that was asked for before the one that is stored is dropped. Never call it inside a transaction. Raises ProviderUnavailable, ProviderRefused, and
    UnknownPayment while the disputed intent is none of ours.
    """
    asked_at = clock.now()
    found = gateway().retrieve_dispute(dispute_id)
    payment_id = Payment.objects.values_list("pk", flat=True).filter(intent_id=found.intent_id)
    if not payment_id:
        raise UnknownPayment
    dispute = _apply(payment_id[0], found, asked_at=asked_at, now=now)
    settle_refunds(payment_id[0])
    return dispute


@transaction.atomic(durable=True)
def _apply(
    payment_id: int, found: ProviderDispute, *, asked_at: datetime, now: datetime
) -> Dispute:
    """Store the provider's answer. Locks booking, payment, its refunds, dispute."""
    payment = queries.lock_payment(payment_id)
    refunds = list(payment.refunds.select_for_update().order_by("pk"))
    dispute, was = _locked(payment, found, asked_at=asked_at)
    if dispute.checked_at > asked_at:
        return dispute
    change = found.withdrawn - dispute.withdrawn
    dispute.checked_at = asked_at
    dispute.state = found.status
    dispute.amount = found.amount
    dispute.withdrawn = found.withdrawn
    dispute.reason = found.reason[:REASON_LENGTH]
    dispute.due_by = found.due_by
    dispute.refundable = found.refundable and found.status in states.INQUIRY
    is_open = found.status not in states.CLOSED_DISPUTE
    dispute.closed_at = None if is_open else dispute.closed_at or now
    dispute.save()
    ledger.dispute_moved(dispute, change=change, at=now)
    if not is_open:
        _close(payment, dispute, now=now)
    elif not dispute.refundable:
        _call_back(refunds)
    if not queries.is_disputed(payment):
        _let_go(payment, now=now)
    if was != (dispute.state, dispute.due_by):
        _tell_staff(payment, dispute)
    return dispute


def _locked(
    payment: Payment, found: ProviderDispute, *, asked_at: datetime
) -> tuple[Dispute, tuple[str, datetime | None] | None]:
    """Return the row, locked, with the state and deadline it had; None for a new one."""
    dispute = Dispute.objects.select_for_update().filter(dispute_id=found.id).first()
    if dispute:
        dispute.payment = payment
        return dispute, (dispute.state, dispute.due_by)
    new = Dispute(
        payment=payment, dispute_id=found.id, opened_at=found.created, checked_at=asked_at
    )
    return new, None


def _call_back(refunds: Sequence[Refund]) -> None:
    """Let refunds wait of which the provider does not know yet."""
    for refund in refunds:
        if refund.state == Refund.State.REQUESTED and refund.asked_at is None:
            states.move_refund(refund, WAITING, waits_for=FOR_DISPUTE)


def _close(payment: Payment, dispute: Dispute, *, now: datetime) -> None:
    """Take off the payment what is lost; refunds that waited and have no money left are canceled."""
    lost = payment.disputes.filter(state__in=states.LOST_DISPUTE)
    make_room(payment, amount=lost.aggregate(sum=Sum("withdrawn"))["sum"] or 0)
    count_chargebacks(payment)
    if dispute.state in states.LOST_DISPUTE and dispute.withdrawn:
        ledger.dispute_lost(dispute, at=now)


def _let_go(payment: Payment, *, now: datetime) -> None:
    """Let the refunds go that waited. Vouchers wait on: to give one settles no inquiry."""
    is_asked = queries.open_disputes(payment).exists()
    waiting = payment.refunds.filter(state=WAITING, waits_for=FOR_DISPUTE)
    for refund in waiting.order_by("pk"):
        refund.payment = payment
        if owes_voucher(refund):
            if not is_asked:
                issue_late_voucher(refund, now=now)
            continue
        states.move_refund(refund, Refund.State.REQUESTED)
        signals.refund_opened.send(sender=Refund, refund=refund)


def _tell_staff(payment: Payment, dispute: Dispute) -> None:
    """Keep one task for the deadline, and one for a live booking that is no longer paid."""
    key = f"dispute:{dispute.dispute_id}"
    label = dispute.get_state_display()
    log.error("dispute: dispute=%s state=%s", dispute.dispute_id, dispute.state)
    staff.close_task(key, by="system", note=label)
    reference = payment.booking.reference
    amount = format_minor(dispute.amount, payment.currency)
    path = reverse("admin:payments_dispute_change", args=[dispute.pk])
    if dispute.state in states.UNANSWERED_DISPUTE:
        is_inquiry = dispute.state in states.INQUIRY
        staff.open_task(
            key,
            kind="inquiry" if is_inquiry else "dispute",
            title=f"{'Inquiry' if is_inquiry else 'Dispute'} over {amount}: {reference}",
            detail=(
                f"State: {label}. The bank's reason: {dispute.reason or 'none'}. "
                f"{ANSWER_INQUIRY if is_inquiry else ANSWER_DISPUTE}"
            ),
            path=path,
            due_at=dispute.due_by,
        )
    if dispute.state in states.LOST_DISPUTE and payment.booking.state in LIVE:
        staff.open_task(
            f"dispute_lost:{dispute.dispute_id}",
            kind="dispute_lost",
            title=f"Dispute over {amount} was lost, the booking stands: {reference}",
            detail="Decide whether the booking is cancelled.",
            path=path,
        )
