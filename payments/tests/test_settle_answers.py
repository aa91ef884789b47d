"""Answers that are old, that close what nobody may pay, and that make a hold longer or shorter."""

from datetime import timedelta

import pytest

from bookings.models import Booking, JourneyLeg
from bookings.operations.amend import withdraw_amendment
from bookings.operations.cancel import cancel_in_full
from bookings.operations.expire import expire_holds
from bookings.tests.makers import held
from ferries.tests import makers as ferries
from maritime.lib import clock
from maritime.ops.models import StaffTask
from payments.gateways import Intent
from payments.models import DemoIntent, Payment, Refund
from payments.operations import settle as settling
from payments.operations.settle import apply_intent, close_payment, settle
from payments.tests.makers import at_provider, opened, state_of, succeeded
from payments.tests.test_amend import started, waiting

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now():
    return clock.now()


def answer(payment, status, **facts):
    """Return what the provider says when it is asked now."""
    row = at_provider(payment, status=status, **facts)
    return Intent(
        id=row.intent_id, status=status, amount=row.amount, amount_received=row.amount_received,
        currency=row.currency, client_secret="", metadata=row.metadata,
    )  # fmt: skip


def far_away(now):
    """Return a payment of a sailing in ten days."""
    return opened(held(ferries.sailing(departs_at=now + 10 * DAY), now=now), now=now)


def hold_of(payment):
    return Booking.objects.get(pk=payment.booking_id).expires_at


def test_remembers_the_moment_before_the_question(now):
    payment = opened(now=now)

    settle(payment.pk, now=now + MINUTE)

    assert Payment.objects.get().checked_at == now + MINUTE


def test_an_answer_older_than_the_last_one_changes_nothing(now):
    payment = opened(now=now)
    apply_intent(payment.pk, answer(payment, "processing"), now=now + MINUTE)

    apply_intent(payment.pk, answer(payment, "requires_payment_method"), now=now)

    assert state_of(payment) == "processing"
    assert Payment.objects.get().checked_at == now + MINUTE


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_the_last_word_is_never_too_old(now, status):
    payment = opened(now=now)
    apply_intent(payment.pk, answer(payment, "processing"), now=now + MINUTE)

    apply_intent(payment.pk, answer(payment, status, amount_received=1000), now=now)

    assert state_of(payment) == status


def test_a_bank_at_work_keeps_the_places_longer(now):
    payment = far_away(now)
    at_provider(payment, status="processing")

    settle(payment.pk, now=now)
    settle(payment.pk, now=now + HOUR)

    assert hold_of(payment) == now + 72 * HOUR
    assert expire_holds(now=now + 2 * DAY) == 0


def test_a_bank_is_waited_for_as_long_as_the_settings_say(now, settings):
    settings.PAYMENT_ASYNC_HOLD_HOURS = 5
    payment = far_away(now)
    at_provider(payment, status="processing")

    settle(payment.pk, now=now)

    assert hold_of(payment) == now + 5 * HOUR


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
def test_a_bank_that_says_no_gives_a_short_hold_back_and_is_told_once(now, heard, settings, status):
    settings.HOLD_MINUTES = 15
    payment = far_away(now)
    at_provider(payment, status="processing")
    settle(payment.pk, now=now)
    at_provider(payment, status=status, last_error="debit_not_authorized")

    for _ in range(2):
        settle(payment.pk, now=now + HOUR)

    assert hold_of(payment) == now + HOUR + 15 * MINUTE
    assert heard.said == ["payment_failed"]
    assert Payment.objects.get().last_failure == "debit_not_authorized"


def test_a_bank_that_says_yes_pays(now):
    payment = far_away(now)
    at_provider(payment, status="processing")
    settle(payment.pk, now=now)
    at_provider(payment, status="succeeded", amount_received=1000)

    settle(payment.pk, now=now + DAY)

    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "paid")


