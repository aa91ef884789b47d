"""What happens elsewhere queues exactly one mail, in the transaction of its cause."""

import pytest
from django.db import transaction

from bookings.models import Amendment, Booking
from bookings.signals import booking_amended, booking_cancelled, booking_confirmed
from maritime.ops.models import Job
from notifications.models import Message
from notifications.tests import makers
from payments.models import Payment, Refund
from payments.signals import payment_failed, payment_succeeded, refund_settled

pytestmark = pytest.mark.django_db


def only_message() -> tuple[str, str, dict]:
    message = Message.objects.get()
    assert Job.objects.get(key=f"mail:{message.key}").arguments == {"message_id": message.pk}
    return message.kind, message.key, message.facts


def send(signal, sender, **values) -> None:
    """Send the signal to our receivers alone; those of other apps have their own tests."""
    for receiver in signal._live_receivers(sender)[0]:
        if receiver.__module__ == "notifications.receivers":
            receiver(signal=signal, sender=sender, **values)


def test_a_confirmed_booking_queues_the_tickets_once() -> None:
    row = makers.booking()

    for _ in range(2):
        booking_confirmed.send(sender=Booking, booking=row)

    assert only_message() == ("booking_confirmation", f"confirmation:{row.pk}:1", {})


def test_a_change_queues_the_new_tickets_once() -> None:
    row = makers.booking()
    change = Amendment.objects.create(
        booking=row, state="applied", change={}, difference=0, actor="customer"
    )

    for _ in range(2):
        send(booking_amended, Booking, booking=row, amendment=change, refund_due=0)

    assert only_message() == ("booking_confirmation", f"amended:{change.pk}:1", {})


def test_a_cancellation_keeps_charge_and_refund() -> None:
    row = makers.booking("cancelled")

    send(
        booking_cancelled, Booking, booking=row, refund_due=452, voucher_due=100,
        reason="by the traveller",
    )  # fmt: skip

    assert only_message() == (
        "cancellation",
        f"cancellation:{row.pk}:1",
        {"refund": 452, "voucher": 100, "charge": 553},
    )


def test_what_was_given_back_before_is_no_charge() -> None:
    row = makers.booking("cancelled", refunded=105)

    send(booking_cancelled, Booking, booking=row, refund_due=1000, voucher_due=0, reason="")

    assert only_message()[2] == {"refund": 1000, "voucher": 0, "charge": 0}


def test_a_payment_queues_its_mail() -> None:
    paid = makers.payment(makers.booking())

    payment_succeeded.send(sender=Payment, payment=paid)

    assert only_message() == ("payment_success", f"payment:{paid.pk}:1", {"payment": paid.pk})


def test_each_burst_of_failures_queues_one_mail() -> None:
    failed = makers.payment(makers.booking("held"), failures=1)

    for failures in (1, 1, 4):
        failed.failures = failures
        payment_failed.send(sender=Payment, payment=failed)

    assert list(Message.objects.order_by("pk").values_list("key", flat=True)) == [
        f"payment-failed:{failed.pk}-1:1", f"payment-failed:{failed.pk}-4:1",
    ]  # fmt: skip


def test_two_refunds_of_one_payment_are_two_mails() -> None:
    paid = makers.payment(makers.booking("cancelled"))
    refunds = [makers.refund(paid, amount=1, request_key=key) for key in "ab"]

    for refund in [*refunds, *refunds]:
        refund_settled.send(sender=Refund, refund=refund)

    facts = list(Message.objects.order_by("pk").values_list("facts", flat=True))
    assert facts == [{"refund": refunds[0].pk}, {"refund": refunds[1].pk}]


def test_a_refund_that_failed_queues_nothing() -> None:
    failed = makers.refund(makers.payment(makers.booking("cancelled")), state="failed")

    refund_settled.send(sender=Refund, refund=failed)

    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_rolled_back_leaves_no_mail() -> None:
    row = makers.booking()

    with transaction.atomic():
        booking_confirmed.send(sender=Booking, booking=row)
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert not Job.objects.exists()
