"""Large refunds of staff need a second person."""

import pytest

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments.errors import OwnRefund, WrongMove
from payments.models import Payment, Refund
from payments.operations.approve import approve_refund, decline_refund
from payments.operations.refund import refund_payment
from payments.telling import told_refunds
from payments.tests.back.worlds import asked, open_tasks, paid, states, sums

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.REFUND_APPROVAL_ABOVE = 5


@pytest.fixture
def payment(provider):
    return paid(provider)


def send_jobs():
    return Job.objects.filter(task="payments.send_refund").count()


def test_a_refund_above_the_limit_waits_and_reserves_its_sum(payment, heard):
    refund = asked(payment, 501)

    assert (states(), sums()) == ([("waiting", "approval", 501)], (501, 0, 0))
    assert ("refund_opened 501" in heard.said, send_jobs()) == (False, 0)
    task = StaffTask.objects.get()
    assert (task.key, task.kind) == (f"approval:{refund.public_id}", "approval")
    assert task.path == f"/admin/payments/refund/{refund.pk}/change/"


@pytest.mark.parametrize(("limit", "amount"), [(5, 500), (0, 1000)])
def test_a_refund_within_the_limit_or_without_one_goes_out(payment, settings, limit, amount):
    settings.REFUND_APPROVAL_ABOVE = limit

    asked(payment, amount)

    assert (states(), open_tasks(), send_jobs()) == ([("requested", "", amount)], [], 1)


def test_small_parts_of_a_large_refund_count_together(payment):
    asked(payment, 300, key="a")
    asked(payment, 200, key="b")
    refund_payment(payment.pk, amount=1, request_key="c", reason="r", actor="staff:2")

    assert states() == [("requested", "", 300), ("requested", "", 200), ("waiting", "approval", 1)]


def test_what_was_approved_or_cancelled_does_not_count_against_the_limit(payment):
    approve_refund(asked(payment, 501).pk, by="staff:2")
    asked(payment, 100, key="b")

    assert states() == [("requested", "", 501), ("requested", "", 100)]


def test_somebody_else_approves_and_it_goes_out(payment, heard):
    refund = asked(payment, 600)

    refund = approve_refund(refund.pk, by="staff:2")

    assert (refund.state, refund.waits_for, refund.approved_by) == ("requested", "", "staff:2")
    assert (heard.said[-1], open_tasks(), send_jobs()) == ("refund_opened 600", [], 1)
    assert StaffTask.objects.get().closed_by == "staff:2"


def test_nobody_approves_an_own_refund(payment):
    refund = asked(payment, 600, actor="staff:7")

    with pytest.raises(OwnRefund):
        approve_refund(refund.pk, by="staff:7")

    assert (states(), open_tasks()) == ([("waiting", "approval", 600)], ["approval"])


def test_declined_refund_frees_its_sum_and_is_no_news_for_the_traveller(payment):
    refund = asked(payment, 600)
    assert [told.code for _, told in told_refunds(payment.booking)] == ["waiting"]

    decline_refund(refund.pk, by="staff:7")

    assert (states(), sums(), open_tasks()) == ([("canceled", "", 600)], (0, 0, 0), [])
    assert told_refunds(payment.booking) == []


def test_repeated_decisions_change_nothing_and_opposite_ones_are_refused(payment):
    approved = asked(payment, 600, key="a").pk
    approve_refund(approved, by="staff:2")
    approve_refund(approved, by="staff:3")
    with pytest.raises(WrongMove):
        decline_refund(approved, by="staff:3")
    declined = asked(payment, 400, key="b", actor="staff:4")
    Refund.objects.filter(pk=declined.pk).update(state="waiting", waits_for="approval")
    decline_refund(declined.pk, by="staff:2")
    decline_refund(declined.pk, by="staff:2")
    with pytest.raises(WrongMove):
        approve_refund(declined.pk, by="staff:2")

    assert states() == [("requested", "", 600), ("canceled", "", 400)]
    assert Refund.objects.get(pk=approved).approved_by == "staff:2"


def test_a_refund_that_waits_for_nothing_is_not_decided(payment):
    refund = asked(payment, 100)

    for decide in (approve_refund, decline_refund):
        with pytest.raises(WrongMove):
            decide(refund.pk, by="staff:2")

    assert states() == [("requested", "", 100)]


def test_a_cancellation_gets_what_a_declined_refund_had_reserved(payment):
    refund = asked(payment, 600)
    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())
    assert states() == [("waiting", "approval", 600), ("requested", "", 400)]

    decline_refund(refund.pk, by="staff:2")

    assert states()[2:] == [("requested", "", 600)]
    assert (Payment.objects.get().left, Booking.objects.get().total) == (0, 0)


def test_refunds_that_a_rule_owes_need_nobody(payment):
    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())

    assert states() == [("requested", "", 1000)]
