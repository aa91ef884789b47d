import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from bookings.tests.makers import confirmed, events, used
from ferries.tests import makers
from maritime.lib import references

pytestmark = pytest.mark.django_db


@pytest.fixture
def sailing():
    return makers.sailing()


@pytest.fixture
def booking(sailing, now):
    return confirmed(sailing, now=now)


def staff(*permissions: str) -> User:
    bob = User.objects.create_user("bob", password="secret-of-bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return bob


def signed_in(user: User) -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "x" * 32
    client.cookies["csrftoken"] = token
    client.credentials(HTTP_X_CSRFTOKEN=token)
    return client


READS = ("", "/tickets.pdf", "/calendar.ics")


@pytest.mark.parametrize("rest", READS)
@pytest.mark.parametrize("proof", ["?surname=Doe", "?email=jane@example.com"])
def test_the_owner_reads(api, booking, rest, proof):
    assert api.get(f"/api/v1/bookings/{booking.reference}{rest}{proof}").status_code == 200


@pytest.mark.parametrize("rest", READS)
@pytest.mark.parametrize("proof", ["", "?surname=Smith", "?email=john@example.com"])
def test_a_stranger_reads_nothing(api, booking, rest, proof):
    answer = api.get(f"/api/v1/bookings/{booking.reference}{rest}{proof}")

    assert (answer.status_code, answer.json()["code"]) == (404, "booking_not_found")


def test_an_unknown_reference_and_a_wrong_name_answer_alike(api, booking):
    wrong_name = api.get(f"/api/v1/bookings/{booking.reference}?surname=Smith")
    unknown = api.get(f"/api/v1/bookings/{references.new_reference()}?surname=Smith")

    assert wrong_name.content == unknown.content


@pytest.mark.parametrize("rest", READS)
def test_staff_who_may_view_read(booking, rest):
    client = signed_in(staff("view_booking"))

    assert client.get(f"/api/v1/bookings/{booking.reference}{rest}").status_code == 200


def test_staff_without_permission_are_strangers(booking):
    client = signed_in(staff())

    assert client.get(f"/api/v1/bookings/{booking.reference}").status_code == 404


@pytest.mark.parametrize("rest", ["/cancellation-quote", "/cancel"])
def test_a_stranger_cancels_nothing(api, booking, sailing, rest):
    answer = api.post(f"/api/v1/bookings/{booking.reference}{rest}?surname=Smith", {"token": "x"})

    assert answer.status_code == 404
    assert used(sailing) == 1


def cancel_as_staff(client, booking, **values):
    body = {"reason": "storm", "refund": "full", **values}
    return client.post(f"/api/v1/admin/bookings/{booking.reference}/cancel", body)


def test_staff_cancel_in_full(booking, sailing, heard):
    bob = staff("cancel_booking")

    answer = cancel_as_staff(signed_in(bob), booking, overrule="operator_cancelled")

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert heard.cancelled == [(booking.reference, 1000, "storm")]
    assert events(booking)[-1] == ("confirmed", "cancelled", f"staff:{bob.pk}")
    assert used(sailing) == 0


def test_staff_cancel_by_conditions(booking, heard):
    bob = staff("cancel_booking")
    booking.legs.update(conditions=[])

    answer = cancel_as_staff(signed_in(bob), booking, refund="conditions")

    assert answer.status_code == 200
    assert heard.cancelled == [(booking.reference, 0, "storm")]


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "", "overrule": "delay"},
        {"refund": "some"},
        {"refund": "full"},
        {"overrule": "weather"},
        {"overrule": "delay", "items": ["p0"]},
        {"refund": "conditions", "overrule": "delay"},
    ],
)
def test_staff_say_why_and_how(booking, values):
    answer = cancel_as_staff(signed_in(staff("cancel_booking")), booking, **values)

    assert answer.status_code == 422


def test_nobody_else_cancels_for_travellers(api, booking, sailing):
    alice = User.objects.create_user("alice")
    alice.user_permissions.set(Permission.objects.filter(codename="cancel_booking"))

    for client in (api, signed_in(staff("view_booking")), signed_in(alice)):
        answer = cancel_as_staff(client, booking, overrule="delay")
        assert answer.status_code == 403

    assert used(sailing) == 1


def test_a_staff_session_needs_its_csrf_token(booking, sailing):
    client = signed_in(staff("cancel_booking"))
    client.credentials()

    answer = cancel_as_staff(client, booking)

    assert answer.status_code == 403
    assert used(sailing) == 1
