"""Refunds for programs of staff, and what a traveller's program reads."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from maritime.lib.references import access_token
from payments.models import Refund
from payments.tests.back.worlds import asked, disputed, paid, states

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.REFUND_APPROVAL_ABOVE = 5


@pytest.fixture
def payment(provider):
    return paid(provider)


def staff(name, *codenames):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = APIClient()
    client.force_login(user)
    return client


def decide(client, refund_id, what):
    return client.post(f"/api/v1/admin/refunds/{refund_id}/{what}")


def test_one_asks_and_another_one_approves(payment):
    bob, eve = staff("bob", "refund_payment", "approve_refund"), staff("eve", "approve_refund")
    asked_for = bob.post(
        f"/api/v1/admin/bookings/{payment.booking.reference}/refund", {"amount": 600, "reason": "r"}
    )
    assert asked_for.status_code == 201
    (refund,) = asked_for.json()["refunds"]
    assert (refund["state"], refund["waits_for"]) == ("waiting", "approval")

    own = decide(bob, refund["id"], "approve")
    other = decide(eve, refund["id"], "approve")

    assert (own.status_code, own.json()["code"]) == (403, "own_refund")
    assert (other.status_code, other.json()["state"]) == (200, "requested")
    late = decide(eve, refund["id"], "decline")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_payment_state")


def test_declining_answers_with_the_cancelled_refund(payment):
    refund = asked(payment, 600)

    answer = decide(staff("eve", "approve_refund"), refund.public_id, "decline")

    assert (answer.status_code, answer.json()["state"]) == (200, "canceled")


@pytest.mark.parametrize("what", ["approve", "decline"])
def test_others_decide_nothing(payment, what):
    refund = asked(payment, 600)

    refused = decide(staff("bob", "refund_payment"), refund.public_id, what)
    anonymous = decide(APIClient(), refund.public_id, what)
    unknown = decide(staff("eve", "approve_refund"), uuid.uuid4(), what)

    assert (refused.status_code, anonymous.status_code, unknown.status_code) == (403, 403, 404)
    assert states() == [("waiting", "approval", 600)]


def test_refunding_what_is_disputed_answers_409(provider, payment):
    disputed(provider, payment)

    answer = staff("bob", "refund_payment").post(
        f"/api/v1/admin/bookings/{payment.booking.reference}/refund", {"amount": 6, "reason": "r"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "refund_blocked")
    assert Refund.objects.count() == 0


def test_the_json_of_a_booking_tells_its_refunds(payment):
    refund = asked(payment, 600)
    token = access_token(payment.booking.public_id)

    answer = APIClient().get(
        f"/api/v1/bookings/{payment.booking.reference}", HTTP_AUTHORIZATION=f"Bearer {token}"
    )

    (told,) = answer.json()["refunds"]
    assert (told["id"], told["amount"], told["currency"]) == (str(refund.public_id), 600, "USD")
    assert (told["state"], told["text"]) == ("waiting", "waiting: our staff are checking it")


def test_the_page_of_a_booking_tells_its_refunds(provider, payment, client):
    asked(payment, 600)
    token = access_token(payment.booking.public_id)

    text = client.get(f"/booking/{token}/").content.decode()

    assert "<strong>USD 6.00</strong> waiting: our staff are checking it" in text
