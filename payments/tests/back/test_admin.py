"""Pages and buttons with which staff look after money."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from bookings.models import Booking
from maritime.ops.models import Job, StaffTask
from payments.models import Dispute, Payment, Refund, WebhookEvent
from payments.operations.send import settle_refunds
from payments.tests.back.worlds import asked, decided, disputed, open_tasks, paid, sent, states

pytestmark = pytest.mark.django_db
ALL = (
    "view_payment", "view_refund", "view_dispute", "view_webhookevent", "view_booking",
    "refund_payment", "approve_refund", "change_webhookevent",
)  # fmt: skip


def sign_in(client, name, *codenames):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


@pytest.fixture
def bob(client):
    return sign_in(client, "bob", *ALL)


@pytest.fixture
def payment(provider):
    return paid(provider)


def page(client, row):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    answer = client.get(reverse(name, args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def press(client, row, action, **more):
    """Press a button on the page of a row, and return the page that follows."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    sent = {"action": action, "_selected_action": row.pk, "from_page": "1", **more}
    return client.post(address, sent, follow=True).content.decode()


def press_and_confirm(client, row, action):
    """Press a button that moves money, and the one of the page that asks; return what follows."""
    asks = press(client, row, action)
    assert "Yes, give the money back" in asks
    assert 'name="from_page" value="1"' in asks
    return press(client, row, action, confirmed="1")


def buttons(text):
    return [name for name in ("refund", "verify", "approve", "decline", "ask_now", "again", "retry")
            if f'name="action" value="{name}"' in text]  # fmt: skip


def test_payment_page_tells_the_story_with_links(client, bob, provider, payment):
    refund = sent(payment, 400)
    dispute_id = disputed(provider, payment, amount=500)
    provider.controls.end_refund(refund.refund_id, "failed")
    settle_refunds(payment.pk)
    told = {"intent_id": payment.intent_id, "body": "{}", "state": "done"}
    WebhookEvent.objects.create(
        event_id="evt_1", type="refund.failed", object_id=refund.refund_id, **told
    )
    charge = WebhookEvent.objects.create(
        event_id="evt_2", type="charge.refunded", object_id="ch_1", **told
    )
    Refund.objects.update(actor=f"staff:{bob.pk}")

    text = page(client, payment)

    for told in (
        "Payment of USD 10.00 started",
        "Refund of USD 4.00 opened by bob: goodwill",
        "Provider asked for the refund of USD 4.00",
        "Refund of USD 4.00: failed; staff must look (expired_or_canceled_card)",
        "Dispute over USD 5.00 opened (fraudulent)",
        "Event refund.failed: done",
        "Event charge.refunded: done",
    ):
        assert told in text
    event = WebhookEvent.objects.get(event_id="evt_1")
    dispute = Dispute.objects.get(dispute_id=dispute_id)
    assert reverse("admin:payments_payment_change", args=[payment.pk]) in page(client, charge)
    event_page = reverse("admin:payments_webhookevent_change", args=[event.pk])
    assert event_page in page(client, refund)
    for address in (
        reverse("admin:bookings_booking_change", args=[payment.booking_id]),
        reverse("admin:payments_refund_change", args=[refund.pk]),
        reverse("admin:payments_dispute_change", args=[dispute.pk]),
        reverse("admin:payments_webhookevent_change", args=[event.pk]),
        f"https://dashboard.stripe.com/test/payments/{payment.intent_id}",
    ):
        assert f'href="{address}"' in text
    assert buttons(text) == ["refund", "verify"]
    assert 'type="submit" value="Save"' not in text


def test_timeline_is_in_the_order_of_time(client, bob, provider, payment):
    sent(payment, 400)

    text = page(client, payment)

    steps = (
        "started",
        "Refund of USD 4.00 opened by",
        "Provider asked for the refund",
        "succeeded",
    )
    places = [text.rindex(step) if step == "succeeded" else text.index(step) for step in steps]
    assert places == sorted(places)


