"""While a bank disputes a payment nothing is given back; afterwards what is owed and still there."""

from datetime import timedelta

import pytest
from django.utils.timezone import now as tz_now

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments.errors import ProviderUnavailable, RefundBlocked, RefundTooLarge, UnknownPayment
from payments.models import Dispute, Payment, Refund, Voucher
from payments.operations.approve import approve_refund
from payments.operations.disputes import settle_dispute
from payments.operations.refund import open_refund, refund_payment
from payments.operations.send import send_refund, settle_refunds
from payments.operations.vouchers import issue_voucher
from payments.telling import charged_back_of, told_refunds
from payments.tests.back.worlds import (
    asked,
    decided,
    disputed,
    open_tasks,
    paid,
    sent,
    states,
    sums,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(provider):
    return paid(provider)


def cancel(payment):
    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())


def look(dispute_id):
    return settle_dispute(dispute_id, now=clock.now())


def test_a_dispute_is_stored_and_staff_are_told_the_deadline(provider, payment):
    dispute_id = disputed(provider, payment)

    dispute = Dispute.objects.get()
    assert (dispute.dispute_id, dispute.payment, dispute.state) == (
        dispute_id, payment, "needs_response",
    )  # fmt: skip
    assert (dispute.amount, dispute.withdrawn, dispute.reason) == (1000, 1000, "fraudulent")
    assert (dispute.closed_at, sums()) == (None, (0, 0, 0))
    task = StaffTask.objects.get()
    assert (task.key, task.kind, task.due_at) == (
        f"dispute:{dispute_id}",
        "dispute",
        dispute.due_by,
    )
    assert task.title == f"Dispute over USD 10.00: {payment.booking.reference}"
    assert timedelta(days=8) < task.due_at - tz_now() < timedelta(days=10)


def test_looking_again_tells_nobody_again(provider, payment):
    dispute_id = disputed(provider, payment)
    StaffTask.objects.update(closed_at=clock.now(), note="evidence is being collected")

    look(dispute_id)

    assert (Dispute.objects.count(), open_tasks()) == (1, [])


def test_answered_dispute_is_no_task_any_more(provider, payment):
    dispute_id = disputed(provider, payment)
    provider.controls.review(dispute_id)

    look(dispute_id)

    assert (Dispute.objects.get().state, open_tasks()) == ("under_review", [])


def test_a_new_deadline_is_told_again(provider, payment):
    dispute_id = disputed(provider, payment)
    provider.books.disputes[dispute_id]["evidence_details"]["due_by"] = 1_900_000_000

    look(dispute_id)

    assert StaffTask.objects.get().due_at.timestamp() == 1_900_000_000


def test_staff_are_refused_while_it_is_open(provider, payment):
    earlier = asked(payment, 100, key="early")
    disputed(provider, payment)

    with pytest.raises(RefundBlocked):
        asked(payment, 400)
    with pytest.raises(RefundBlocked):
        refund_payment(payment.pk, amount=4, request_key="x", reason="r", actor="staff:1")

    assert asked(payment, 100, key="early") == earlier
    assert states() == [("waiting", "dispute", 100)]


def test_a_cancellation_is_possible_and_its_refund_waits(provider, payment, heard):
    disputed(provider, payment)
    heard.said.clear()

    cancel(payment)

    assert Booking.objects.get().state == "cancelled"
    assert (states(), sums(), heard.said) == ([("waiting", "dispute", 1000)], (1000, 0, 0), [])
    assert [told.code for _, told in told_refunds(payment.booking)] == ["waiting"]


@pytest.mark.parametrize("state", ["pending", "running", "done"])
def test_refund_that_may_go_on_gets_a_job_of_its_own(provider, payment, state):
    """One that is running may have found the refund waiting, and ends without another look."""
    asked(payment, 400)
    first = Job.objects.get(task="payments.send_refund")
    dispute_id = disputed(provider, payment)
    Job.objects.filter(pk=first.pk).update(state=state)

    decided(provider, dispute_id, "won")

    later = Job.objects.filter(task="payments.send_refund").exclude(pk=first.pk)
    assert later.get().state == "pending"


def test_won_lets_waiting_refunds_go(provider, payment, heard):
    dispute_id = disputed(provider, payment)
    cancel(payment)

    decided(provider, dispute_id, "won")

    assert (states(), heard.said[-1]) == ([("requested", "", 1000)], "refund_opened 1000")
    refund = send_refund(Refund.objects.get().pk, now=clock.now())
    assert (refund.state, sums()) == ("succeeded", (1000, 0, 1000))
    assert Dispute.objects.values_list("state", "withdrawn").get() == ("won", 0)
    assert Dispute.objects.get().closed_at is not None


def test_lost_takes_the_money_and_cancels_what_no_longer_fits(provider, payment):
    dispute_id = disputed(provider, payment)
    cancel(payment)

    decided(provider, dispute_id, "lost")

    assert (states(), sums()) == ([("canceled", "", 1000)], (0, 1000, 1000))
    assert (Payment.objects.get().left, open_tasks()) == (0, [])
    assert told_refunds(payment.booking) == []
    assert charged_back_of(Booking.objects.get()) == 1000


