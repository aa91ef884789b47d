"""What pages of the floors below show about money."""

from typing import Any

from django import template

from bookings.models import Booking
from payments.queries import vouchers_of
from payments.telling import charged_back_of, told_refunds

register = template.Library()
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
    return {
        "rows": told_refunds(booking),
        "charged_back": charged_back_of(booking),
        "currency": booking.currency,
    }


@register.inclusion_tag("payments/_vouchers.html")
def vouchers(booking: Booking) -> dict[str, Any]:
    """Show the vouchers that cancellations of the booking issued; 1 query."""
    return {"rows": vouchers_of(booking)}


@register.filter
def decline(code: str) -> str:
    """Write the provider's code of a failed payment as a sentence."""
    return DECLINES.get(code, "The payment did not go through.")
