"""The bare hold and its confirmation, as `performance.md` section 4 measured them through the ORM.

Two transactions: booking, two passengers, outbox row and last the conditional UPDATE; then the
locked booking, a payment row and a second outbox row. No price, no plan, no claims, no tickets.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import get_random_string

from bench.models import Booking, HotRow, Outbox, Passenger, Payment
from bench.tasks import relayed
from maritime.lib import clock

PARTY = 2
BATCH = 100
WAITING = 2000


class SoldOut(Exception):
    """The hot row has no space left."""


def new_row(authorised: int = 1_000_000_000) -> HotRow:
    """Return a row with so much to sell."""
    return HotRow.objects.create(authorised=authorised)


def hold(row_id: int) -> int:
    """Hold two places and return the booking's key; raises SoldOut."""
    with transaction.atomic():
        booking = Booking.objects.create(
            sailing_id=row_id,
            reference=get_random_string(12),
            total=2000,
            email="alice@example.org",
            expires_at=clock.now() + timedelta(minutes=15),
        )
        Passenger.objects.bulk_create(
            Passenger(booking=booking, given_name="Alice", surname="Bench") for _ in range(PARTY)
        )
        Outbox.objects.create(booking=booking, kind="held")
        row = HotRow.objects.filter(pk=row_id, used__lte=F("authorised") - PARTY)
        if not row.update(used=F("used") + PARTY):
            raise SoldOut
    return booking.pk


def confirm(booking_id: int) -> None:
    """Take the money for a held booking."""
    with transaction.atomic():
        booking = Booking.objects.select_for_update().get(pk=booking_id)
        Payment.objects.create(booking=booking, amount=booking.total)
        booking.state, booking.expires_at = "confirmed", None
        booking.save(update_fields=["state", "expires_at"])
        Outbox.objects.create(booking=booking, kind="confirmed")


def queue(booking_id: int) -> None:
    """Write one outbox row."""
    Outbox.objects.create(booking_id=booking_id, kind="mail")


def fill_outbox() -> None:
    """Leave rows that wait for the relay."""
    booking_id = hold(new_row().pk)
    Outbox.objects.all().delete()
    Outbox.objects.bulk_create(Outbox(booking_id=booking_id, kind="mail") for _ in range(WAITING))


def relay() -> int:
    """Publish a batch of waiting rows, mark it, and return how many there were."""
    with transaction.atomic():
        rows = list(
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(sent=False)
            .order_by("pk")[:BATCH]
        )
        for row in rows:
            relayed.delay(row.pk)
        Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(sent=True)
    return len(rows)
