"""How refunds are told to the traveller: nothing is called sent back before it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Booking
from bookings.telling import Moment
from maritime.lib.local import money_text
from payments.models import Payment, Refund, Voucher
from payments.operations.follow import ALREADY_REFUNDED
from payments.operations.vouchers import owes_voucher
from payments.queries import refunds_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

# Money of a cancelled crossing is due within seven days (Regulation (EU) 1177/2010, article 18).
REFUND_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """A state for programs, and the same as the end of a sentence that begins with the amount."""

    code: str
    text: "str | Promise"


@dataclass(frozen=True)
class RefundLine:
    """A refund as the page of a booking shows it: `due_at` while the money is not there."""

    amount: int
    told: Told
    reason: str
    asked_at: datetime
    due_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True)
class Money:
    """What came back of a booking, in minor units, and when what of it happened."""

    refunds: list[RefundLine]
    vouchers: list[Voucher]
    charged_back: int
    moments: list[Moment]


State = Refund.State
_CAME_BACK = Told("came_back", gettext_lazy("came back from your bank; our staff take care of it"))
_REFUSED = Told("came_back", gettext_lazy("could not be sent; our staff take care of it"))
_ON_ITS_WAY = Told("on_its_way", gettext_lazy("on its way"))
_OF_STATE = {
    State.REQUESTED: _ON_ITS_WAY,
    State.UNKNOWN: _ON_ITS_WAY,
    State.PENDING: Told("on_its_way", gettext_lazy("on its way, your bank may take some days")),
    State.SUCCEEDED: Told("sent_back", gettext_lazy("sent back")),
    State.FAILED: _CAME_BACK,
    State.CANCELED: _CAME_BACK,
}
_OF_WAIT = {
    Refund.WaitsFor.APPROVAL: Told("waiting", gettext_lazy("waiting: our staff are checking it")),
    Refund.WaitsFor.DISPUTE: Told(
        "waiting", gettext_lazy("waiting until your bank has decided the dispute of the payment")
    ),
}
_DONE = ("sent_back", "voucher")


def money_of(booking: Booking) -> Money:
    """Return what came back of a booking, or is on its way: 1 query, 2 if anything came back."""
    told = told_refunds(booking)
    vouchers = {
        refund.voucher_id: refund.voucher for refund, _words in told if refund.voucher is not None
    }
    return Money(
        refunds=[_line(refund, words) for refund, words in told],
        vouchers=list(vouchers.values()),
        charged_back=charged_back_of(booking),
        moments=list(_moments(booking, told)),
    )


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
        return Told("voucher", gettext_lazy("as a voucher"))
    if refund.payment.voucher_id and refund.state == State.SUCCEEDED:
        return Told("voucher", gettext_lazy("back on the voucher that paid"))
    if refund.waits_for:
        told = _OF_WAIT[Refund.WaitsFor(refund.waits_for)]
        if not owes_voucher(refund):
            return told
        return Told(told.code, _("as a voucher, %(state)s") % {"state": told.text})
    if refund.state == State.FAILED and not refund.refund_id:
        return _REFUSED
    return _OF_STATE[State(refund.state)]


def _is_moot(refund: Refund) -> bool:
    if refund.failure == ALREADY_REFUNDED:
        return True
    return refund.state == State.CANCELED and not refund.asked_at and not refund.refund_id


def _line(refund: Refund, told: Told) -> RefundLine:
    is_done = told.code in _DONE
    is_due = told.code == "on_its_way" or refund.waits_for == Refund.WaitsFor.APPROVAL
    return RefundLine(
        amount=refund.amount,
        told=told,
        reason=refund.reason,
        asked_at=refund.created_at,
        due_at=refund.created_at + REFUND_WITHIN if is_due else None,
        done_at=refund.updated_at if is_done else None,
    )


def _moments(booking: Booking, told: list[tuple[Refund, Told]]) -> Iterator[Moment]:
    for refund, words in told:
        line = _line(refund, words)
        amount = {"amount": money_text(refund.amount, booking.currency)}
        if not refund.voucher_id:
            yield Moment(line.asked_at, _("Refund of %(amount)s asked for") % amount)
        if line.due_at:
            text = _("Refund of %(amount)s due at the latest") % amount
            yield Moment(line.due_at, text, is_next=True)
        elif line.done_at:
            state = {**amount, "state": words.text}
            yield Moment(line.done_at, _("%(amount)s %(state)s") % state)
