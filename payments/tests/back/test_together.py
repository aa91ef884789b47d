"""Two people, or a person and a bank, at the same moment."""

import pytest

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from maritime.lib import clock
from payments.models import Dispute, Payment, Refund
from payments.operations.approve import approve_refund, decline_refund, send_again
from payments.operations.disputes import settle_dispute
from payments.operations.refund import refund_booking, refund_payment
from payments.operations.send import send_refund, settle_refunds
from payments.tests.back.worlds import asked, open_tasks, paid, sent, states, sums
from payments.tests.test_concurrency import CROWD, together

pytestmark = pytest.mark.django_db(transaction=True)


def refund(payment, amount, *, key, actor):
    return refund_booking(
        payment.booking_id, amount=amount, request_key=key, reason="goodwill", actor=actor
    )[0].pk


def test_two_of_staff_who_refund_at_once_never_exceed_the_payment(provider):
    payment = paid(provider)

    answers = together(
        lambda number: refund(payment, 600, key=f"k{number}", actor=f"staff:{number}"), count=2
    )

    assert "refund_too_large" in answers
    assert (states(), sums()) == ([("requested", "", 600)], (600, 0, 0))


def test_two_of_staff_who_stay_below_the_limit_alone_do_not_together(provider, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    payment = paid(provider)

    together(
        lambda number: (
            refund_payment(
                payment.pk,
                amount=400,
                request_key=f"k{number}",
                reason="r",
                actor=f"staff:{number}",
            ).pk
        ),
        count=2,
    )

    assert sorted(states()) == [("requested", "", 400), ("waiting", "approval", 400)]


def test_approving_and_declining_at_once_is_one_decision(provider, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    waiting = asked(paid(provider), 600)

    answers = together(
        lambda number: (
            (decline_refund if number % 2 else approve_refund)(
                waiting.pk, by=f"staff:{number + 10}"
            ).state
        )
    )

    waiting.refresh_from_db()
    assert waiting.state in ("requested", "canceled")
    wins = "requested" if waiting.state == "requested" else "canceled"
    assert sorted(answers) == sorted([wins] * (CROWD // 2) + ["wrong_payment_state"] * (CROWD // 2))
    assert Payment.objects.get().refunded == (600 if wins == "requested" else 0)
    assert open_tasks() == []


def test_one_refund_sent_by_many_workers_while_answers_get_lost_moves_money_once(provider):
    payment = paid(provider)
    refund_id = asked(payment, 600).pk
    provider.faults.add("create_refund", "lost", times=3)

    together(lambda number: send_refund(refund_id, now=clock.now()).state)
    send_refund(refund_id, now=clock.now())

    assert len(provider.books.refunds) == 1
    assert (states(), sums()) == ([("succeeded", "", 600)], (600, 0, 600))


def test_sending_again_by_many_opens_one_refund(provider):
    failed = sent(paid(provider), 600)
    provider.controls.end_refund(failed.refund_id, "failed")
    settle_refunds(failed.payment_id)

    ids = together(lambda number: send_again(failed.pk, by=f"staff:{number}").pk)

    assert (len(set(ids)), Refund.objects.count()) == (1, 2)


def test_a_dispute_told_by_many_is_one_row_and_one_task(provider):
    payment = paid(provider)
    dispute_id = provider.controls.dispute(payment.intent_id)

    together(lambda number: settle_dispute(dispute_id, now=clock.now()).pk)

    assert (Dispute.objects.count(), open_tasks()) == (1, ["dispute"])


def test_a_cancellation_and_a_dispute_at_once_lose_nothing_twice(provider):
    payment = paid(provider)
    dispute_id = provider.controls.dispute(payment.intent_id)

    def work(number):
        if number % 2:
            return settle_dispute(dispute_id, now=clock.now()).state
        cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())
        return send_refund(Refund.objects.get().pk, now=clock.now()).state

    together(work)
    settle_dispute(dispute_id, now=clock.now())
    send_refund(Refund.objects.get().pk, now=clock.now())

    assert states() == [("waiting", "dispute", 1000)]
    assert (Booking.objects.get().state, len(provider.books.refunds)) == ("cancelled", 0)
