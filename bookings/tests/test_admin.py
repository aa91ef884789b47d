import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from bookings.tests.makers import CAR, confirmed, events, held, used
from ferries.tests import makers

pytestmark = pytest.mark.django_db
LIST = "admin:bookings_booking_changelist"


@pytest.fixture
def bob(client):
    user = User.objects.create_user("bob", is_staff=True)
    names = ("view_booking", "cancel_booking")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


def act(client, action, *bookings, **values):
    data = {"action": action, "_selected_action": [booking.pk for booking in bookings], **values}
    return client.post(reverse(LIST), data, follow=True)


def test_lists_and_finds_bookings(client, bob, now):
    booking, other = held(now=now), held(now=now, surname="Smith")

    page = client.get(reverse(LIST), {"q": "Smith"}).content.decode()

    assert other.reference in page
    assert booking.reference not in page


def test_the_list_costs_a_fixed_number_of_queries(client, bob, now, django_assert_max_num_queries):
    for _ in range(5):
        held(now=now)

    with django_assert_max_num_queries(12):
        client.get(reverse(LIST))


def test_shows_a_booking_that_nobody_can_edit(client, bob, now):
    booking = confirmed(now=now, vehicles=[CAR])

    answer = client.get(reverse("admin:bookings_booking_change", args=[booking.pk]))

    page = answer.content.decode()
    assert "ABC 123" in page
    assert "Tickets (PDF)" in page
    assert 'name="_save"' not in page
    assert client.get(reverse("admin:bookings_booking_add")).status_code == 403


def test_opens_the_tickets(client, bob, now):
    booking = confirmed(now=now)

    answer = client.get(reverse("admin:bookings_booking_tickets", args=[booking.pk]))

    assert answer.content.startswith(b"%PDF")


def test_asks_before_it_cancels(client, bob, now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    page = act(client, "cancel_by_conditions", booking).content.decode()

    assert booking.reference in page
    assert "USD 10.00 (charge USD 0.00)" in page
    assert used(sailing) == 1


@pytest.mark.parametrize(
    ("action", "code", "refund"),
    [("cancel_by_conditions", {}, 0), ("cancel_in_full", {"overrule": "strike"}, 1000)],
)
def test_cancels_with_a_reason(client, bob, now, heard, action, code, refund):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    booking.legs.update(conditions=[])

    page = act(client, action, booking, reason="storm", **code).content.decode()

    assert f"{booking.reference} is cancelled." in page
    assert heard.cancelled == [(booking.reference, refund, "storm")]
    assert events(booking)[-1] == ("confirmed", "cancelled", f"staff:{bob.pk}")
    assert used(sailing) == 0


def test_an_empty_reason_cancels_nothing(client, bob, now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    act(client, "cancel_in_full", booking, reason=" ", overrule="delay")

    assert used(sailing) == 1


@pytest.mark.parametrize("code", ["", "weather"])
def test_a_full_refund_needs_one_of_the_codes(client, bob, now, code):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    page = act(client, "cancel_in_full", booking, reason="storm", overrule=code).content.decode()

    assert "Why the conditions do not count" in page
    assert used(sailing) == 1


def test_says_what_could_not_be_cancelled(client, bob, now, heard):
    booking = confirmed(now=now)
    act(client, "cancel_in_full", booking, reason="once", overrule="delay")

    answer = act(client, "cancel_in_full", booking, reason="twice", overrule="delay")
    page = answer.content.decode()

    assert f"{booking.reference}: This is not possible any more" in page
    assert len(heard.cancelled) == 1


def test_staff_without_the_permission_are_not_offered_it(client, bob, now):
    bob.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    answer = act(client, "cancel_in_full", booking, reason="storm", overrule="delay")
    page = answer.content.decode()

    assert "Cancel with full refund" not in page
    assert used(sailing) == 1
