"""Cancelling parts through HTTP."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User

from bookings.tests.cancel_worlds import Refunds, family, ships, tickets
from maritime.lib import clock, references

pytestmark = pytest.mark.django_db


def post(api, booking, rest, body):
    token = references.access_token(booking.public_id)
    address = f"/api/v1/bookings/{booking.reference}/{rest}"
    return api.post(address, body, headers={"Authorization": f"Bearer {token}"})


def quoted(api, booking, **selection):
    return post(api, booking, "cancellation-quote", selection)


def agreed(quote, **changes):
    sums = {"expected_refund": quote["refund"], "expected_charge": quote["charge"]}
    return {"token": quote["token"], **sums, **changes}


def test_quotes_and_cancels_a_traveller(api, now):
    booking = family(*ships(), now=now)

    quote = quoted(api, booking, legs=[1], items=["p1"]).json()
    answer = post(api, booking, "cancel", agreed(quote))

    assert (quote["refund"], quote["charge"], quote["ends_booking"]) == (1000, 0, False)
    assert quote["selection"] == {"legs": [1], "items": ["p1"]}
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert answer.json()["price"]["amount"] == 16000
    assert (1, "p1") not in tickets(booking)


@pytest.mark.parametrize(
    ("selection", "status", "code"),
    [
        ({"legs": [1], "items": ["p0", "p1"]}, 422, "rest_cannot_travel"),
        ({"items": ["p7"]}, 422, "invalid_selection"),
        ({"items": ["t0"]}, 422, "invalid_selection"),
        ({"legs": [3]}, 422, "invalid"),
        ({"items": ["p1; drop"]}, 422, "invalid"),
        ({"legs": "x"}, 422, "invalid"),
    ],
)
def test_says_what_cannot_be_cancelled(api, now, selection, status, code):
    booking = family(*ships(), now=now)

    answer = quoted(api, booking, **selection)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert code in answer.json()["code"]


@pytest.mark.parametrize("missing", ["token", "expected_refund", "expected_charge"])
def test_needs_the_token_and_the_sums(api, now, missing):
    booking = family(*ships(), now=now)
    body = agreed(quoted(api, booking, items=["p1"]).json())
    del body[missing]

    answer = post(api, booking, "cancel", body)

    assert answer.status_code == 422
    assert len(tickets(booking)) == 8


def test_another_sum_brings_a_new_quote_for_the_same_part(api, now):
    booking = family(*ships(), now=now)
    quote = quoted(api, booking, items=["p1"]).json()

    answer = post(api, booking, "cancel", agreed(quote, expected_refund=1999))
    again = post(api, booking, "cancel", agreed(answer.json()["quote"]))

    assert (answer.status_code, answer.json()["code"]) == (409, "quote_outdated")
    assert answer.json()["quote"]["selection"] == {"legs": [], "items": ["p1"]}
    assert again.status_code == 200


def test_what_is_cancelled_already_answers_409(api, now):
    booking = family(*ships(), now=now)
    first, second = (quoted(api, booking, items=["p1"]).json() for _ in range(2))
    post(api, booking, "cancel", agreed(first))

    repeated = post(api, booking, "cancel", agreed(first))
    other = quoted(api, booking, items=["p1"])

    assert repeated.status_code == 200
    assert (other.status_code, other.json()["code"]) == (409, "already_cancelled")
    assert second["refund"] == 2000


@pytest.fixture
def staff(api):
    bob = User.objects.create_user("bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename="cancel_booking"))
    api.force_login(bob)
    return bob


def staff_cancel(api, booking, **body):
    address = f"/api/v1/admin/bookings/{booking.reference}/cancel"
    return api.post(address, {"reason": "letter of 3 May", **body})


def test_staff_cancel_a_part_by_the_conditions(api, staff, now):
    booking = family(*ships(), now=now)

    with Refunds() as refunds:
        answer = staff_cancel(api, booking, refund="conditions", legs=[1], items=["p1"])

    assert (answer.status_code, answer.json()["state"], refunds.due) == (200, "confirmed", [1000])


def test_staff_overrule_by_a_code_that_is_kept(api, staff, now):
    booking = family(*ships(), now=now)
    booking.legs.update(departs_at=clock.now() + timedelta(hours=1))

    with Refunds() as refunds:
        answer = staff_cancel(api, booking, refund="full", overrule="death")

    assert (answer.status_code, answer.json()["state"], refunds.due) == (200, "cancelled", [17000])
    assert booking.events.latest("pk").reason.startswith("death: letter of 3 May: crossing 1")
