"""Two hundred times at the same moment: hold expiry, success event, return page, cancellation.

Each has a thread and a connection of its own, and all wait for each other. In half of the rounds
the hold is over and somebody else wants the places, too.
"""

import threading
import time
from collections import Counter
from contextlib import suppress
from unittest import mock

from django.core.cache import cache
from django.db import connection

from bookings.models import Booking
from bookings.operations.cancel import cancel_booking, quote_cancellation
from bookings.operations.expire import expire_holds
from bookings.operations.hold import hold_booking
from bookings.tests.makers import people, request
from ferries import inventory
from ferries.errors import NotBookable
from ferries.models import CapacityClaim, CapacityPool
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from payments.models import Payment
from payments.operations import settle
from payments.tests.money import checks
from payments.tests.money.clockwork import at_once, wipe
from payments.tests.money.steps import Story

BATCHES, BATCH = 10, 20
CONTROL_BATCH = 8
PLACES = 2
WAIT_SECONDS = 5


class Round:
    """One booking whose money has just arrived at the provider, and everybody who acts on it."""

    def __init__(self, provider, *, is_late: bool) -> None:
        self.is_late = is_late
        self.story = Story(provider, mute=True)
        self.story.tell("hold; start; pay")
        self.events = provider.books.events.take()
        self.quote = None
        if not is_late:
            booking = self.story.booking
            booking.refresh_from_db()
            self.quote = quote_cancellation(booking, now=clock.now())

    def meet(self) -> None:
        """Let all act at the same moment; database errors and anything unexpected are raised."""
        acts = [self.expire, self.tell, self.come_back]
        acts.append(self.want_the_places if self.is_late else self.cancel)
        gate = threading.Barrier(len(acts), timeout=30)

        def waiting(act):
            def run():
                gate.wait()
                act()

            return run

        at_once(*[waiting(act) for act in acts])

    def expire(self) -> None:
        expire_holds(now=clock.now())

    def tell(self) -> None:
        self.story.post_all(self.events)
        self.story.work()

    def come_back(self) -> None:
        self.story.returns()

    def cancel(self) -> None:
        with suppress(MaritimeError):
            cancel_booking(
                self.story.booking.pk,
                token=self.quote.token,
                expected_refund=self.quote.refund,
                expected_charge=self.quote.charge,
                actor="customer",
                now=clock.now(),
            )

    def want_the_places(self) -> None:
        with suppress(NotBookable):
            wanted = request(self.story.sailing, travellers=people(PLACES), surname="Rival")
            hold_booking(wanted, now=clock.now())

    def end(self) -> str:
        """Run the jobs and return how it ended: state, money that is kept, and who has the places."""
        self.story.workers.run_all()
        booking = self.story.booking
        booking.refresh_from_db()
        payment = Payment.objects.get(booking=booking)
        rivals = Booking.objects.filter(contact_surname="Rival", legs__sailing=self.story.sailing)
        end = f"{booking.state} {payment.captured - payment.refunded}"
        return f"{end}, rival" if rivals.exists() else end


def oversold() -> list[str]:
    return [
        f"{pool.resource} {pool.used} of {pool.authorised}"
        for pool in CapacityPool.objects.all()
        if pool.used > pool.authorised or pool.used != claimed(pool)
    ]


def claimed(pool: CapacityPool) -> int:
    claims = CapacityClaim.objects.filter(pool=pool, state__in=["held", "confirmed"])
    return sum(claims.values_list("amount", flat=True))


def play(provider, count: int) -> tuple[Counter, list[str]]:
    """Play a batch of rounds on empty tables; return how they ended and what is wrong then."""
    wipe()
    provider.reset()
    cache.clear()
    rounds = [Round(provider, is_late=True) for _ in range(count // 2)]
    rounds[0].story.wait("16")
    rounds += [Round(provider, is_late=False) for _ in range(count // 2)]
    ends: Counter = Counter()
    for each in rounds:
        each.meet()
        ends[each.end()] += 1
    return ends, [*checks.faults_of_money(provider), *oversold()]


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


GOOD_ENDS = {
    # The customer cancelled before or after the money was counted, or lost the race.
    "cancelled 0",
    "confirmed 1000",
    # The rival was quicker, or was not.
    "expired 0, rival",
}


def test_never_money_without_places_nor_places_without_money(transactional_db, provider):
    before = deadlocks()
    ends: Counter = Counter()

    for _ in range(BATCHES):
        batch_ends, faults = play(provider, BATCH)
        assert faults == [], batch_ends
        ends += batch_ends

    assert set(ends) <= GOOD_ENDS, ends
    assert ends.total() == BATCHES * BATCH
    assert deadlocks() == before


def test_the_race_sees_money_that_is_kept_for_nothing(transactional_db, provider):
    """The control: nobody opens the refund of money that came for nothing."""
    with mock.patch.object(settle, "open_refund"):
        ends, faults = play(provider, CONTROL_BATCH)

    assert any("kept" in fault for fault in faults), ends


def test_the_race_sees_a_hold_that_ends_after_it_was_paid(transactional_db, provider):
    """The control: a sweep that reads, waits until the money was taken in, and writes."""

    def expire_carelessly(*, now):
        overdue = list(Booking.objects.filter(state="payment_pending", expires_at__lte=now))
        for booking in overdue:
            end = time.monotonic() + WAIT_SECONDS
            rows = Booking.objects.filter(pk=booking.pk)
            while time.monotonic() < end and not rows.filter(state="confirmed").exists():
                time.sleep(0.01)
            inventory.release(booking.public_id, now=now)
            rows.update(state="expired")

    with mock.patch(f"{__name__}.expire_holds", expire_carelessly):
        ends, faults = play(provider, 2)

    assert any("kept" in fault or "without places" in fault for fault in faults), ends
