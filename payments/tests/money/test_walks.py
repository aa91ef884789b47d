"""Random walks: whatever happens in whatever order, the books end as the provider's.

Steps that are not possible where a walk stands are left out. Events come in order, reversed,
doubled, in part or not at all; after the walk none comes, and a day of sweeps has to do.
"""

import random
from contextlib import suppress
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import Booking
from maritime.lib.errors import MaritimeError
from payments import ledger
from payments.operations import send
from payments.tests.money import checks
from payments.tests.money.clockwork import wipe
from payments.tests.money.profiles import WALKS
from payments.tests.money.steps import Story
from payments.tests.provider.controls import Impossible
from payments.tests.provider.faults import KINDS

CALLS = (
    "create_intent",
    "retrieve_intent",
    "cancel_intent",
    "create_refund",
    "list_refunds",
    "retrieve_dispute",
)
# What happens often stands here often.
STEPS = (
    *("start", "pay", "deliver some", "deliver some", "work", "sweep", "cancel", "refund 300") * 3,
    *("dashboard refund 200", "returns", "decline", "wait 7", "wait 20", "wait 70", "trouble") * 2,
    "ask 3ds", "pay by bank", "bank says yes", "bank says no", "staff cancel", "add traveller",
    "withdraw change", "spend voucher", "operator refuses", "refunds are slow",
    "bank pays refund", "bank returns refund", "bank cancels refund", "send again",
    "dashboard refund 1000", "dispute 1000", "dispute 400", "inquiry", "dispute escalates",
    "dispute won", "dispute lost", "inquiry closed", "rival takes rest", "drop", "repeat", "echo",
    "night",
)  # fmt: skip
BEGINS = st.sampled_from(["hold", "hold; start", "hold; start; pay; deliver"])
WALK = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 999)), min_size=4, max_size=24)


class Walker(Story):
    """Takes one step after the other and leaves out what is not possible."""

    def take(self, step: str, number: int) -> None:
        # A refusal is an answer, too; anything else that is raised is a fault.
        with suppress(Impossible, MaritimeError):
            if step == "deliver some":
                self.deliver_some(number)
            elif step == "trouble":
                self.trouble(number)
            else:
                self.do(step)

    def deliver_some(self, number: int) -> None:
        """Deliver what waits in another order, twice, or only a part of it."""
        dice = random.Random(number)
        events = self.provider.books.events.take()
        dice.shuffle(events)
        kept = [event for event in events if dice.random() < 0.8]
        self.post_all(kept + [event for event in kept if dice.random() < 0.3])
        if number % 2:
            self.work()

    def trouble(self, number: int) -> None:
        """Let a few of the next calls of one kind go wrong."""
        dice = random.Random(number)
        self.provider.faults.add(
            dice.choice(CALLS), dice.choice(KINDS), times=dice.randint(1, 4), seconds=0.01
        )


def walk(provider, steps, *, begin: str = "hold") -> list[str]:
    """Take the steps, then let a day of sweeps pass without events; return what is wrong."""
    wipe()
    provider.reset()
    walker = Walker(provider, mute=True)
    walker.tell(begin)
    for step, number in steps:
        walker.take(step, number)
    provider.faults.clear()
    walker.drop()
    # Two days: a refund that failed on its way is known to the key of the first one.
    walker.night()
    walker.night()
    return checks.faults_of_money(provider)


@pytest.fixture
def quick(monkeypatch):
    """The throttles of the API have a cache of their own time; a walk asks more than a person."""
    monkeypatch.setattr("rest_framework.throttling.ScopedRateThrottle.get_rate", lambda self: None)


def test_every_walk_ends_with_equal_books(transactional_db, provider, quick):
    ends = set()

    @WALKS
    @given(BEGINS, WALK)
    def every_walk(begin, steps):
        assert walk(provider, steps, begin=begin) == []
        ends.update(Booking.objects.values_list("state", flat=True))

    every_walk()

    assert {"confirmed", "cancelled", "expired"} <= ends


PURCHASE = [(step, 1) for step in ("start", "pay", "deliver some", "work")]


def test_a_walk_sees_money_that_the_ledger_misses(transactional_db, provider, quick):
    """The control: what is captured is not booked."""
    with mock.patch.object(ledger, "booking_sold"):
        faults = walk(provider, PURCHASE)

    assert any("ledger has" in fault for fault in faults), faults


def test_a_walk_sees_a_refund_that_is_made_twice(transactional_db, provider, quick):
    """The control: the key is another one at each try, and nobody looks for the first refund."""
    steps = [*PURCHASE, ("fault create_refund lost", 1), ("refund 300", 1), ("work", 1)]
    keys = (f"re:{number}" for number in range(99))
    with (
        mock.patch.object(send, "_key", side_effect=keys),
        mock.patch.object(send, "_find", return_value=None),
    ):
        faults = walk(provider, steps)

    assert any("made twice" in fault for fault in faults), faults


def test_an_empty_walk_is_right(transactional_db, provider, quick):
    assert walk(provider, []) == []
