"""What this app does when something happens: it asks operators, by durable jobs."""

from typing import Any

from django.dispatch import receiver

from bookings import signals
from bookings.models import Booking
from ferries.models import Operator
from maritime.ops import jobs


@receiver(signals.booking_paid, dispatch_uid="confirm with operator")
def queue_confirmation(sender: Any, *, booking: Booking, **kwargs: Any) -> None:
    """Ask the operator to confirm what is paid."""
    jobs.add(
        "bookings.confirm_booking_with_operator",
        key=f"confirm:{booking.pk}",
        booking_id=booking.pk,
    )


@receiver(signals.booking_cancelled, dispatch_uid="cancel with operator")
@receiver(signals.booking_expired, dispatch_uid="release at operator")
def queue_operator_cancellation(sender: Any, *, booking: Booking, **kwargs: Any) -> None:
    """Give remote legs back to their operators; our own space is free already."""
    if booking.legs.exclude(operator__adapter=Operator.Adapter.LOCAL).exists():
        jobs.add(
            "bookings.cancel_booking_with_operator",
            key=f"operator-cancel:{booking.pk}:{booking.version}",
            booking_id=booking.pk,
        )
