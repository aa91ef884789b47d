"""Whatever staff, the dashboard, banks and a shaky network do in whatever order, the sums hold."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bookings.operations.cancel import cancel_in_full
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from payments.models import LedgerEntry, Payment, Refund
from payments.operations.approve import approve_refund, decline_refund, send_again
from payments.operations.disputes import settle_dispute
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund, settle_refunds
from payments.tests.back.worlds import paid
from payments.tests.provider.books import LIVE_REFUNDS
from payments.tests.provider.controls import Impossible

pytestmark = pytest.mark.django_db
AMOUNT = st.sampled_from([1, 250, 400, 600, 1000])
PICK = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("ask"), AMOUNT),
    st.tuples(st.just("send"), PICK),
    st.tuples(st.just("lose_answer"), PICK),
    st.tuples(st.just("approve"), PICK),
    st.tuples(st.just("decline"), PICK),
    st.tuples(st.just("again"), PICK),
    st.tuples(st.just("dashboard"), AMOUNT),
    st.tuples(st.just("bank_returns"), PICK),
    st.tuples(st.just("dispute"), AMOUNT),
    st.tuples(st.just("inquiry"), AMOUNT),
    st.tuples(st.just("escalate"), PICK),
    st.tuples(st.just("decide"), st.sampled_from(["won", "lost", "warning_closed"])),
    st.tuples(st.just("slow"), PICK),
    st.tuples(st.just("cancel"), PICK),
    st.tuples(st.just("look"), PICK),
)


class World:
    """One payment of 1000, and everybody who does something about it."""

    def __init__(self, provider):
        self.provider = provider
        self.payment = paid(provider)
        self.intent_id = self.payment.intent_id
        self.asked = 0

    def ask(self, amount):
        self.asked += 1
        refund_booking(
            self.payment.booking_id,
            amount=amount,
            request_key=f"k{self.asked}",
            reason="goodwill",
            actor="staff:1",
        )

    def send(self, pick):
        self.send_one(self._ours(pick))

    def send_one(self, refund_id):
        send_refund(refund_id, now=clock.now())

    def lose_answer(self, pick):
        self.provider.faults.add("create_refund", "lost", times=2)
        try:
            self.send(pick)
        finally:
            self.provider.faults.clear()

    def approve(self, pick):
        approve_refund(self._ours(pick), by="staff:2")

    def decline(self, pick):
        decline_refund(self._ours(pick), by="staff:2")

    def again(self, pick):
        send_again(self._ours(pick), by="staff:2")

    def dashboard(self, amount):
        books = self.provider.books
        charge = books.charge_of(books.intents[self.intent_id])
        is_disputed = any(
            one["status"] in ("needs_response", "lost") for one in books.disputes.values()
        )
        if not is_disputed and charge["amount_refunded"] + amount <= charge["amount_captured"]:
            self.provider.controls.dashboard_refund(self.intent_id, amount)

    def bank_returns(self, pick):
        live = [
            one for one in self.provider.books.refunds.values() if one["status"] in LIVE_REFUNDS
        ]
        if live:
            self.provider.controls.end_refund(live[pick % len(live)]["id"], "failed")

    def dispute(self, amount):
        self.provider.controls.dispute(self.intent_id, amount=amount)

    def inquiry(self, amount):
        self.provider.controls.dispute(self.intent_id, amount=amount, inquiry=True)

    def decide(self, status):
        for dispute_id, dispute in self.provider.books.disputes.items():
            is_inquiry = dispute["status"].startswith("warning")
            if dispute["status"].endswith("response") and is_inquiry == status.startswith("warn"):
                self.provider.controls.end_dispute(dispute_id, status)

    def escalate(self, pick):
        for dispute_id, dispute in self.provider.books.disputes.items():
            if dispute["status"].startswith("warning"):
                self.provider.controls.escalate(dispute_id)

    def slow(self, pick):
        self.provider.books.refund_status = "pending" if pick % 2 else "succeeded"

    def cancel(self, pick):
        cancel_in_full(self.payment.booking_id, actor="staff:1", reason="storm", now=clock.now())

    def look(self, pick):
        """Hear everything that the provider has to tell."""
        for dispute_id in self.provider.books.disputes:
            settle_dispute(dispute_id, now=clock.now())
        settle_refunds(self.payment.pk)

    def _ours(self, pick):
        ids = [refund.pk for refund in self.refunds()]
        return ids[pick % len(ids)] if ids else 0

    def refunds(self):
        return list(Refund.objects.filter(payment=self.payment).order_by("pk"))


def assert_sums_hold(world):
    payment = Payment.objects.select_related("booking").get(pk=world.payment.pk)
    booking, refunds = payment.booking, world.refunds()
    live = sum(each.amount for each in refunds if each.state not in ("failed", "canceled"))
    arrived = sum(each.amount for each in refunds if each.state == "succeeded")
    assert payment.refunded == live
    assert payment.refunded + payment.charged_back <= payment.captured == 1000
    assert booking.refunded == arrived + payment.charged_back
    lost = sum(each.withdrawn for each in payment.disputes.filter(state="lost"))
    assert payment.charged_back == min(lost, 1000 - payment.refunded)
    of_marks = [one["metadata"].get("refund") for one in world.provider.books.refunds.values()]
    ours = [mark for mark in of_marks if mark]
    assert len(ours) == len(set(ours))


def assert_books_agree(world):
    """After everything was heard and sent, our refunds are the provider's."""
    at_provider = sorted(
        one["amount"]
        for one in world.provider.books.refunds_of(world.intent_id)
        if one["status"] in LIVE_REFUNDS
    )
    unreal = ("failed", "canceled", "waiting")
    assert (
        sorted(each.amount for each in world.refunds() if each.state not in unreal) == at_provider
    )


def assert_ledger_agrees(world):
    entries = LedgerEntry.objects.filter(account="cash", transaction__payment=world.payment)
    cash = entries.values_list("amount", flat=True)
    assert sum(cash) == world.provider.books.net(world.intent_id)


def do(work, *facts):
    with suppress(MaritimeError, Impossible, Refund.DoesNotExist):
        work(*facts)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=3, max_size=14))
@example(steps=[("ask", 400), ("send", 0), ("dispute", 1000), ("decide", "lost"), ("look", 0)])
@example(steps=[("ask", 600), ("dispute", 600), ("look", 0), ("cancel", 0), ("decide", "won")])
@example(steps=[("dispute", 1000), ("decide", "lost"), ("look", 0), ("cancel", 0), ("ask", 1)])
def test_refunds_and_chargebacks_never_exceed_the_payment(provider, steps, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    provider.reset()
    world = World(provider)

    for name, fact in steps:
        do(getattr(world, name), fact)
        assert_sums_hold(world)

    provider.faults.clear()
    for _ in range(3):
        do(world.look, 0)
        for refund in world.refunds():
            do(world.send_one, refund.pk)
            assert_sums_hold(world)
    do(world.look, 0)
    assert_sums_hold(world)
    assert_books_agree(world)
    assert_ledger_agrees(world)
