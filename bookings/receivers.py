"""What this app does when something happens: it asks operators, by durable jobs."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bookings import signals
from bookings.models import Booking
from bookings.operations import amend, disrupt
from bookings.operations.unreachable import ATTEMPTS
from ferries.models import Operator, Sailing
from ferries.operations.swap_vessel import SwapPlan
from ferries.signals import sailing_changed, sailings_rescheduled
from maritime.lib import clock
from maritime.ops import jobs


@receiver(signals.booking_paid, dispatch_uid="confirm with operator")
def queue_confirmation(sender: Any, *, booking: Booking, **kwargs: Any) -> None:
    """Ask the operator to confirm what is paid."""
    jobs.add(
        "bookings.confirm_booking_with_operator",
        key=f"confirm:{booking.pk}",
        max_attempts=ATTEMPTS,
        booking_id=booking.pk,
    )


@receiver(signals.booking_cancelled, dispatch_uid="withdraw amendment")
@receiver(signals.items_cancelled, dispatch_uid="withdraw amendment of the whole")
def withdraw_amendment(sender: Any, *, booking: Booking, **kwargs: Any) -> None:
    """End the change that waits for payment: it was worked out for the booking as it was."""
    amend.withdraw_outstanding(booking, now=clock.now())


@receiver(signals.booking_cancelled, dispatch_uid="cancel with operator")
@receiver(signals.items_cancelled, dispatch_uid="cancel leg with operator")
@receiver(signals.booking_expired, dispatch_uid="release at operator")
def queue_operator_cancellation(sender: Any, *, booking: Booking, **kwargs: Any) -> None:
    """Give remote legs back to their operators; our own space is free already."""
    if booking.legs.exclude(operator__adapter=Operator.Adapter.LOCAL).exists():
        jobs.add(
            "bookings.cancel_booking_with_operator",
            key=f"operator-cancel:{booking.pk}:{booking.version}",
            max_attempts=ATTEMPTS,
            booking_id=booking.pk,
        )


@receiver(sailing_changed, dispatch_uid="disruptions of a swap")
def open_disruptions(
    sender: Any, *, sailing: Sailing, plan: SwapPlan, actor: str, now: datetime, **kwargs: Any
) -> None:
    """Record what does not fit at once; tell all other bookings of the sailing one by one."""
    disrupt.open_disruptions(sailing, plan, now=now)
    jobs.add(
        "bookings.record_vessel_change",
        key=f"vessel-change:{sailing.pk}:{sailing.version}",
        sailing_id=sailing.pk,
        version=sailing.version,
        actor=actor,
    )


@receiver(sailings_rescheduled, dispatch_uid="new times")
def record_new_times(sender: Any, *, sailing_ids: list[int], **kwargs: Any) -> None:
    """Write the new times into bookings by jobs of their own: an import has much to do already."""
    moments = Sailing.objects.filter(pk__in=sailing_ids).values_list("pk", "timetable_hash")
    for sailing_id, timetable in moments:
        jobs.add(
            "bookings.record_new_times",
            key=f"new-times:{sailing_id}:{timetable}",
            sailing_id=sailing_id,
        )
