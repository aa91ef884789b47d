"""Reminders before departure: one for each leg, a day ahead."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat

from bookings.models import Booking, JourneyLeg
from notifications import outbox
from notifications.models import Message

AHEAD = timedelta(hours=24)
# Who books this late has just got the tickets.
FRESH = timedelta(hours=24)
BATCH = 500


def remind_of_departures(*, now: datetime) -> int:
    """Queue a reminder for each confirmed leg that departs within 24 hours; return how many.

    Once for each leg; a change of its times has a mail of its own. Bookings that
    were made within the last day get none.
    """
    key = Concat(Value("reminder:"), Cast("pk", TextField()), Value(":1"), output_field=TextField())
    legs = (
        JourneyLeg.objects.filter(
            booking__state=Booking.State.CONFIRMED,
            booking__created_at__lte=now - FRESH,
            departs_at__gt=now,
            departs_at__lte=now + AHEAD,
        )
        .exclude(operator_state=JourneyLeg.OperatorState.CANCELLED)
        .annotate(key=key)
        .exclude(Exists(Message.objects.filter(key=OuterRef("key"))))
        .select_related("booking")
        .order_by("departs_at", "pk")[:BATCH]
    )
    with transaction.atomic():
        for leg in legs:
            outbox.queue(
                Message.Kind.DEPARTURE_REMINDER,
                booking=leg.booking,
                subject_key=f"reminder:{leg.pk}",
                leg=leg.pk,
            )
    return len(legs)
