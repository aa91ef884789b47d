"""What pages of the floors below show about money."""

from typing import Any

from django import template

from bookings.models import Booking
from payments.models import Refund
from payments.queries import refunds_of, vouchers_of

register = template.Library()
STATES = {
    Refund.State.REQUESTED: "on its way",
    Refund.State.PENDING: "on its way, your bank may take some days",
    Refund.State.SUCCEEDED: "sent back",
    Refund.State.FAILED: "did not arrive; our staff take care of it",
    Refund.State.CANCELED: "did not arrive; our staff take care of it",
}
DECLINES = {
    "insufficient_funds": "The bank says there is not enough money on the account.",
    "card_declined": "The bank declined the payment.",
    "generic_decline": "The bank declined the payment.",
    "expired_card": "The card is no longer valid.",
    "incorrect_cvc": "The security code of the card is wrong.",
    "payment_intent_authentication_failure": "The bank could not confirm that it was you.",
    "authentication_required": "The bank wants to confirm that it is you.",
}


@register.inclusion_tag("payments/_refunds.html")
def refund_history(booking: Booking) -> dict[str, Any]:
    """Show each refund with its state, also of money that came too late to pay; 1 query."""
    refunds = refunds_of(booking)
    rows = [(refund, _how(refund)) for refund in refunds]
    return {"rows": rows, "currency": booking.currency}


@register.inclusion_tag("payments/_vouchers.html")
def vouchers(booking: Booking) -> dict[str, Any]:
    """Show the vouchers that cancellations of the booking issued; 1 query."""
    return {"rows": vouchers_of(booking)}


@register.filter
def decline(code: str) -> str:
    """Write the provider's code of a failed payment as a sentence."""
    return DECLINES.get(code, "The payment did not go through.")


def _how(refund: Refund) -> str:
    if refund.voucher_id:
        return "as a voucher"
    if refund.payment.voucher_id and refund.state == Refund.State.SUCCEEDED:
        return "back on the voucher that paid"
    return STATES[Refund.State(refund.state)]
