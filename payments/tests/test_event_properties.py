"""Whatever order, doubling, loss and delay the events of a payment have: the end is the same."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops.models import StaffTask
from payments.models import Payment, Refund, WebhookEvent
from payments.operations.events import process_event, read_event, store_event
from payments.operations.settle import settle
from payments.tests.makers import at_provider, dashboard_refund, event, opened

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
KINDS = {
    "requires_payment_method": "payment_intent.payment_failed",
    "requires_action": "payment_intent.requires_action",
    "processing": "payment_intent.processing",
    "succeeded": "payment_intent.succeeded",
    "canceled": "payment_intent.canceled",
}
# What remains, for each end at the provider: state, captured and counted of the payment, state and
# paid of the booking, and the tasks for staff.
ENDS = {
    "succeeded": ("succeeded", 1000, True, "paid", 1000, 0),
    "wrong amount": ("quarantined", 999, False, "payment_pending", 0, 1),
    "canceled": ("canceled", 0, False, "payment_pending", 0, 0),
    "processing": ("processing", 0, False, "payment_pending", 0, 0),
    "requires_payment_method": ("open", 0, False, "payment_pending", 0, 0),
}
MIDDLE = st.lists(
    st.sampled_from(["requires_payment_method", "requires_action", "processing"]), max_size=3
)
PROPERTY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class World:
    """A payment at the provider, the events of it, and a clock that only goes on."""

    def __init__(self, draw: Callable) -> None:
        self._draw = draw
        self.now: datetime = clock.now()
        self.payment = opened(now=self.now)
        self.stored: list[str] = []

    def reach(self, status: str) -> None:
        """Let the intent come to a status, and store the event that tells of it."""
        received = {"succeeded": 1000, "wrong amount": 999}.get(status, 0)
        status = "succeeded" if status == "wrong amount" else status
        at_provider(self.payment, status=status, amount_received=received)
        self.store(KINDS[status])

    def store(self, kind: str) -> None:
        facts = read_event(json.dumps(event(self.payment, kind)).encode())
        store_event(facts, now=self.now)
        self.stored.append(facts.event_id)

    def process_some(self) -> None:
        """Process any of the stored events, earlier ones again, some seconds apart."""
        for event_id in self._draw(st.lists(st.sampled_from(self.stored), max_size=3)):
            self.process(event_id)

    def process_rest(self) -> None:
        """Process all in any order; what was lost on the way is made good by a look."""
        order = self._draw(st.permutations(self.stored))
        lost = self._draw(st.sets(st.sampled_from(order)))
        for event_id in order:
            if event_id not in lost:
                self.process(event_id)
        if lost:
            settle(self.payment.pk, now=self.now + SECOND)

    def process(self, event_id: str) -> None:
        self.now += self._draw(st.integers(0, 20)) * SECOND
        process_event(event_id, now=self.now)

    def end(self) -> tuple[str, int, bool, str, int, int]:
        """Return what must not depend on the way of the events."""
        payment = Payment.objects.get(pk=self.payment.pk)
        booking = Booking.objects.get(pk=payment.booking_id)
        tasks = StaffTask.objects.filter(key=f"payment:{payment.public_id}").count()
        return (
            payment.state, payment.captured, payment.counted, booking.state, booking.paid, tasks,
        )  # fmt: skip


@PROPERTY
@given(data=st.data(), middle=MIDDLE, last=st.sampled_from(sorted(ENDS)))
def test_the_end_is_the_same_whatever_way_the_events_take(data, middle, last):
    world = World(data.draw)
    for status in (*middle, last):
        world.reach(status)
        world.process_some()

    world.process_rest()

    assert world.end() == ENDS[last]
    told = WebhookEvent.objects.filter(event_id__in=world.stored, state="failed")
    assert told.count() == 0


@PROPERTY
@given(data=st.data(), amounts=st.lists(st.integers(1, 250), min_size=1, max_size=4))
def test_refunds_of_the_dashboard_count_once_whatever_way_the_events_take(data, amounts):
    world = World(data.draw)
    world.reach("succeeded")
    for amount in amounts:
        dashboard_refund(world.payment, amount)
        world.store(data.draw(st.sampled_from(["charge.refunded", "refund.created"])))
        world.process_some()

    for event_id in data.draw(st.permutations(world.stored)):
        world.process(event_id)

    payment = Payment.objects.get(pk=world.payment.pk)
    refunds = Refund.objects.filter(payment=payment)
    assert sorted(refund.amount for refund in refunds) == sorted(amounts)
    assert {refund.state for refund in refunds} == {"succeeded"}
    assert payment.refunded == sum(amounts)
    assert Booking.objects.get(pk=payment.booking_id).refunded == sum(amounts)