def test_looking_closes_what_nobody_may_pay_any_more(now):
    payment = opened(now=now)

    settle(payment.pk, now=now + HOUR)

    assert state_of(payment) == "canceled"
    assert DemoIntent.objects.get().status == "canceled"
    assert state_of(payment.booking) == "payment_pending"


def test_looking_leaves_open_what_may_be_paid(now):
    payment = opened(now=now)

    settle(payment.pk, now=now + 5 * MINUTE)

    assert DemoIntent.objects.get().status == "requires_payment_method"


def test_looking_closes_the_intent_of_a_payment_that_was_given_up_here(now):
    payment = opened(now=now)
    Payment.objects.update(state="canceled")

    settle(payment.pk, now=now)

    assert DemoIntent.objects.get().status == "canceled"


def test_looking_follows_the_change_that_a_payment_is_for(now):
    pair = ferries.sailing(), ferries.sailing(departs_at=ferries.tomorrow_noon() + DAY)
    booking, _ = waiting(pair)
    payment = started(booking)
    assert settle(payment.pk, now=clock.now()).state == "open"

    withdraw_amendment(booking.pk, actor="customer", now=clock.now())

    assert settle(payment.pk, now=clock.now()).state == "canceled"


@pytest.mark.parametrize("look", [settle, close_payment])
def test_an_intent_that_the_provider_does_not_know_is_closed_and_told_to_staff(look, now):
    payment = opened(now=now)
    DemoIntent.objects.all().delete()

    assert look(payment.pk, now=now).state == "canceled"

    assert StaffTask.objects.get().key == f"missing:{payment.public_id}"


def late(payment, *, now):
    at_provider(payment, status="succeeded", amount_received=payment.amount)
    settle(payment.pk, now=now)
    return Refund.objects.get()


def test_late_money_goes_back_with_the_reason(now):
    sailing = ferries.sailing(persons=1)
    payment = opened(held(sailing, now=now), now=now)
    expire_holds(now=now + HOUR)
    held(sailing, now=now)

    assert late(payment, now=now).reason == settling.LATE


def test_money_after_a_cancellation_goes_back_with_the_reason(now):
    payment = opened(now=now)
    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=now)

    assert late(payment, now=now).reason == settling.AFTER_CANCELLATION


def test_money_for_a_change_that_ended_goes_back_with_the_reason():
    pair = ferries.sailing(), ferries.sailing(departs_at=ferries.tomorrow_noon() + DAY)
    booking, _ = waiting(pair)
    payment = started(booking)
    withdraw_amendment(booking.pk, actor="customer", now=clock.now())

    assert late(payment, now=clock.now()).reason == settling.AFTER_CHANGE


def test_second_money_goes_back_with_the_reason(now):
    first = opened(now=now)
    Payment.objects.update(state="canceled")
    succeeded(Booking.objects.get())

    assert late(first, now=clock.now()).reason == settling.DOUBLE


def test_money_for_a_sailing_that_has_left_goes_back(now):
    payment = opened(now=now)
    JourneyLeg.objects.update(departs_at=now - MINUTE)

    assert late(payment, now=now).reason == settling.LATE
    assert state_of(payment.booking) == "expired"


@pytest.mark.parametrize(
    ("case", "said"),
    [("late", "the places were gone: not booked"), ("double", "already paid and stands")],
)
def test_mail_says_honestly_why_money_comes_back(now, run_jobs, mailoutbox, case, said):
    sailing = ferries.sailing(persons=1)
    payment = opened(held(sailing, now=now), now=now)
    if case == "late":
        expire_holds(now=now + HOUR)
        held(sailing, now=now, surname="Other")
    else:
        Payment.objects.update(state="canceled")
        succeeded(Booking.objects.get())
    mailoutbox.clear()
    late(payment, now=clock.now())

    run_jobs()

    told = [mail for mail in mailoutbox if "refund of USD 10.00 is on its way" in mail.subject]
    assert len(told) == 1
    assert said in " ".join(told[0].body.split())
    assert not [mail for mail in mailoutbox if "received your payment" in mail.subject] or (
        case == "double"
    )
