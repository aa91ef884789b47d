"""Refunds that do not arrive: staff are told, the customer is not told "refunded"."""

import pytest
from django.urls import reverse

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops.models import StaffTask
from payments.errors import WrongMove
from payments.models import Refund
from payments.operations.approve import send_again
from payments.operations.send import send_refund, settle_refunds
from payments.telling import told_refunds
from payments.tests.back.worlds import asked, open_tasks, paid, sent, states, sums

pytestmark = pytest.mark.django_db


def told():
    return [told.code for _, told in told_refunds(Booking.objects.get())]


def end(provider, refund, status):
    provider.controls.end_refund(refund.refund_id, status)
    settle_refunds(refund.payment_id)
    refund.refresh_from_db()


@pytest.fixture
def returned(provider, heard):
    """A refund of 400 that had succeeded and was sent back by the bank."""
    refund = sent(paid(provider), 400)
    heard.said.clear()
    end(provider, refund, "failed")
    return refund


def test_money_that_came_back_is_free_again_and_a_task_for_staff(returned, heard):
    assert (returned.state, returned.failure) == ("failed", "expired_or_canceled_card")
    assert (sums(), heard.said) == ((0, 0, 0), [])
    task = StaffTask.objects.get()
    reference = Booking.objects.get().reference
    assert (task.key, task.kind) == (f"refund:{returned.public_id}", "refund")
    assert task.title == f"Refund of USD 4.00 did not arrive: {reference}"
    assert "expired_or_canceled_card" in task.detail
    assert task.path == f"/admin/payments/refund/{returned.pk}/change/"


def test_the_traveller_is_told_that_it_came_back(returned):
    assert told() == ["came_back"]


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_slow_refund_that_ends_badly_is_never_called_sent(provider, heard, status):
    provider.books.refund_status = "pending"
    refund = sent(paid(provider), 400)
    assert (refund.state, told()) == ("pending", ["on_its_way"])

    end(provider, refund, status)

    assert (refund.state, told(), open_tasks()) == (status, ["came_back"], ["refund"])
    assert [news for news in heard.said if "settled" in news] == []


def test_sending_again_opens_one_new_refund_and_closes_the_task_when_it_arrives(provider, returned):
    first = send_again(returned.pk, by="staff:2")
    second = send_again(returned.pk, by="staff:2")

    assert (first.pk, first.amount, first.actor) == (second.pk, 400, "staff:2")
    assert (open_tasks(), told()) == (["refund"], ["on_its_way"])

    send_refund(first.pk, now=clock.now())

    assert states() == [("failed", "", 400), ("succeeded", "", 400)]
    assert (open_tasks(), told(), sums()) == ([], ["sent_back"], (400, 0, 400))
    assert len(provider.books.refunds) == 2


def test_a_chain_of_failures_ends_with_all_tasks_closed(provider, returned):
    second = send_refund(send_again(returned.pk, by="staff:2").pk, now=clock.now())
    end(provider, second, "failed")
    assert open_tasks() == ["refund"]

    send_refund(send_again(second.pk, by="staff:2").pk, now=clock.now())

    assert (open_tasks(), sums()) == ([], (400, 0, 400))


def test_one_task_is_open_for_what_failed_twice(provider, returned):
    provider.books.refund_status = "pending"
    second = send_refund(send_again(returned.pk, by="staff:2").pk, now=clock.now())

    end(provider, second, "failed")

    task = StaffTask.objects.get(closed_at=None)
    assert task.path == reverse("admin:payments_refund_change", args=[second.pk])


def test_only_what_failed_is_sent_again(provider):
    refund = sent(paid(provider), 400)

    with pytest.raises(WrongMove):
        send_again(refund.pk, by="staff:2")

    assert Refund.objects.count() == 1


def test_refused_refund_is_told_apart_from_a_returned_one(provider):
    payment = paid(provider)
    provider.controls.dashboard_refund(payment.intent_id, 700)
    refund = asked(payment, 400)

    refund = send_refund(refund.pk, now=clock.now())

    assert (refund.state, refund.failure, refund.refund_id) == ("failed", "invalid_request", None)
    assert (told(), open_tasks()) == (["came_back"], ["refund"])
