"""A family with car, cabin and dog on its way there and back, and what happens to it."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Sum

from bookings import signals
from bookings.models import Booking, Ticket
from bookings.operations.cancel import Selection, cancel_booking, quote_cancellation
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import Wishes, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests.makers import CAR, offer_of, pay, people, request
from ferries.models import CapacityPool, Sailing
from ferries.tests import makers

# All of the family, on its way there (1) and back (2).
ALL_TICKETS = {(leg, item) for leg in (1, 2) for item in ("p0", "p1", "p2", "v0")}


def ships(**values) -> tuple[Sailing, Sailing]:
    """Return a sailing there and one back a day later, with cabins for 4 and a kennel each."""
    there = makers.sailing(**values)
    ports = makers.port("BBB"), makers.port("AAA")
    back = makers.sailing(*ports, departs_at=there.departs_at + timedelta(days=1), **values)
    for run in (there, back):
        makers.accommodation(run, "inside", units=5, places=4, amount=4000)
        makers.pet_space(run, "kennel", places=3, amount=500)
    return there, back


def wish(*runs: Sailing, travellers=None, vehicles=(CAR,), pets=("kennel",), cabins=("inside",)):
    plain = request(*runs, travellers=travellers or people(2, 1), vehicles=vehicles)
    legs = tuple(LegWish(offer_of(run), cabins) for run in runs)
    return replace(plain, legs=legs, wishes=Wishes(pets=pets))


def family(*runs: Sailing, now: datetime, **wishes) -> Booking:
    """Return a confirmed booking: on each leg p0 0, p1 1000, p2 500, v0 2500, a0 4000, x0 500."""
    booking = hold_booking(wish(*runs, **wishes), now=now)
    assert pay(booking, now=now) == "paid"
    confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    return booking


def cancel(booking: Booking, *items: str, legs=(), now: datetime) -> Booking:
    """Cancel as a customer does: ask, look, agree."""
    booking.refresh_from_db()
    quote = quote_cancellation(booking, selection=Selection(tuple(legs), items), now=now)
    return agree(booking, quote, now=now)


def agree(booking: Booking, quote, *, now: datetime) -> Booking:
    return cancel_booking(
        booking.pk,
        token=quote.token,
        expected_refund=quote.refund,
        expected_charge=quote.charge,
        actor="customer",
        now=now,
    )


def before(sailing: Sailing, hours: int) -> datetime:
    return sailing.departs_at - timedelta(hours=hours)


def pools(*runs: Sailing) -> dict[tuple[int, str], int]:
    """Return what is used of each resource, by the number of the sailing; nothing for 0."""
    rows = CapacityPool.objects.filter(sailing__in=runs, used__gt=0)
    numbers = {run.pk: number for number, run in enumerate(runs, start=1)}
    return {(numbers[row.sailing_id], row.resource): row.used for row in rows}


def tickets(booking: Booking) -> set[tuple[int, str]]:
    """Return leg and item of each valid ticket."""
    found = Ticket.objects.filter(leg__booking=booking, voided_at=None).select_related(
        "leg", "passenger", "vehicle"
    )
    return {(one.leg.position + 1, (one.passenger or one.vehicle).item) for one in found}


def live_sum(booking: Booking) -> int:
    return booking.items.filter(cancelled_at=None).aggregate(sum=Sum("amount"))["sum"] or 0


class Refunds:
    """What the cancellations of a test owe, as payments hears it."""

    def __init__(self) -> None:
        self.due: list[int] = []
        self.vouchers: list[int] = []
        self.reasons: list[str] = []

    def hear(self, sender, *, refund_due, voucher_due, reason, **kwargs):
        self.due.append(refund_due)
        self.vouchers.append(voucher_due)
        self.reasons.append(reason)

    def __enter__(self) -> "Refunds":
        signals.items_cancelled.connect(self.hear)
        signals.booking_cancelled.connect(self.hear)
        return self

    def __exit__(self, *exc) -> None:
        signals.items_cancelled.disconnect(self.hear)
        signals.booking_cancelled.disconnect(self.hear)
