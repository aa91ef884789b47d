"""What travellers, programs and staff see of vouchers."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from bookings.tests.cancel_worlds import cancel
from bookings.tests.makers import held
from maritime.lib import clock
from maritime.lib.references import access_token
from payments.models import Voucher
from payments.tests.test_vouchers import DAY, sold, used, voucher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.PAYMENTS_DEMO = True


def pay_page(booking) -> str:
    return f"/pay/{access_token(booking.public_id)}/"


def test_a_traveller_pays_with_the_code_on_the_pay_page(client):
    found, booking = voucher(1500), held(now=clock.now())
    assert "Voucher code" in client.get(pay_page(booking)).content.decode()

    answer = client.post(f"{pay_page(booking)}voucher/", {"code": found.code})

    assert answer.url == f"/booking/{access_token(booking.public_id)}/"
    booking.refresh_from_db()
    assert (booking.state, booking.paid, used(found)) == ("paid", 1000, 1000)


def test_the_pay_page_says_what_is_wrong_beside_the_field(client):
    found, booking = voucher(400), held(now=clock.now())

    answer = client.post(f"{pay_page(booking)}voucher/", {"code": found.code})

    assert answer.status_code == 409
    assert "covers USD 4.00 of USD 10.00" in answer.content.decode()
    assert used(found) == 0


@pytest.mark.parametrize(
    ("code", "status"), [("NOPE", 404), ("", 422), ("\x00", 422), ("x" * 41, 422)]
)
def test_codes_that_are_none(client, code, status):
    booking = held(now=clock.now())

    answer = client.post(f"{pay_page(booking)}voucher/", {"code": code})

    assert answer.status_code == status
    assert "field-wrong" in answer.content.decode()


def test_guessing_codes_is_throttled(client):
    booking = held(now=clock.now())

    answers = [
        client.post(f"{pay_page(booking)}voucher/", {"code": "NOPE"}).status_code for _ in range(40)
    ]

    assert answers[0] == 404
    assert answers[-1] == 429


def test_a_program_pays_and_sees_what_is_left():
    found, booking = voucher(1500), held(now=clock.now())
    url = f"/api/v1/bookings/{booking.reference}/voucher?surname=Doe"

    answer = APIClient().post(url, {"code": found.code}, format="json")

    assert answer.status_code == 201
    assert answer.json() == {
        "gateway": "voucher", "amount": 1000, "currency": "USD", "state": "paid", "left": 500,
    }  # fmt: skip
    assert answer["Cache-Control"] == "no-store"


def test_a_program_is_told_the_numbers():
    found, booking = voucher(400), held(now=clock.now())
    url = f"/api/v1/bookings/{booking.reference}/voucher?surname=Doe"

    answer = APIClient().post(url, {"code": found.code}, format="json")

    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "voucher_too_small")
    assert (body["left"], body["due"], body["currency"]) == (400, 1000, "USD")


def test_a_stranger_can_neither_spend_nor_see_it():
    found, booking = voucher(), held(now=clock.now())
    stranger = APIClient()

    spent = stranger.post(f"/api/v1/bookings/{booking.reference}/voucher", {"code": found.code})
    seen = stranger.get(f"/api/v1/bookings/{found.booking.reference}?surname=Smith")

    assert (spent.status_code, seen.status_code) == (404, 404)
    assert found.code not in seen.content.decode()
    assert used(found) == 0


def test_booking_and_its_page_show_the_voucher(client):
    booking = sold()
    cancel(booking, now=clock.now())
    found = Voucher.objects.get()

    answer = client.get(f"/api/v1/bookings/{booking.reference}?surname=Doe").json()
    page = client.get(f"/booking/{access_token(booking.public_id)}/").content.decode()

    assert answer["vouchers"] == [
        {
            "code": found.code,
            "amount": 500,
            "left": 500,
            "currency": "USD",
            "expires_at": found.expires_at.isoformat().replace("+00:00", "Z"),
        }
    ]
    assert found.code in page
    assert "as a voucher" in page


def test_staff_find_a_voucher_and_cannot_change_it(client):
    found = voucher(1500, expires_at=clock.now() + DAY)
    client.force_login(User.objects.create_superuser("root"))

    listed = client.get("/admin/payments/voucher/", {"q": found.code})
    form = client.get(f"/admin/payments/voucher/{found.pk}/change/").content.decode()

    assert "USD 15.00" in listed.content.decode()
    assert 'name="_save"' not in form