def test_lost_part_leaves_the_oldest_refunds_that_fit(provider, payment):
    asked(payment, 300, key="a")
    asked(payment, 500, key="b")
    dispute_id = disputed(provider, payment, amount=600)

    decided(provider, dispute_id, "lost")

    assert states() == [("requested", "", 300), ("canceled", "", 500)]
    assert (sums(), Payment.objects.get().left) == ((300, 600, 600), 100)


def test_what_was_lost_cannot_be_refunded(provider, payment):
    decided(provider, disputed(provider, payment, amount=600), "lost")

    with pytest.raises(RefundTooLarge) as refused:
        open_refund(payment.pk, amount=401, request_key="k", reason="r", actor="system")

    assert (refused.value.details, states()) == ({"left": 400}, [])


def test_lost_dispute_of_a_booking_that_stands_is_a_task(provider, payment):
    dispute_id = disputed(provider, payment)

    decided(provider, dispute_id, "lost")

    assert open_tasks() == ["dispute_lost"]
    assert Booking.objects.values_list("state", "refunded").get() == ("paid", 1000)


def test_lost_money_that_was_refunded_before_is_told_as_double(provider, payment):
    sent(payment, 700)
    dispute_id = disputed(provider, payment, amount=1000)

    decided(provider, dispute_id, "lost")

    assert sums() == (700, 300, 1000)
    title = StaffTask.objects.get(kind="refunded_and_charged_back").title
    assert title.startswith("USD 7.00 was refunded and lost in a dispute")


def test_refund_that_comes_back_after_a_lost_dispute_makes_room_for_its_sum(provider, payment):
    refund = sent(payment, 700)
    decided(provider, disputed(provider, payment, amount=1000), "lost")

    provider.controls.end_refund(refund.refund_id, "failed")
    settle_refunds(payment.pk)

    assert (sums(), Payment.objects.get().left) == ((0, 1000, 1000), 0)


def test_inquiry_holds_nothing_back_and_ends_without_loss(provider, payment):
    dispute_id = disputed(provider, payment, inquiry=True)
    assert Dispute.objects.values_list("state", "withdrawn").get() == ("warning_needs_response", 0)

    task = StaffTask.objects.get()
    assert (task.kind, task.due_at) == ("inquiry", Dispute.objects.get().due_by)
    assert task.title == f"Inquiry over USD 10.00: {payment.booking.reference}"

    decided(provider, dispute_id, "warning_closed")

    assert (sums(), open_tasks()) == ((0, 0, 0), [])


def test_refunds_go_on_during_an_inquiry(provider, payment):
    disputed(provider, payment, inquiry=True)

    assert sent(payment, 400).state == "succeeded"
    cancel(payment)

    assert states() == [("succeeded", "", 400), ("requested", "", 600)]


@pytest.mark.parametrize("flag", [False, None])
def test_inquiry_that_the_provider_does_not_call_refundable_blocks(provider, payment, flag):
    dispute_id = provider.controls.dispute(payment.intent_id, inquiry=True)
    provider.books.disputes[dispute_id]["is_charge_refundable"] = flag
    look(dispute_id)
    cancel(payment)
    assert states() == [("waiting", "dispute", 1000)]

    provider.books.disputes[dispute_id]["is_charge_refundable"] = True
    look(dispute_id)

    assert states() == [("requested", "", 1000)]


def test_open_dispute_blocks_whatever_the_provider_calls_refundable(provider, payment):
    dispute_id = provider.controls.dispute(payment.intent_id)
    provider.books.disputes[dispute_id]["is_charge_refundable"] = True
    look(dispute_id)

    with pytest.raises(RefundBlocked):
        asked(payment, 400)


def test_inquiry_that_becomes_a_dispute_calls_refunds_back_and_is_told_anew(provider, payment):
    dispute_id = disputed(provider, payment, inquiry=True)
    refund = asked(payment, 400)

    provider.controls.escalate(dispute_id)
    look(dispute_id)

    assert (states(), open_tasks()) == ([("waiting", "dispute", 400)], ["dispute"])
    assert send_refund(refund.pk, now=clock.now()).state == "waiting"
    with pytest.raises(RefundBlocked):
        asked(payment, 100, key="more")


def test_voucher_waits_for_the_end_of_an_inquiry(provider, payment):
    dispute_id = disputed(provider, payment, inquiry=True)
    issue_voucher(payment.booking, amount=800, reason="", now=clock.now())
    look(dispute_id)
    assert (Voucher.objects.count(), states()) == (0, [("waiting", "dispute", 800)])

    decided(provider, dispute_id, "warning_closed")

    assert (Voucher.objects.get().amount, states()) == (800, [("succeeded", "", 800)])


