"""How pages tell what happened to a booking."""

from django import template

from bookings.models import BookingEvent

register = template.Library()
SENTENCES = {
    "held": "Places held",
    "payment_started": "Payment started",
    "paid": "Paid",
    "confirmed": "Confirmed by the ferry company, tickets issued",
    "expired": "The time to pay ended and the places went back on sale",
}
CANCELLED_BY = {"customer": "Cancelled by you", "system": "Cancelled because of the ferry company"}


@register.filter
def sentence(event: BookingEvent) -> str:
    """Write one event as a traveller reads it; staff are not named."""
    if event.name == "cancelled":
        return CANCELLED_BY.get(event.actor, "Cancelled by our staff")
    return SENTENCES.get(event.name, event.name.replace("_", " ").capitalize())
