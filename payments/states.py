"""The states of payments and refunds, the moves between them, and the only writers of `state`."""

from maritime.lib import rows
from maritime.ops import counters
from payments.errors import WrongMove
from payments.models import Dispute, Payment, Refund

_P = Payment.State
_R = Refund.State
_D = Dispute.State

# Money is a fact: a payment that was closed and has succeeded all the same is taken in.
PAYMENT_MOVES: dict[str, frozenset[str]] = {
    _P.OPEN: frozenset({_P.PROCESSING, _P.SUCCEEDED, _P.CANCELED, _P.QUARANTINED}),
    _P.PROCESSING: frozenset({_P.OPEN, _P.SUCCEEDED, _P.CANCELED, _P.QUARANTINED}),
    _P.SUCCEEDED: frozenset(),
    _P.CANCELED: frozenset({_P.SUCCEEDED, _P.QUARANTINED}),
    _P.QUARANTINED: frozenset(),
}
# A bank may send money back after the provider had reported success.
REFUND_MOVES: dict[str, frozenset[str]] = {
    _R.WAITING: frozenset({_R.WAITING, _R.REQUESTED, _R.CANCELED}),
    # Back to waiting: a dispute was opened before the provider gave anything back.
    _R.REQUESTED: frozenset(
        {_R.WAITING, _R.UNKNOWN, _R.PENDING, _R.SUCCEEDED, _R.FAILED, _R.CANCELED}
    ),
    _R.UNKNOWN: frozenset({_R.WAITING, _R.PENDING, _R.SUCCEEDED, _R.FAILED, _R.CANCELED}),
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELED}),
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset(),
    _R.CANCELED: frozenset(),
}
# What changes with the state, by an answer of the provider.
TOLD = ("captured", "currency", "problem", "checked_at", "last_failure")
OPEN_PAYMENT = (_P.OPEN, _P.PROCESSING)
# Also a closed one: the customer may have been quicker.
MAY_SUCCEED = (*OPEN_PAYMENT, _P.CANCELED)
HOLDS_MONEY = (_P.SUCCEEDED, _P.QUARANTINED)
UNSENT_REFUND = (_R.REQUESTED, _R.UNKNOWN)
OPEN_REFUND = (*UNSENT_REFUND, _R.PENDING)
LOST_REFUND = (_R.FAILED, _R.CANCELED)
# States of disputes are the provider's: `payments/operations/disputes.py` stores what it says.
INQUIRY = (_D.WARNING_NEEDS_RESPONSE, _D.WARNING_UNDER_REVIEW)
UNANSWERED_DISPUTE = (_D.NEEDS_RESPONSE, _D.WARNING_NEEDS_RESPONSE)
# Whatever is still withdrawn when a dispute ends like this is gone.
LOST_DISPUTE = (_D.LOST, _D.PREVENTED)
# Every other state is open, also one that the provider will think of tomorrow.
CLOSED_DISPUTE = (*LOST_DISPUTE, _D.WON, _D.WARNING_CLOSED)


def payment_may(payment: Payment, to: str) -> bool:
    """Tell whether the payment may move to the state."""
    return to in PAYMENT_MOVES[payment.state]


def refund_may(refund: Refund, to: str) -> bool:
    """Tell whether the refund may move to the state."""
    return to in REFUND_MOVES[refund.state]


def move_payment(payment: Payment, to: str) -> None:
    """Save a locked payment in its new state; may raise WrongMove.

    Saves with it what an answer of the provider changes.
    """
    if not payment_may(payment, to):
        raise WrongMove
    payment.state = to
    rows.update(payment, "state", *TOLD)
    counters.count("maritime_payments", state=to)


def move_refund(refund: Refund, to: str, *, waits_for: str = "") -> None:
    """Save a refund, whose payment is locked, in its new state; may raise WrongMove.

    A refund that goes to `waiting` names what it waits for.
    """
    if not refund_may(refund, to):
        raise WrongMove
    refund.state = to
    refund.waits_for = waits_for
    refund.save()
    counters.count("maritime_refunds", state=to)
