import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from maritime.ops.models import Job
from payments.models import Payment, Refund, WebhookEvent
from payments.tests.makers import event, opened, post, refunded, succeeded

pytestmark = pytest.mark.django_db
PAYMENTS = reverse("admin:payments_payment_changelist")


def staff(client, *codenames):
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


@pytest.fixture
def bob(client):
    client.user_id = staff(client, "view_payment", "refund_payment").pk
    return client


def refund_form(client, payment):
    return client.post(PAYMENTS, {"action": "refund", "_selected_action": payment.pk})


def key_in(page):
    found = re.search(r'name="request_key" value="([0-9a-f]+)"', page.content.decode())
    assert found
    return found[1]


def send_form(client, payment, *, amount, key, reason="late ship"):
    return client.post(
        PAYMENTS,
        {
            "action": "refund", "apply": "1", "_selected_action": payment.pk,
            "amount": amount, "reason": reason, "request_key": key,
        },
        follow=True,
    )  # fmt: skip


def test_refund_action_asks_for_the_amount_and_offers_what_is_left(bob):
    payment = succeeded()
    refunded(payment, 300)

    page = refund_form(bob, payment)

    assert page.status_code == 200
    assert 'name="amount" value="7.00"' in page.content.decode()
    assert "At most USD 7.00." in page.content.decode()
    assert Refund.objects.count() == 1


def test_refunds_a_part_once_however_often_the_form_is_sent(bob):
    payment = succeeded()
    key = key_in(refund_form(bob, payment))

    for _ in range(2):
        page = send_form(bob, payment, amount="4.50", key=key)
        assert "Refund of USD 4.50 is on its way." in page.content.decode()

    refund = Refund.objects.get()
    assert (refund.amount, refund.reason) == (450, "late ship")
    assert refund.actor == f"staff:{bob.user_id}"
    assert Payment.objects.get().refunded == 450


@pytest.mark.parametrize("amount", ["0", "-1", "10.01", "4.505", "much", "", "NaN", "1e99", "inf"])
def test_refuses_amounts_that_cannot_be(bob, amount):
    payment = succeeded()

    page = send_form(bob, payment, amount=amount, key="k")

    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert Refund.objects.count() == 0


def test_key_of_another_refund_is_refused_with_a_sentence(bob):
    payment = succeeded()
    send_form(bob, payment, amount="1.00", key="k")

    page = send_form(bob, payment, amount="2.00", key="k")

    assert "This request key was used for another refund." in page.content.decode()
    assert Refund.objects.count() == 1


def test_a_booking_is_refunded_from_the_list_of_bookings(bob, client):
    payment = succeeded()
    codenames = ("view_booking", "view_payment", "refund_payment")
    permissions = Permission.objects.filter(codename__in=codenames)
    User.objects.get(pk=bob.user_id).user_permissions.set(permissions)
    bookings = reverse("admin:bookings_booking_changelist")

    page = bob.post(bookings, {"action": "refund", "_selected_action": payment.booking_id})
    send_form(bob, payment, amount="4.00", key=key_in(page))

    assert f'<form method="post" action="{PAYMENTS}">' in page.content.decode()
    assert Refund.objects.get().amount == 400


def test_refund_action_wants_one_payment_with_money(bob):
    payment = opened()

    page = bob.post(PAYMENTS, {"action": "refund", "_selected_action": payment.pk}, follow=True)

    assert "Choose one payment that has received money." in page.content.decode()


def test_staff_without_the_permission_cannot_refund(client):
    staff(client, "view_payment")
    payment = succeeded()

    send_form(client, payment, amount="1.00", key="k")

    assert Refund.objects.count() == 0


def test_customers_do_not_get_in(client):
    payment = succeeded()
    client.force_login(User.objects.create_user("charlie"))

    answer = client.post(PAYMENTS, {"action": "refund", "_selected_action": payment.pk})

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


def test_payments_are_found_by_the_reference_of_the_booking(admin_client):
    payment = succeeded()

    found = admin_client.get(PAYMENTS, {"q": payment.booking.reference}).content.decode()

    assert "1 payment" in found


@pytest.mark.parametrize("model", ["payment", "refund", "webhookevent"])
def test_rows_are_read_only(admin_client, client, model):
    payment = succeeded()
    refunded(payment, 100)
    post(client, event(payment, "payment_intent.created"))
    row = {"payment": Payment, "refund": Refund, "webhookevent": WebhookEvent}[model].objects.get()

    shown = admin_client.get(reverse(f"admin:payments_{model}_change", args=[row.pk]))
    added = admin_client.get(reverse(f"admin:payments_{model}_add"))
    deleted = admin_client.post(
        reverse(f"admin:payments_{model}_delete", args=[row.pk]), {"post": "yes"}
    )
    listed = admin_client.get(reverse(f"admin:payments_{model}_changelist"))

    assert (shown.status_code, listed.status_code) == (200, 200)
    assert (added.status_code, deleted.status_code) == (403, 403)
    assert 'type="submit" value="Save"' not in shown.content.decode()


def test_dead_events_are_processed_again(admin_client, client):
    payment = opened()
    post(client, event(payment, "payment_intent.succeeded"))
    Job.objects.update(state="dead", attempts=4)

    page = admin_client.post(
        reverse("admin:payments_webhookevent_changelist"),
        {"action": "retry", "_selected_action": WebhookEvent.objects.get().pk},
        follow=True,
    )

    assert "Events that will be processed again: 1." in page.content.decode()
    assert Job.objects.values_list("state", "attempts").get() == ("pending", 0)