def test_other_pages_link_back_and_to_the_provider(client, bob, provider, payment):
    refund = sent(payment, 400)
    disputed(provider, payment, amount=500)
    dispute = Dispute.objects.get()
    event = WebhookEvent.objects.create(
        event_id="evt_1", type="x", object_id=dispute.dispute_id, body="{}", livemode=True
    )
    own = reverse("admin:payments_payment_change", args=[payment.pk])

    assert own in page(client, refund)
    assert own in page(client, dispute)
    assert f"https://dashboard.stripe.com/test/disputes/{dispute.dispute_id}" in page(
        client, dispute
    )
    text = page(client, event)
    assert reverse("admin:payments_dispute_change", args=[dispute.pk]) in text
    assert "https://dashboard.stripe.com/events/evt_1" in text


def test_verify_looks_at_the_provider_now(client, bob, provider, payment):
    provider.controls.dashboard_refund(payment.intent_id, 300)

    text = press(client, payment, "verify")

    assert "Payments that are up to date: 1." in text
    assert states() == [("succeeded", "", 300)]


def test_verify_says_when_the_provider_does_not_answer(client, bob, provider, payment):
    provider.faults.add("list_refunds", "503", times=2)

    assert "The payment service does not answer" in press(client, payment, "verify")


def test_a_large_refund_says_that_it_waits(client, bob, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = 5

    text = client.post(
        reverse("admin:payments_payment_changelist"),
        {"action": "refund", "apply": "1", "_selected_action": payment.pk, "amount": "6.00",
         "reason": "late ship", "request_key": "k"},
        follow=True,
    ).content.decode()  # fmt: skip

    assert "Refund of USD 6.00 waits until somebody else approves it." in text
    assert states() == [("waiting", "approval", 600)]


def test_approve_and_decline_by_button(client, bob, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    first, second = asked(payment, 501, key="a"), asked(payment, 499, key="b")
    Refund.objects.filter(pk=second.pk).update(state="waiting", waits_for="approval")
    assert buttons(page(client, first)) == ["approve", "decline"]

    asks = press(client, first, "approve")
    assert (states()[0][0], f"{payment.booking.reference}</td><td>USD 5.01" in asks) == (
        "waiting",
        True,
    )
    assert "Approved refunds: 1." in press_and_confirm(client, first, "approve")
    assert "Declined refunds: 1." in press(client, second, "decline")

    assert states() == [("requested", "", 501), ("canceled", "", 499)]
    first.refresh_from_db()
    assert first.approved_by == f"staff:{bob.pk}"


def test_an_own_refund_is_not_approved_by_button(client, bob, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = 5
    refund = asked(payment, 600, actor=f"staff:{bob.pk}")

    text = press_and_confirm(client, refund, "approve")

    assert "Somebody else must approve a refund that you asked for." in text
    assert states() == [("waiting", "approval", 600)]


@pytest.mark.parametrize(
    ("action", "codename"),
    [("approve", "approve_refund"), ("decline", "approve_refund"), ("again", "refund_payment")],
)
def test_buttons_need_their_permission(client, payment, settings, action, codename):
    settings.REFUND_APPROVAL_ABOVE = 5
    sign_in(client, "eve", *(name for name in ALL if name != codename))
    refund = asked(payment, 600)

    assert action not in buttons(page(client, refund))
    press(client, refund, action, confirmed="1")

    assert states() == [("waiting", "approval", 600)]


def test_failed_refund_is_sent_again_by_button(client, bob, provider, payment):
    refund = sent(payment, 400)
    provider.controls.end_refund(refund.refund_id, "failed")
    settle_refunds(payment.pk)
    refund.refresh_from_db()
    assert buttons(page(client, refund)) == ["again"]

    press_and_confirm(client, refund, "again")
    assert states() == [("failed", "", 400), ("requested", "", 400)]
    again = Refund.objects.get(state="requested")
    assert buttons(page(client, refund)) == []
    assert reverse("admin:payments_refund_change", args=[again.pk]) in page(client, refund)
    assert "Refunds that are up to date: 1." in press(client, Refund.objects.last(), "ask_now")

    assert (states()[1], open_tasks()) == (("succeeded", "", 400), [])


def test_only_what_can_be_sent_again_is_asked_about(client, bob, provider, payment):
    fine, failed = sent(payment, 100, key="a"), sent(payment, 400, key="b")
    provider.controls.end_refund(failed.refund_id, "failed")
    settle_refunds(payment.pk)
    address = reverse("admin:payments_refund_changelist")
    chosen = {"action": "again", "_selected_action": [fine.pk, failed.pk]}

    asks = client.post(address, chosen).content.decode()

    assert f'name="_selected_action" value="{failed.pk}"' in asks
    assert f'name="_selected_action" value="{fine.pk}"' not in asks
    assert "in their state: 1." in asks
    assert "This cannot be done" in press(client, fine, "again")


def test_dispute_is_looked_at_by_button(client, bob, provider, payment):
    dispute_id = disputed(provider, payment)
    provider.controls.end_dispute(dispute_id, "won")

    press(client, Dispute.objects.get(), "ask_now")

    assert Dispute.objects.get().state == "won"


def test_dead_event_is_replayed_by_button(client, bob):
    event = WebhookEvent.objects.create(
        event_id="evt_1", type="refund.failed", object_id="re_1", body="{}", state="failed"
    )
    Job.objects.create(task="t", key="event:evt_1", state="dead", attempts=4)
    assert buttons(page(client, event)) == ["retry"]

    assert "Events that will be processed again: 1." in press(client, event, "retry")
    assert Job.objects.get().state == "pending"


def test_disputed_booking_is_marked_and_found(client, bob, provider, payment):
    other = paid(provider).booking
    dispute_id = disputed(provider, payment)
    listed = reverse("admin:bookings_booking_changelist")

    found = client.get(listed, {"money": "open"}).content.decode()
    text = page(client, payment.booking)

    assert (payment.booking.reference in found, other.reference in found) == (True, False)
    assert "icon-yes" in found
    assert "A payment of this booking is disputed." in text
    assert reverse("admin:payments_dispute_change", args=[Dispute.objects.get().pk]) in text
    assert "is disputed" not in page(client, other)

    decided(provider, dispute_id, "lost")
    assert payment.booking.reference not in client.get(listed, {"money": "open"}).content.decode()
    assert payment.booking.reference in client.get(listed, {"money": "lost"}).content.decode()


def test_inquiry_is_marked_and_staff_read_that_refunds_are_possible(client, bob, provider, payment):
    disputed(provider, payment, inquiry=True)

    text = page(client, payment.booking)
    asks = client.post(
        reverse("admin:payments_payment_changelist"),
        {"action": "refund", "_selected_action": payment.pk},
    ).content.decode()

    assert "A bank inquires about a payment of this booking." in text
    assert "is disputed" not in text + asks
    assert "A full refund settles the inquiry" in asks


@pytest.mark.parametrize("choice", ["failed", "waiting"])
def test_bookings_whose_refunds_need_a_person_are_found(client, bob, payment, settings, choice):
    settings.REFUND_APPROVAL_ABOVE = 5
    asked(payment, 600)
    if choice == "failed":
        Refund.objects.update(state="failed", waits_for="")

    found = client.get(reverse("admin:bookings_booking_changelist"), {"money": choice})

    assert payment.booking.reference in found.content.decode()
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("model", ["payment", "refund", "dispute", "webhookevent"])
def test_lists_and_pages_are_read_only(admin_client, provider, payment, model):
    sent(payment, 100)
    disputed(provider, payment, amount=500)
    WebhookEvent.objects.create(event_id="evt_1", type="x", body="{}")
    rows = {"payment": Payment, "refund": Refund, "dispute": Dispute, "webhookevent": WebhookEvent}
    row = rows[model].objects.get()
    address = reverse(f"admin:payments_{model}_change", args=[row.pk])

    written = admin_client.post(address, {"state": "succeeded"})
    added = admin_client.get(reverse(f"admin:payments_{model}_add"))
    listed = admin_client.get(reverse(f"admin:payments_{model}_changelist"))

    assert (written.status_code, added.status_code, listed.status_code) == (403, 403, 200)


def test_task_leads_to_a_page_that_staff_may_see(client, bob, provider, payment):
    disputed(provider, payment)

    assert client.get(StaffTask.objects.get().path).status_code == 200
