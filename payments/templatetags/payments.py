"""What pages of the floors below show about money."""

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

register = template.Library()
CHECK_FAILED = ("payment_intent_authentication_failure", "authentication_required")
CARD_WRONG = ("expired_card", "incorrect_cvc")
DECLINES: dict[str, "Promise"] = {
    "insufficient_funds": gettext_lazy("The bank says there is not enough money on the account."),
    "card_declined": gettext_lazy("The bank declined the payment."),
    "generic_decline": gettext_lazy("The bank declined the payment."),
    "expired_card": gettext_lazy("The card is no longer valid."),
    "incorrect_cvc": gettext_lazy("The security code of the card is wrong."),
    "payment_intent_authentication_failure": gettext_lazy(
        "The bank could not confirm that it was you."
    ),
    "authentication_required": gettext_lazy("The bank wants to confirm that it is you."),
}


@register.filter
def decline(code: str) -> str:
    """Write the provider's code of a failed payment as a sentence."""
    return str(DECLINES.get(code, _("The payment did not go through.")))


@register.filter
def decline_step(code: str) -> str:
    """Write what a traveller can do after a failed payment, by the provider's code."""
    if code in CHECK_FAILED:
        return _("Try again and confirm the payment in the app of your bank, or use another card.")
    if code in CARD_WRONG:
        return _("Check the figures of the card, or use another one.")
    return _("Use another card or account, or ask your bank why.")