def test_refund_not_yet_sent_is_called_back(provider, payment):
    refund = asked(payment, 400)

    disputed(provider, payment)

    assert states() == [("waiting", "dispute", 400)]
    assert send_refund(refund.pk, now=clock.now()).state == "waiting"
    assert provider.faults.calls["create_refund"] == 0


def test_refund_that_the_provider_refuses_for_a_dispute_waits_and_goes_out_with_another_key(
    provider, payment
):
    refund = asked(payment, 400)
    dispute_id = provider.controls.dispute(payment.intent_id)
    assert send_refund(refund.pk, now=clock.now()).state == "waiting"
    look(dispute_id)

    decided(provider, dispute_id, "won")

    assert send_refund(refund.pk, now=clock.now()).state == "succeeded"
    assert (sums(), open_tasks()) == ((400, 0, 400), [])


def test_refund_refused_after_a_lost_dispute_fails_for_staff(provider, payment):
    decided(provider, disputed(provider, payment, amount=400), "lost")

    refund = sent(payment, 600)

    assert (refund.state, refund.failure) == ("failed", "charge_disputed")
    assert open_tasks() == ["dispute_lost", "refund"]


def test_approved_while_disputed_waits_on(provider, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    refund = asked(payment, 600)
    dispute_id = disputed(provider, payment)

    approve_refund(refund.pk, by="staff:2")

    assert states() == [("waiting", "dispute", 600)]
    decided(provider, dispute_id, "won")
    assert states() == [("requested", "", 600)]


def test_a_second_open_dispute_keeps_refunds_waiting(provider, payment):
    first = disputed(provider, payment, amount=400)
    second = "du_second"
    provider.books.disputes[second] = {**provider.books.disputes[first], "id": second}
    look(second)
    cancel(payment)

    decided(provider, first, "won")
    assert states() == [("waiting", "dispute", 1000)]

    decided(provider, second, "won")
    assert states() == [("requested", "", 1000)]


def test_old_answer_does_not_open_a_closed_dispute(provider, payment):
    dispute_id = disputed(provider, payment)
    decided(provider, dispute_id, "won")
    Dispute.objects.update(checked_at=clock.now() + timedelta(seconds=60))
    provider.books.disputes[dispute_id]["status"] = "needs_response"

    look(dispute_id)

    assert Dispute.objects.get().state == "won"


def test_decision_that_the_bank_turns_round_is_followed(provider, payment):
    dispute_id = disputed(provider, payment)
    decided(provider, dispute_id, "lost")
    provider.books.disputes[dispute_id].update(status="won", balance_transactions=[])

    look(dispute_id)

    assert (sums(), Payment.objects.get().left) == ((0, 0, 0), 1000)


def test_dashboard_refund_takes_the_place_of_one_that_waits(provider, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    asked(payment, 600)
    provider.controls.dashboard_refund(payment.intent_id, 1000)

    settle_refunds(payment.pk)

    assert states() == [("canceled", "", 600), ("succeeded", "", 1000)]
    assert (sums(), open_tasks()) == ((1000, 0, 1000), [])


def test_voucher_of_disputed_money_is_issued_when_the_dispute_is_won(provider, payment, heard):
    dispute_id = disputed(provider, payment)
    issued = issue_voucher(payment.booking, amount=800, reason="", now=clock.now(), event_id=1)
    assert (issued, states()) == (None, [("waiting", "dispute", 800)])
    ((_, told),) = told_refunds(payment.booking)
    assert told.text.startswith("as a voucher, waiting")

    decided(provider, dispute_id, "won")

    voucher = Voucher.objects.get()
    refund = Refund.objects.get()
    assert (voucher.amount, voucher.used, refund.voucher) == (800, 0, voucher)
    assert (refund.state, sums(), heard.said[-1]) == (
        "succeeded", (800, 0, 800), "refund_settled 800",
    )  # fmt: skip


def test_voucher_of_disputed_money_is_never_issued_when_the_dispute_is_lost(provider, payment):
    dispute_id = disputed(provider, payment)
    issue_voucher(payment.booking, amount=800, reason="", now=clock.now())

    decided(provider, dispute_id, "lost")

    assert (Voucher.objects.count(), states(), sums()) == (
        0, [("canceled", "", 800)], (0, 1000, 1000),
    )  # fmt: skip


def test_dispute_of_somebody_elses_payment_is_unknown(provider, payment):
    other = provider.books.create_intent({"amount": "1000", "currency": "usd"})["id"]
    provider.controls.pay(other)
    dispute_id = provider.controls.dispute(other)

    with pytest.raises(UnknownPayment):
        look(dispute_id)

    assert Dispute.objects.count() == 0


def test_nothing_is_written_while_the_provider_does_not_answer(provider, payment):
    dispute_id = provider.controls.dispute(payment.intent_id)
    provider.faults.add("retrieve_dispute", "503", times=2)

    with pytest.raises(ProviderUnavailable):
        look(dispute_id)

    assert Dispute.objects.count() == 0
