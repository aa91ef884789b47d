"""Alice owns the booking, Bob is on the staff, Charlie is a stranger."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from bookings.tests.makers import held
from ferries.models import FareRule
from maritime.lib import clock
from maritime.lib.references import access_token
from payments.models import DemoIntent, Payment, Refund
from payments.tests.makers import opened, refunded, succeeded

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def bob():
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="refund_payment"))
    client = APIClient()
    client.force_login(user)
    client.user_id = user.pk
    return client


def pay_url(booking):
    return f"/api/v1/bookings/{booking.reference}/payment"


def refund_url(booking):
    return f"/api/v1/admin/bookings/{booking.reference}/refund"


def test_alice_starts_the_payment_with_her_token(api):
    booking = held(now=clock.now())
    token = access_token(booking.public_id)

    answer = api.post(pay_url(booking), HTTP_AUTHORIZATION=f"Bearer {token}")

    intent = DemoIntent.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "gateway": "demo",
        "payment_intent": intent.intent_id,
        "client_secret": intent.client_secret,
        "amount": 1000,
        "currency": "USD",
    }
    assert answer["Cache-Control"] == "no-store"


def test_alice_gets_the_same_payment_again_by_her_surname(api):
    booking = held(now=clock.now())
    first = api.post(pay_url(booking) + "?surname=doe")

    second = api.post(pay_url(booking) + "?surname=DOE")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Payment.objects.count() == 1


def test_free_booking_needs_no_provider(api):
    booking = held(now=clock.now())
    Booking.objects.update(total=0)
    FareRule.objects.update(amount=0)

    answer = api.post(pay_url(booking) + "?surname=Doe")

    assert answer.status_code == 201
    assert answer.json() == {
        "gateway": "none",
        "payment_intent": None,
        "client_secret": None,
        "amount": 0,
        "currency": "USD",
    }
    assert Booking.objects.get().state == "paid"


@pytest.mark.parametrize("query", ["", "?surname=Smith", "?surname="])
def test_charlie_cannot_start_a_payment(api, query):
    booking = held(now=clock.now())

    answer = api.post(pay_url(booking) + query, HTTP_AUTHORIZATION="Bearer nonsense")

    assert (answer.status_code, answer.json()["code"]) == (404, "booking_not_found")
    assert Payment.objects.count() == 0


def test_cancelled_booking_answers_409(api):
    booking = held(now=clock.now())
    cancel_in_full(booking.pk, actor="staff:1", reason="storm", now=clock.now())

    answer = api.post(pay_url(booking) + "?surname=Doe")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert answer["Content-Type"] == "application/problem+json"


def test_get_is_not_allowed(api):
    assert api.get(pay_url(held(now=clock.now())) + "?surname=Doe").status_code == 405


def test_bob_refunds_a_part(bob):
    payment = succeeded()

    answer = bob.post(refund_url(payment.booking), {"amount": 400, "reason": "late ship"})

    refund = Refund.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "reference": payment.booking.reference,
        "amount": 400,
        "currency": "USD",
        "state": "requested",
        "refunds": [
            {
                "id": str(refund.public_id),
                "amount": 400,
                "state": "requested",
                "waits_for": "",
                "reason": "late ship",
            }
        ],
    }
    assert refund.actor == f"staff:{bob.user_id}"


def test_bob_refunds_the_rest_when_he_names_no_amount(bob):
    payment = succeeded()
    refunded(payment, 300)

    answer = bob.post(refund_url(payment.booking), {"reason": "storm"})

    assert (answer.status_code, answer.json()["amount"]) == (201, 700)


@pytest.mark.parametrize("by_header", [True, False])
def test_bob_repeats_a_request_and_refunds_once(bob, by_header):
    payment = succeeded()
    body = {"amount": 400, "reason": "late", **({} if by_header else {"request_key": "r1"})}
    headers = {"HTTP_IDEMPOTENCY_KEY": "r1"} if by_header else {}

    first = bob.post(refund_url(payment.booking), body, **headers)
    second = bob.post(refund_url(payment.booking), body, **headers)

    assert (second.status_code, second.json()) == (201, first.json())
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 1001, "reason": "r"}, 409, "refund_too_large"),
        ({"amount": 0, "reason": "r"}, 422, "invalid_input"),
        ({"amount": -5, "reason": "r"}, 422, "invalid_input"),
        ({"amount": "4.5", "reason": "r"}, 422, "invalid_input"),
        ({"amount": 10**12, "reason": "r"}, 422, "invalid_input"),
        ({"amount": 5}, 422, "invalid_input"),
        ({"amount": 5, "reason": "r" * 101}, 422, "invalid_input"),
        ({"amount": 5, "reason": "r", "request_key": "k" * 81}, 422, "invalid_input"),
    ],
)
def test_bob_is_told_what_is_wrong(bob, body, status, code):
    payment = succeeded()

    answer = bob.post(refund_url(payment.booking), body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Refund.objects.count() == 0


def test_bob_cannot_refund_what_is_not_paid(bob):
    payment = opened()

    answer = bob.post(refund_url(payment.booking), {"reason": "r"})

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_refund")


def test_unknown_booking_answers_404(bob):
    answer = bob.post("/api/v1/admin/bookings/NOPE/refund", {"reason": "r"})

    assert (answer.status_code, answer.json()["code"]) == (404, "booking_not_found")


@pytest.mark.parametrize("who", ["nobody", "customer", "staff without the permission"])
def test_others_cannot_refund(api, who):
    payment = succeeded()
    if who != "nobody":
        is_staff = who.startswith("staff")
        api.force_login(User.objects.create_user("charlie", is_staff=is_staff))

    answer = api.post(
        refund_url(payment.booking),
        {"reason": "r"},
        HTTP_AUTHORIZATION=f"Bearer {access_token(payment.booking.public_id)}",
    )

    assert answer.status_code == 403
    assert Refund.objects.count() == 0


def test_refund_by_session_needs_the_csrf_token():
    payment = succeeded()
    user = User.objects.create_superuser("root")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(refund_url(payment.booking), {"reason": "r"}).status_code == 403
    assert Refund.objects.count() == 0
