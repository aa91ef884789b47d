"""What can go wrong with money."""

from maritime.lib.errors import MaritimeError


class PaymentsNotConfigured(MaritimeError):
    """Neither Stripe keys nor the demo gateway are set."""

    code = "payments_not_configured"
    user_message = "Payments are switched off at the moment. Please try again later."
    status = 503


class ProviderUnavailable(MaritimeError):
    """The provider did not answer, or nobody can know what it did. The same call may be repeated."""

    code = "payment_provider_unavailable"
    user_message = "The payment service does not answer at the moment. Please try again."
    status = 503
    permanent = False


class ProviderRefused(MaritimeError):
    """The provider understood and said no; nothing happened. `reason` is the provider's code."""

    code = "payment_provider_refused"
    user_message = "The payment service did not accept this. Please contact us."
    status = 502

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class WrongMove(MaritimeError):
    """A payment or refund cannot go from its state to the wanted one."""

    code = "wrong_payment_state"
    user_message = "This is not possible in the present state of the payment."
    status = 409


class PaymentClosed(MaritimeError):
    """The payment ended while the customer was on the way to it."""

    code = "payment_closed"
    user_message = "This payment is closed. Please look at your booking and start again."
    status = 409


class UnknownPayment(MaritimeError):
    """An event names a payment of ours that is not here; it may have overtaken our own commit."""

    code = "unknown_payment"
    user_message = "There is no such payment."
    status = 404
    permanent = False


class NothingToRefund(MaritimeError):
    """No money is left to give back, or the amount is not above zero."""

    code = "nothing_to_refund"
    user_message = "There is nothing to refund."
    status = 409


class RefundTooLarge(MaritimeError):
    """More than what is left; `left` says how much that is, in minor units."""

    code = "refund_too_large"
    user_message = "The refund is larger than what is left of the payment."
    status = 409

    def __init__(self, left: int) -> None:
        super().__init__(left=left)


class RequestKeyReused(MaritimeError):
    """The key opened a refund of another amount before."""

    code = "request_key_reused"
    user_message = "This request key was used for another refund. Send a new key."
    status = 422


class RefundsDisagree(MaritimeError):
    """The provider gave back more than our books allow right now; looked at again later."""

    code = "refunds_disagree"
    user_message = "The refunds of this payment do not agree with the payment service."
    status = 409
    permanent = False


class WebhookRefused(MaritimeError):
    """A request to the webhook address that is not a signed event."""

    code = "webhook_refused"
    user_message = "This is not a signed event."
    status = 400


class WrongMethod(WebhookRefused):
    """Only POST is allowed."""

    code = "method_not_allowed"
    user_message = "Send events by POST."
    status = 405


class BodyTooLarge(WebhookRefused):
    """The body is above the cap."""

    code = "body_too_large"
    user_message = "The event is too large."
    status = 413


class BadSignature(WebhookRefused):
    """The signature is missing, wrong, too old or from the future."""

    code = "bad_signature"
    user_message = "The signature of the event is missing, wrong or not of this moment."


class BadEvent(WebhookRefused):
    """Signed, but not a snapshot event."""

    code = "bad_event"
    user_message = "The signed text is not an event of the kind that this address takes."


class UnknownOutcome(MaritimeError):
    """The demo gateway knows no such outcome, or the payment has nothing to play with."""

    code = "unknown_outcome"
    user_message = "The demo knows no such outcome."
    status = 404
