"""The second pair of eyes on large refunds, and refunds that are sent once more."""

from django.db import transaction

from maritime.ops import staff
from payments import queries, signals, states
from payments.errors import OwnRefund, WrongMove
from payments.models import Payment, Refund
from payments.operations.follow import cancel_refund
from payments.operations.refund import AGAIN, approval_key, open_refund

State = Refund.State
WaitsFor = Refund.WaitsFor


@transaction.atomic
def approve_refund(refund_id: int, *, by: str) -> Refund:
    """Let a refund go out that waits for a second person; `by` is "staff:" and a user's number.

    Locks booking, payment, refund. A refund that was approved before is returned as it is. While
    its payment is disputed it waits on. Sends refund_opened. Raises OwnRefund for the person who
    asked for it, and WrongMove for a refund that does not wait for approval.
    """
    payment, refund = _locked(refund_id)
    if refund.approved_by:
        return refund
    _require_waiting(refund)
    if refund.actor == by:
        raise OwnRefund
    refund.approved_by = by
    if queries.is_disputed(payment):
        states.move_refund(refund, State.WAITING, waits_for=WaitsFor.DISPUTE)
    else:
        states.move_refund(refund, State.REQUESTED)
        signals.refund_opened.send(sender=Refund, refund=refund)
    staff.close_task(approval_key(refund), by=by, note="approved")
    return refund


@transaction.atomic
def decline_refund(refund_id: int, *, by: str) -> Refund:
    """Cancel a refund that waits for a second person; who asked for it may take it back so.

    Locks booking, payment, refund. A refund that was declined before is returned as it is. What a
    cancellation of the booking left out because of it is refunded now. Raises WrongMove for a
    refund that does not wait for approval.
    """
    payment, refund = _locked(refund_id)
    if refund.state == State.CANCELED and not refund.approved_by and refund.asked_at is None:
        return refund
    _require_waiting(refund)
    cancel_refund(payment, refund, by=by, note="declined")
    _give_what_is_owed(payment, refund)
    return refund


@transaction.atomic
def send_again(refund_id: int, *, by: str) -> Refund:
    """Open a new refund in the place of one that did not arrive; once for each.

    Locks booking, payment, refund. Sends refund_opened. Raises WrongMove for a refund that has not
    failed, and what open_refund raises.
    """
    payment, refund = _locked(refund_id)
    is_declined = refund.state == State.CANCELED and not refund.refund_id
    if refund.state not in states.LOST_REFUND or is_declined:
        raise WrongMove
    return open_refund(
        payment.pk,
        amount=refund.amount,
        request_key=f"{AGAIN}{refund.public_id}",
        reason=refund.reason,
        actor=by,
        approved_by=refund.approved_by,
    )


def _require_waiting(refund: Refund) -> None:
    if refund.state != State.WAITING or refund.waits_for != WaitsFor.APPROVAL:
        raise WrongMove


def _give_what_is_owed(payment: Payment, declined: Refund) -> None:
    """Refund what the booking keeps above its price, up to what was declined.

    A cancellation gives back no more than is left, and the declined refund had been taken off.
    """
    booking = payment.booking
    paying = booking.payments.filter(counted=True)
    owed = sum(each.left for each in paying) - booking.total
    amount = min(owed, declined.amount) if payment.counted else 0
    if amount > 0:
        open_refund(
            payment.pk,
            amount=amount,
            request_key=f"declined:{declined.public_id}",
            reason="cancellation",
            actor="system",
        )


def _locked(refund_id: int) -> tuple[Payment, Refund]:
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = queries.lock_payment(payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.payment = payment
    return payment, refund
