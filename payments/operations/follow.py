"""What becomes of refunds, and the sums, books and tasks for staff that follow.

Every function runs in the caller's transaction, which has locked booking and payment.
"""

import logging

from django.db.models import Sum
from django.urls import reverse

from bookings.operations.refunds import record_refund
from maritime.lib.money import format_minor
from maritime.ops import staff
from payments import ledger, signals, states
from payments.models import Payment, Refund
from payments.operations.refund import AGAIN, approval_key

log = logging.getLogger(__name__)

State = Refund.State
FAILURE_LENGTH = 60
# The provider has nothing left to give: the customer has it all, by refunds that we adopt.
# https://docs.stripe.com/error-codes#charge-already-refunded
ALREADY_REFUNDED = "charge_already_refunded"


def follow(
    payment: Payment, refund: Refund, *, to: str, refund_ref: str | None = None, failure: str = ""
) -> None:
    """Move a refund to what the provider says; a move that cannot be is old news and ignored.

    Sends refund_settled when the money has arrived. What did not arrive becomes a task for staff.
    """
    if refund.state == to or not states.refund_may(refund, to):
        return
    came_from = refund.state
    refund.payment = payment
    refund.refund_id = refund.refund_id or refund_ref
    refund.failure = failure[:FAILURE_LENGTH]
    states.move_refund(refund, to)
    if to == State.SUCCEEDED:
        _arrived(payment, refund)
    if to in states.LOST_REFUND:
        _free(payment, refund, was_paid=came_from == State.SUCCEEDED)
        if failure != ALREADY_REFUNDED:
            _tell_staff(refund)


def cancel_refund(payment: Payment, refund: Refund, *, by: str, note: str) -> None:
    """End a refund that was never sent and free its sum."""
    refund.payment = payment
    states.move_refund(refund, State.CANCELED)
    _free(payment, refund, was_paid=False)
    staff.close_task(approval_key(refund), by=by, note=note)


def make_room(payment: Payment, *, amount: int) -> None:
    """Cancel refunds that wait, newest first, until the payment has the amount (minor units).

    The customer has that money by another road already: a refund made in the provider's
    dashboard, or a dispute.
    """
    waiting = payment.refunds.select_for_update().filter(state=State.WAITING).order_by("-pk")
    for refund in waiting:
        if payment.captured - payment.refunded >= amount:
            return
        log.warning("waiting refund gives way: refund=%s", refund.public_id)
        cancel_refund(payment, refund, by="system", note="the customer got the money otherwise")


def count_chargebacks(payment: Payment) -> None:
    """Save what lost disputes took of the payment, as far as it was not refunded before.

    What the customer got twice is a task for staff. The booking counts it as returned.
    """
    disputes = payment.disputes.filter(state__in=states.LOST_DISPUTE)
    lost = disputes.aggregate(sum=Sum("withdrawn"))["sum"] or 0
    room = payment.captured - payment.refunded
    change = min(lost, room) - payment.charged_back
    payment.charged_back += change
    payment.save(update_fields=["refunded", "charged_back", "updated_at"])
    _count(payment, change)
    if lost > room:
        _tell_of_double(payment, amount=lost - room)


def _arrived(payment: Payment, refund: Refund) -> None:
    _count(payment, refund.amount)
    ledger.refund_paid(refund, at=refund.updated_at)
    _close_tasks(refund, note="sent again and arrived")
    signals.refund_settled.send(sender=Refund, refund=refund)


def _free(payment: Payment, refund: Refund, *, was_paid: bool) -> None:
    payment.refunded -= refund.amount
    if was_paid:
        _count(payment, -refund.amount)
    count_chargebacks(payment)
    ledger.refund_dropped(refund, at=refund.updated_at, was_paid=was_paid)


def _count(payment: Payment, amount_change: int) -> None:
    if payment.counted and amount_change:
        record_refund(payment.booking_id, amount_change=amount_change)
        payment.booking.refresh_from_db()


def _tell_staff(refund: Refund) -> None:
    payment = refund.payment
    log.error("refund did not arrive: refund=%s state=%s", refund.public_id, refund.state)
    amount = format_minor(refund.amount, payment.currency)
    _close_tasks(refund, note="sent again and did not arrive, see the task of that refund")
    staff.open_task(
        _failure_key(refund.public_id),
        kind="refund",
        title=f"Refund of {amount} did not arrive: {payment.booking.reference}",
        detail=(
            f"The code is {refund.failure or 'unknown'}. Send it again, or pay in another way and "
            "close this task with a note."
        ),
        path=reverse("admin:payments_refund_change", args=[refund.pk]),
    )


def _tell_of_double(payment: Payment, *, amount: int) -> None:
    double = format_minor(amount, payment.currency)
    staff.open_task(
        f"double:{payment.public_id}",
        kind="refunded_and_charged_back",
        title=f"{double} was refunded and lost in a dispute: {payment.booking.reference}",
        path=reverse("admin:payments_payment_change", args=[payment.pk]),
    )


def _close_tasks(refund: Refund, *, note: str) -> None:
    """Close the tasks of the refunds that this one was sent in the place of."""
    key = refund.request_key
    while key.startswith(AGAIN):
        earlier = key.removeprefix(AGAIN)
        staff.close_task(_failure_key(earlier), by="system", note=note)
        key = Refund.objects.values_list("request_key", flat=True).get(public_id=earlier)


def _failure_key(public_id: object) -> str:
    return f"refund:{public_id}"
