"""What can go wrong with money."""

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from maritime.lib.errors import MaritimeError
from maritime.lib.local import day_text, money_text


class PaymentsNotConfigured(MaritimeError):
    """Neither Stripe keys nor the demo gateway are set."""

    code = "payments_not_configured"
    user_message = _("Payments are switched off at the moment. Please try again later.")
    status = 503


class ProviderUnavailable(MaritimeError):
    """The provider did not answer, or nobody can know what it did. The same call may be repeated."""

    code = "payment_provider_unavailable"
    user_message = _("The payment service does not answer at the moment. Please try again.")
    status = 503
    permanent = False


class ProviderRefused(MaritimeError):
    """The provider understood and said no; nothing happened. `reason` is the provider's code."""

    code = "payment_provider_refused"
    user_message = _("The payment service did not accept this. Please contact us.")
    status = 502

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason

    @property
    def is_missing(self) -> bool:
        """Tell whether the provider knows no such object."""
        return self.reason == "resource_missing"


class AmountNotPayable(MaritimeError):
    """The provider cannot charge this amount; `smallest` (minor units) is the next that it can."""

    code = "amount_not_payable"
    status = 409

    def __init__(self, *, amount: int, smallest: int, currency: str) -> None:
        super().__init__(
            gettext(
                "%(amount)s cannot be paid by card or bank; the smallest sum from there on is "
                "%(smallest)s. Please pay with a voucher or contact us."
            )
            % {
                "amount": money_text(amount, currency),
                "smallest": money_text(smallest, currency),
            },
            amount=amount,
            smallest=smallest,
            currency=currency,
        )


class WrongMove(MaritimeError):
    """A payment or refund cannot go from its state to the wanted one."""

    code = "wrong_payment_state"
    user_message = _("This is not possible in the present state of the payment.")
    status = 409


class PaymentClosed(MaritimeError):
    """The payment ended while the customer was on the way to it."""

    code = "payment_closed"
    user_message = _("This payment is closed. Please look at your booking and start again.")
    status = 409


class UnknownPayment(MaritimeError):
    """An event names a payment of ours that is not here; it may have overtaken our own commit."""

    code = "unknown_payment"
    user_message = _("There is no such payment.")
    status = 404
    permanent = False


class NothingToRefund(MaritimeError):
    """No money is left to give back, or the amount is not above zero."""

    code = "nothing_to_refund"
    user_message = _("There is nothing to refund.")
    status = 409


class RefundTooLarge(MaritimeError):
    """More than what is left; `left` says how much that is, in minor units."""

    code = "refund_too_large"
    user_message = _("The refund is larger than what is left of the payment.")
    status = 409

    def __init__(self, left: int) -> None:
        super().__init__(left=left)


class RequestKeyReused(MaritimeError):
    """The key opened a refund of another amount before."""

    code = "request_key_reused"
    user_message = _("This request key was used for another refund. Send a new key.")
    status = 422


class RefundBlocked(MaritimeError):
    """A dispute of the payment is open; what is given back now would be lost twice."""

    code = "refund_blocked"
    user_message = _(
        "The payment is disputed. Nothing can be refunded until the dispute is closed."
    )
    status = 409


class OwnRefund(MaritimeError):
    """The second pair of eyes belongs to somebody else than who asked for the refund."""

    code = "own_refund"
    user_message = _("Somebody else must approve a refund that you asked for.")
    status = 403


class RefundsDisagree(MaritimeError):
    """The provider gave back more than our books allow right now; looked at again later."""

    code = "refunds_disagree"
    user_message = _("The refunds of this payment do not agree with the payment service.")
    status = 409
    permanent = False


class VoucherRefused(MaritimeError):
    """A voucher that cannot pay this booking; the sentence says why."""

    code = "voucher_refused"
    user_message = _("This voucher cannot pay this booking.")
    status = 409


class VoucherUnknown(VoucherRefused):
    """There is no voucher with this code."""

    code = "voucher_unknown"
    user_message = _("We know no voucher with this code. Check the code and try again.")
    status = 404


class VoucherExpired(VoucherRefused):
    """Its time is over; `expires_at` says since when."""

    code = "voucher_expired"
    user_message = _("This voucher has run out.")

    def __init__(self, expires_at: datetime) -> None:
        moment = expires_at.isoformat().replace("+00:00", "Z")
        super().__init__(
            gettext("This voucher ran out on %(day)s. Please pay in another way.")
            % {"day": day_text(expires_at)},
            expires_at=moment,
        )


class VoucherCurrency(VoucherRefused):
    """The voucher is of another currency than the booking; nothing is converted."""

    code = "voucher_currency"

    def __init__(self, *, voucher: str, booking: str) -> None:
        super().__init__(
            gettext(
                "This voucher is in %(voucher)s, the booking in %(booking)s. Please pay in another "
                "way."
            )
            % {"voucher": voucher, "booking": booking},
            voucher_currency=voucher,
            currency=booking,
        )


class VoucherTooSmall(VoucherRefused):
    """Less is `left` on the voucher than is `due`, in minor units."""

    code = "voucher_too_small"

    def __init__(self, *, left: int, due: int, currency: str) -> None:
        super().__init__(
            gettext(
                "This voucher covers %(left)s of %(due)s; a voucher must cover the whole sum. "
                "Please pay in another way."
            )
            % {"left": money_text(left, currency), "due": money_text(due, currency)},
            left=left,
            due=due,
            currency=currency,
        )


class WebhookRefused(MaritimeError):
    """A request to the webhook address that is not a signed event."""

    code = "webhook_refused"
    user_message = _("This is not a signed event.")
    status = 400


class WrongMethod(WebhookRefused):
    """Only POST is allowed."""

    code = "method_not_allowed"
    user_message = _("Send events by POST.")
    status = 405


class BodyTooLarge(WebhookRefused):
    """The body is above the cap."""

    code = "body_too_large"
    user_message = _("The event is too large.")
    status = 413


class BadSignature(WebhookRefused):
    """The signature is missing, wrong, too old or from the future."""

    code = "bad_signature"
    user_message = _("The signature of the event is missing, wrong or not of this moment.")


class TooManyRefused(WebhookRefused):
    """The address sent too many requests that were not signed; `retry_after` is in seconds."""

    code = "throttled"
    user_message = _("Too many requests from this address were not signed. Please wait.")
    status = 429
    permanent = False

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class IntakeDown(MaritimeError):
    """The database does not take the event; the provider sends it again."""

    code = "not_stored"
    user_message = _("The event could not be stored. Please send it again.")
    status = 503
    permanent = False


class BadEvent(WebhookRefused):
    """Signed, but not a snapshot event."""

    code = "bad_event"
    user_message = _("The signed text is not an event of the kind that this address takes.")


class UnknownOutcome(MaritimeError):
    """The demo gateway knows no such outcome, or the payment has nothing to play with."""

    code = "unknown_outcome"
    user_message = _("The demo knows no such outcome.")
    status = 404


class NoSuchDispute(MaritimeError):
    """The booking has no open dispute at the demo gateway."""

    code = "no_such_dispute"
    user_message = _("This booking has no open demo dispute.")
    status = 404


class NothingPaid(MaritimeError):
    """There is no receipt before any money came."""

    code = "nothing_paid"
    user_message = _("Nothing has been paid for this booking yet, so there is no receipt.")
    status = 404
