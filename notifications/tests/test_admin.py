"""Staff see jobs and mails, and act on them; nobody writes them by hand."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from maritime.lib import clock
from maritime.ops.models import Job
from notifications.models import Message
from notifications.tests import makers

pytestmark = pytest.mark.django_db
MESSAGES, JOBS = "/admin/notifications/message/", "/admin/ops/job/"


def staff(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("bob", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def act(client: Client, address: str, action: str, *rows, **values: str) -> int:
    values |= {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(address, values, follow=True).status_code


def dead(key: str = "k") -> Job:
    return Job.objects.create(task="ops.x", key=key, state="dead", attempts=4, next_at=clock.now())


def test_strangers_see_nothing(client: Client) -> None:
    assert client.get(JOBS).status_code == 302
    assert staff(client).get(JOBS).status_code == 403
    assert client.get(MESSAGES).status_code == 403


def test_dead_letters_are_found_retried_and_noted(client: Client) -> None:
    staff(client, "view_job", "change_job")
    first = dead()
    Job.objects.create(task="ops.x", key="done", state="done", next_at=clock.now())

    page = client.get(f"{JOBS}?state__exact=dead")
    assert page.context["cl"].result_count == 1
    assert act(client, JOBS, "retry_now", first) == 200

    first.refresh_from_db()
    assert (first.state, first.attempts) == ("pending", 0)
    assert LogEntry.objects.get().object_id == str(first.pk)


def test_discarding_touches_dead_letters_only(client: Client) -> None:
    staff(client, "view_job", "change_job")
    letter = dead()
    running = Job.objects.create(task="ops.x", key="r", state="running", next_at=clock.now())

    act(client, JOBS, "discard", letter, running)
    letter.refresh_from_db()
    assert letter.state == "dead"
    act(client, JOBS, "discard", letter, running, note="the port is closed")

    letter.refresh_from_db()
    running.refresh_from_db()
    assert (letter.state, running.state) == ("discarded", "running")
    assert letter.discard_reason == "the port is closed"
    assert LogEntry.objects.count() == 1


def test_looking_is_not_acting(client: Client) -> None:
    staff(client, "view_job")
    letter = dead()

    act(client, JOBS, "retry_now", letter)

    letter.refresh_from_db()
    assert letter.state == "dead"
    assert client.get(f"{JOBS}{letter.pk}/change/").status_code == 200


def test_nobody_writes_rows_by_hand(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="x"))
    letter = dead()

    assert client.get(f"{JOBS}add/").status_code == 403
    assert client.get(f"{MESSAGES}add/").status_code == 403
    assert client.post(f"{JOBS}{letter.pk}/delete/").status_code == 403
    client.post(f"{JOBS}{letter.pk}/change/", {"state": "done"})

    letter.refresh_from_db()
    assert letter.state == "dead"


def test_a_mail_is_sent_again_as_a_new_version(client: Client) -> None:
    staff(client, "view_message", "change_message")
    sent = makers.message("cancellation", makers.booking("cancelled"), charge=0, refund=0)
    Message.objects.update(state="sent")

    assert act(client, MESSAGES, "resend", sent) == 200

    again = Message.objects.exclude(pk=sent.pk).get()
    assert (again.key, again.state) == (sent.key.removesuffix(":1") + ":2", "queued")
    assert Job.objects.filter(key=f"mail:{again.key}").exists()


def test_the_list_of_mails_takes_a_fixed_number_of_queries(
    client: Client, django_assert_max_num_queries
) -> None:
    staff(client, "view_message")
    for _ in range(5):
        makers.message("cancellation", makers.booking("cancelled"), charge=0, refund=0)

    with django_assert_max_num_queries(8):
        assert client.get(MESSAGES).status_code == 200
