"""What only the provider knows of an open payment; nothing is changed by looking."""

from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateways import gateway
from payments.models import Payment

ASKS_BANK = "requires_action"


def awaits_bank_check(payment: Payment) -> bool:
    """Tell whether the customer's bank waits for the customer (3-D Secure).

    Asks the provider; False while it does not answer. Never call it inside a transaction.
    """
    provider = gateway()
    is_open = payment.state == Payment.State.OPEN and payment.gateway == provider.code
    if not is_open or payment.intent_id is None:
        return False
    try:
        return provider.retrieve_intent(payment.intent_id).status == ASKS_BANK
    except (ProviderRefused, ProviderUnavailable):
        return False
