"""Keep the booking's own sum of refunds in step with payments."""

from bookings import queries


def record_refund(booking_id: int, *, amount_change: int) -> None:
    """Add to what the customer got back (minor units; negative when a refund failed).

    Runs inside the caller's transaction and locks the booking, so the caller locks it before its
    payment (order: booking, pools, payment). The CHECK `booking_refund_within_paid` is the last
    word. Raises BookingNotFound.
    """
    booking = queries.booking_for_update(booking_id)
    booking.refunded += amount_change
    booking.version += 1
    booking.save(update_fields=["refunded", "version", "updated_at"])
