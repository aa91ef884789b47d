"""News of payments that did not go through: one for a burst of declined cards."""

from datetime import datetime, timedelta

from payments import signals
from payments.models import Payment

# Several cards declined in a row are one piece of news for the customer.
BURST = timedelta(minutes=10)


def tell_failure(payment: Payment, *, now: datetime) -> None:
    """Remember that a locked payment has just failed; sends payment_failed unless it did lately."""
    is_news = payment.last_failed_at is None or now - payment.last_failed_at > BURST
    payment.last_failed_at = now
    payment.save(update_fields=["failures", "last_failed_at", "updated_at"])
    if is_news:
        signals.payment_failed.send(sender=Payment, payment=payment)
