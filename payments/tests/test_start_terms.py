"""What a payment may cost and be paid with, and what becomes of one that lost its way."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import responses

from bookings.errors import HoldExpired
from bookings.models import Booking
from bookings.operations.expire import expire_holds
from bookings.tests.makers import held
from ferries.models import FareRule
from ferries.tests import makers as ferries
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments.errors import AmountNotPayable
from payments.models import DemoIntent, Payment
from payments.operations.settle import settle
from payments.operations.start import start_payment
from payments.tests.makers import at_provider, opened, state_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
INTENTS = "https://api.stripe.com/v1/payment_intents"


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def stripe(settings):
    """Stripe with two configurations of methods; returns what it is sent."""
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = ""
    settings.STRIPE_METHOD_CONFIGURATION = "pmc_all"
    settings.STRIPE_INSTANT_METHOD_CONFIGURATION = "pmc_instant"
    with responses.RequestsMock() as api:
        yield api


def answer(number, **changes):
    facts = {
        "id": f"pi_{number}",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "amount": 1000,
        "currency": "usd",
        "client_secret": f"pi_{number}_secret",
        "metadata": {},
    }
    return {**facts, **changes}


def sent(api, number=0):
    return {name: values[0] for name, values in parse_qs(api.calls[number].request.body).items()}


def leaving_in(hours, now):
    return held(ferries.sailing(departs_at=now + hours * HOUR), now=now)


@pytest.mark.parametrize(
    ("hours", "configuration"), [(3, "pmc_instant"), (95, "pmc_instant"), (97, "pmc_all")]
)
def test_slow_methods_end_some_days_before_departure(now, stripe, hours, configuration):
    stripe.post(INTENTS, json=answer(1))

    start_payment(leaving_in(hours, now).pk, now=now)

    assert sent(stripe)["payment_method_configuration"] == configuration


def test_the_settings_say_when_slow_methods_end(now, stripe, settings):
    settings.PAYMENT_ASYNC_CLOSE_HOURS = 24
    stripe.post(INTENTS, json=answer(1))

    start_payment(leaving_in(25, now).pk, now=now)

    assert sent(stripe)["payment_method_configuration"] == "pmc_all"


def test_a_repeated_start_asks_for_the_same(now, stripe):
    booking = leaving_in(96.05, now)
    stripe.post(INTENTS, status=500, json={"error": {"type": "api_error"}})
    with pytest.raises(Exception, match="does not answer"):
        start_payment(booking.pk, now=now)
    calls = len(stripe.calls)
    stripe.replace("POST", INTENTS, json=answer(1))

    start_payment(booking.pk, now=now + timedelta(minutes=5))

    assert sent(stripe, calls) == sent(stripe, 0)
    keys = {call.request.headers["Idempotency-Key"] for call in stripe.calls}
    assert keys == {f"pi:{Payment.objects.get().public_id}"}


@pytest.mark.parametrize(
    ("currency", "total", "smallest", "words"),
    [
        ("EUR", 49, 50, "EUR 0.49 cannot be paid"),
        ("KWD", 10_235, 10_240, "the smallest sum from there on is KWD 10.240"),
        ("JPY", 30, 50, "JPY 30 cannot be paid"),
    ],
)
def test_refuses_what_no_provider_can_charge(now, currency, total, smallest, words):
    booking = held(now=now)
    Booking.objects.update(currency=currency, total=total)

    with pytest.raises(AmountNotPayable) as refused:
        start_payment(booking.pk, now=now)

    assert refused.value.details == {"amount": total, "smallest": smallest, "currency": currency}
    assert words in refused.value.message
    assert (Payment.objects.count(), DemoIntent.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("currency", "total", "at_provider"), [("ISK", 500, 50_000), ("KWD", 10_240, 10_240)]
)
def test_sends_the_amount_in_the_units_of_the_provider(now, stripe, currency, total, at_provider):
    booking = held(now=now)
    Booking.objects.update(currency=currency, total=total)
    stripe.post(INTENTS, json=answer(1, amount=at_provider, currency=currency.lower()))

    assert start_payment(booking.pk, now=now).payment.amount == total
    assert sent(stripe)["amount"] == str(at_provider)


def test_free_booking_whose_places_are_gone_is_not_called_paid(now):
    sailing = ferries.sailing(persons=1)
    FareRule.objects.update(amount=0)
    booking = held(sailing, now=now)
    booking.legs.update(operator_state="refused")

    with pytest.raises(HoldExpired):
        start_payment(booking.pk, now=now)

    assert state_of(booking) == "expired"


def test_changed_price_closes_the_open_intent_and_opens_another(now):
    first = opened(now=now)
    Booking.objects.update(total=1500)

    second = start_payment(first.booking_id, now=now).payment

    assert (state_of(first), state_of(second), second.amount) == ("canceled", "open", 1500)
    assert at_provider(first).status == "canceled"


def test_changed_price_that_comes_too_late_is_paid_at_the_old_one_and_told_to_staff(now):
    payment = opened(now=now)
    at_provider(payment, status="succeeded", amount_received=1000)
    Booking.objects.update(total=1500)

    started = start_payment(payment.booking_id, now=now)

    assert (started.payment, started.payment.state) == (payment, "quarantined")
    assert StaffTask.objects.get().kind == "quarantine"
    assert DemoIntent.objects.count() == 1


def test_open_payment_that_the_provider_lost_is_replaced(now):
    first = opened(now=now)
    DemoIntent.objects.all().delete()

    second = start_payment(first.booking_id, now=now).payment

    assert (state_of(first), state_of(second)) == ("canceled", "open")


def test_hold_that_ends_closes_the_intent_even_if_every_job_is_lost(now):
    payment = opened(now=now)
    expire_holds(now=now + HOUR)
    Job.objects.all().delete()

    settle(payment.pk, now=now + HOUR)

    assert (state_of(payment), DemoIntent.objects.get().status) == ("canceled", "canceled")
