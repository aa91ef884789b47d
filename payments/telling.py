"""How refunds are told to the traveller: nothing is called sent back before it was."""

from dataclasses import dataclass

from django.db.models import Sum

from bookings.models import Booking
from payments.models import Payment, Refund
from payments.operations.follow import ALREADY_REFUNDED
from payments.operations.vouchers import owes_voucher
from payments.queries import refunds_of


@dataclass(frozen=True)
class Told:
    """A state for programs, and the same as the end of a sentence that begins with the amount."""

    code: str
    text: str


State = Refund.State
_CAME_BACK = Told("came_back", "came back from your bank; our staff take care of it")
_REFUSED = Told("came_back", "could not be sent; our staff take care of it")
_OF_STATE = {
    State.REQUESTED: Told("on_its_way", "on its way"),
    State.UNKNOWN: Told("on_its_way", "on its way"),
    State.PENDING: Told("on_its_way", "on its way, your bank may take some days"),
    State.SUCCEEDED: Told("sent_back", "sent back"),
    State.FAILED: _CAME_BACK,
    State.CANCELED: _CAME_BACK,
}
_OF_WAIT = {
    Refund.WaitsFor.APPROVAL: Told("waiting", "waiting: our staff are checking it"),
    Refund.WaitsFor.DISPUTE: Told(
        "waiting", "waiting until your bank has decided the dispute of the payment"
    ),
}


def told_refunds(booking: Booking) -> list[tuple[Refund, Told]]:
    """Return the refunds of the booking, oldest first, with what to say; 1 query.

    A refund that was taken back before it was sent is no news for the traveller, nor is one of
    money that the provider had given back already. One that was sent again is told once.
    """
    refunds = refunds_of(booking)
    replaced = {refund.request_key.removeprefix("again:") for refund in refunds}
    return [
        (refund, _told(refund))
        for refund in refunds
        if not _is_moot(refund) and str(refund.public_id) not in replaced
    ]


def charged_back_of(booking: Booking) -> int:
    """Return what the traveller got back from the bank by disputes, in minor units.

    It is part of what the booking counts as refunded: no query for a booking without that.
    """
    if not booking.refunded:
        return 0
    found = Payment.objects.filter(booking=booking).aggregate(sum=Sum("charged_back"))
    return found["sum"] or 0


def _told(refund: Refund) -> Told:
    if refund.voucher_id:
        return Told("voucher", "as a voucher")
    if refund.payment.voucher_id and refund.state == State.SUCCEEDED:
        return Told("voucher", "back on the voucher that paid")
    if refund.waits_for:
        told = _OF_WAIT[Refund.WaitsFor(refund.waits_for)]
        return Told(told.code, f"as a voucher, {told.text}") if owes_voucher(refund) else told
    if refund.state == State.FAILED and not refund.refund_id:
        return _REFUSED
    return _OF_STATE[State(refund.state)]


def _is_moot(refund: Refund) -> bool:
    if refund.failure == ALREADY_REFUNDED:
        return True
    return refund.state == State.CANCELED and not refund.asked_at and not refund.refund_id
