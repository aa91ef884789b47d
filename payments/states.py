"""The states of payments and refunds, the moves between them, and the only writers of `state`."""

from payments.errors import WrongMove
from payments.models import Payment, Refund

_P = Payment.State
_R = Refund.State

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
    _R.REQUESTED: frozenset({_R.PENDING, _R.SUCCEEDED, _R.FAILED, _R.CANCELED}),
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELED}),
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset(),
    _R.CANCELED: frozenset(),
}
OPEN_PAYMENT = (_P.OPEN, _P.PROCESSING)
HOLDS_MONEY = (_P.SUCCEEDED, _P.QUARANTINED)
OPEN_REFUND = (_R.REQUESTED, _R.PENDING)
LOST_REFUND = (_R.FAILED, _R.CANCELED)


def payment_may(payment: Payment, to: str) -> bool:
    """Tell whether the payment may move to the state."""
    return to in PAYMENT_MOVES[payment.state]


def refund_may(refund: Refund, to: str) -> bool:
    """Tell whether the refund may move to the state."""
    return to in REFUND_MOVES[refund.state]


def move_payment(payment: Payment, to: str) -> None:
    """Save a locked payment in its new state, with its other changes; may raise WrongMove."""
    if not payment_may(payment, to):
        raise WrongMove
    payment.state = to
    payment.save()


def move_refund(refund: Refund, to: str) -> None:
    """Save a refund, whose payment is locked, in its new state; may raise WrongMove."""
    if not refund_may(refund, to):
        raise WrongMove
    refund.state = to
    refund.save()
