"""How pages tell what happened to a booking."""

from django import template

from bookings.models import BookingEvent

register = template.Library()
SENTENCES = {
    "held": "Places held",
    "payment_started": "Payment started",
    "paid": "Paid",
    "confirmed": "Confirmed by the ferry company, tickets issued",
    "amendment_requested": "A change was asked for and waits for payment",
    "amended": "Changed",
    "amendment_expired": "The change was not paid in time; the booking stays as it was",
    "amendment_withdrawn": "The change was withdrawn; the booking stays as it was",
    "expired": "The time to pay ended and the places went back on sale",
}
PARTLY_CANCELLED_BY = {"customer": "Partly cancelled by you"}
CANCELLED_BY = {"customer": "Cancelled by you", "system": "Cancelled because of the ferry company"}


@register.filter
def sentence(event: BookingEvent) -> str:
    """Write one event as a traveller reads it; staff are not named."""
    if event.name == "cancelled":
        return CANCELLED_BY.get(event.actor, "Cancelled by our staff")
    if event.name == "items_cancelled":
        return PARTLY_CANCELLED_BY.get(event.actor, "Partly cancelled by our staff")
    return SENTENCES.get(event.name, event.name.replace("_", " ").capitalize())
