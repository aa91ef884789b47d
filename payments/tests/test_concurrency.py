"""The same thing asked for by many at one moment happens once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from bookings.models import Booking
from bookings.queries import booking_for_update
from bookings.tests.makers import held
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.ops.models import Job
from maritime.ops.tests.workers import wait_for
from payments import queries
from payments.models import DemoIntent, DemoRefund, Payment, Refund, WebhookEvent
from payments.operations.events import process_event, read_event, store_event
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund
from payments.operations.settle import settle
from payments.operations.start import start_payment
from payments.tests.makers import at_provider, opened, succeeded

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 6
WAITED_FOR = """
SELECT exists(SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""


def together(work, count=CROWD):
    """Run `work(number)` in threads of their own; return results and errors."""

    def alone(number):
        try:
            return work(number)
        except MaritimeError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


def refund_in(booking_id, *, amount, key):
    (refund,) = refund_booking(
        booking_id, amount=amount, request_key=key, reason="goodwill", actor="staff:1"
    )
    return refund.pk


def test_the_same_refund_request_opens_one_refund():
    payment = succeeded()

    ids = together(lambda number: refund_in(payment.booking_id, amount=600, key="once"))

    assert (len(set(ids)), Refund.objects.count()) == (1, 1)
    assert Payment.objects.get().refunded == 600


def test_different_refunds_never_exceed_the_payment():
    payment = succeeded()

    answers = together(
        lambda number: refund_in(payment.booking_id, amount=300, key=f"staff-{number}")
    )

    assert sorted(str(answer) for answer in answers if isinstance(answer, str)) == [
        "refund_too_large"
    ] * (CROWD - 3)
    assert (Refund.objects.count(), Payment.objects.get().refunded) == (3, 900)


def test_one_refund_sent_by_many_workers_moves_money_once():
    payment = succeeded()
    refund_id = refund_in(payment.booking_id, amount=600, key="once")

    together(lambda number: send_refund(refund_id, now=clock.now()).state)

    assert (DemoRefund.objects.count(), DemoIntent.objects.get().amount_refunded) == (1, 600)
    assert Booking.objects.get().refunded == 600


def test_many_who_settle_take_the_money_in_once():
    payment = opened()
    at_provider(payment, status="succeeded", amount_received=1000)

    states = together(lambda number: settle(payment.pk, now=clock.now()).state)

    assert states == ["succeeded"] * CROWD
    assert Booking.objects.values_list("state", "paid").get() == ("paid", 1000)
    assert Booking.objects.get().events.filter(name="paid").count() == 1


def test_many_tabs_open_one_payment():
    booking = held(now=clock.now())

    ids = together(lambda number: start_payment(booking.pk, now=clock.now()).payment.intent_id)

    assert (len(set(ids)), Payment.objects.count(), DemoIntent.objects.count()) == (1, 1, 1)


def test_the_same_event_from_many_deliveries_is_stored_once():
    facts = read_event(b'{"id": "evt_1", "type": "charge.refunded", "data": {"object": {}}}')

    answers = together(lambda number: store_event(facts, now=clock.now()).is_new)

    assert sorted(answers) == [False] * (CROWD - 1) + [True]
    assert (WebhookEvent.objects.count(), Job.objects.count()) == (1, 1)

    together(lambda number: process_event("evt_1", now=clock.now()).state)
    assert WebhookEvent.objects.get().state == "ignored"


def test_a_payment_is_locked_after_its_booking():
    payment = opened()

    def lock():
        try:
            with transaction.atomic():
                return queries.lock_payment(payment.pk).booking.version
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            booking = booking_for_update(payment.booking_id)
            waiter = threads.submit(lock)
            wait_for(somebody_waits)
            # Nobody has it: who waits for the booking has not taken the payment before.
            assert Payment.objects.select_for_update(nowait=True).get() == payment
            Booking.objects.filter(pk=booking.pk).update(version=booking.version + 1)
        version = waiter.result()

    # And what was waited for is read as it is afterwards.
    assert version == booking.version + 1


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITED_FOR)
        return cursor.fetchone()[0]
