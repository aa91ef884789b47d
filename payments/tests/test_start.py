from datetime import timedelta

import pytest
from django.db import transaction

from bookings.errors import HoldExpired, WrongState
from bookings.operations.cancel import cancel_in_full
from bookings.tests.makers import held
from ferries.errors import NotBookable
from ferries.models import FareRule, Sailing
from ferries.tests import makers as ferries
from maritime.lib import clock
from payments.errors import PaymentsNotConfigured, ProviderUnavailable
from payments.models import DemoIntent, Payment
from payments.operations.start import start_payment
from payments.tests.makers import at_provider, opened, state_of, succeeded

pytestmark = pytest.mark.django_db


def test_opens_an_intent_for_the_price():
    now = clock.now()
    booking = held(now=now)

    started = start_payment(booking.pk, now=now)

    payment, intent = Payment.objects.get(), DemoIntent.objects.get()
    assert started.payment == payment
    assert (started.gateway, started.created) == ("demo", True)
    assert started.client_secret == intent.client_secret
    assert (payment.state, payment.amount, payment.currency) == ("open", 1000, "USD")
    assert (payment.intent_id, payment.captured) == (intent.intent_id, 0)
    assert intent.idempotency_key == f"pi:{payment.public_id}"
    assert (intent.amount, intent.currency) == (1000, "USD")
    assert intent.metadata == {
        "app": "maritime",
        "environment": "http://127.0.0.1:9",
        "booking": booking.reference,
        "payment": str(payment.public_id),
    }
    assert state_of(booking) == "payment_pending"


def test_reuses_the_open_payment_on_reload():
    now = clock.now()
    booking = held(now=now)
    first = start_payment(booking.pk, now=now)

    second = start_payment(booking.pk, now=now)

    assert (second.payment, second.client_secret) == (first.payment, first.client_secret)
    assert second.created is False
    assert (Payment.objects.count(), DemoIntent.objects.count()) == (1, 1)


def test_opens_another_payment_when_the_provider_closed_the_first():
    first = opened()
    at_provider(first, status="canceled")

    second = start_payment(first.booking_id, now=clock.now()).payment

    assert second is not None
    assert second != first
    assert (state_of(first), state_of(second)) == ("canceled", "open")


def test_takes_in_money_that_came_while_the_page_was_open():
    payment = opened()
    at_provider(payment, status="succeeded", amount_received=1000)

    started = start_payment(payment.booking_id, now=clock.now())

    assert started.payment == payment
    assert (state_of(payment), state_of(payment.booking)) == ("succeeded", "paid")


def test_free_booking_is_paid_without_a_provider(settings):
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = ""
    now = clock.now()
    sailing = ferries.sailing()
    FareRule.objects.update(amount=0)
    booking = held(sailing, now=now)

    started = start_payment(booking.pk, now=now)

    assert (started.payment, started.gateway, started.client_secret) == (None, "none", "")
    assert (state_of(booking), Payment.objects.count()) == ("paid", 0)


def test_refuses_when_the_sailing_was_cancelled_meanwhile():
    now = clock.now()
    booking = held(now=now)
    Sailing.objects.update(status=Sailing.Status.CANCELLED)

    with pytest.raises(NotBookable):
        start_payment(booking.pk, now=now)

    assert (state_of(booking), Payment.objects.count()) == ("held", 0)


def test_refuses_after_the_hold_has_expired():
    now = clock.now()
    booking = held(now=now)

    with pytest.raises(HoldExpired):
        start_payment(booking.pk, now=now + timedelta(minutes=16))

    assert (Payment.objects.count(), DemoIntent.objects.count()) == (0, 0)


def test_refuses_what_is_paid_or_cancelled():
    payment = succeeded()
    with pytest.raises(WrongState):
        start_payment(payment.booking_id, now=clock.now())

    cancel_in_full(payment.booking_id, actor="staff:1", reason="storm", now=clock.now())
    with pytest.raises(WrongState):
        start_payment(payment.booking_id, now=clock.now())

    assert Payment.objects.count() == 1


def test_refuses_when_payments_are_not_configured(settings):
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = ""
    now = clock.now()
    booking = held(now=now)

    with pytest.raises(PaymentsNotConfigured):
        start_payment(booking.pk, now=now)

    assert Payment.objects.count() == 0


def test_drops_a_demo_payment_when_real_keys_are_set(settings):
    payment = opened()

    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(ProviderUnavailable):
        start_payment(payment.booking_id, now=clock.now())

    assert state_of(payment) == "canceled"
    assert Payment.objects.get(gateway="stripe").state == "open"


@pytest.mark.django_db(transaction=True)
def test_never_runs_inside_a_transaction():
    now = clock.now()
    booking = held(now=now)

    with transaction.atomic(), pytest.raises(RuntimeError):
        start_payment(booking.pk, now=now)

    assert DemoIntent.objects.count() == 0
