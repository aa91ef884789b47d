from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from maritime.lib import clock
from maritime.ops import staff
from maritime.ops.models import Job, StaffTask

pytestmark = pytest.mark.django_db
TASKS = reverse("admin:ops_stafftask_changelist")


@pytest.fixture
def bob(client):
    user = User.objects.create_user("bob", is_staff=True)
    codenames = ("view_stafftask", "change_stafftask", "view_job", "change_job")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


def opened(key, **facts):
    return staff.open_task(key, kind="dispute", title=f"Task {key}", path="/admin/", **facts)


def titles(client, **question):
    return [task.title for task in client.get(TASKS, question).context["cl"].result_list]


def test_open_tasks_come_first_by_their_deadline(client, bob):
    now = clock.now()
    opened("later", due_at=now + timedelta(days=9))
    opened("whenever")
    opened("soon", due_at=now + timedelta(days=1))
    opened("missed", due_at=now - timedelta(days=1))
    opened("done")
    staff.close_task("done", by="system")

    assert titles(client) == ["Task missed", "Task soon", "Task later", "Task whenever"]
    assert titles(client, state="overdue") == ["Task missed"]
    assert titles(client, state="done") == ["Task done"]
    assert len(titles(client, state="all")) == 5


def test_task_leads_to_its_page(client, bob):
    opened("a")

    assert '<a href="/admin/">look</a>' in client.get(TASKS).content.decode()


def test_done_asks_for_a_note_and_closes(client, bob):
    task = opened("a")
    form = {"action": "done", "_selected_action": task.pk}

    asked = client.post(TASKS, form)
    assert 'name="note"' in asked.content.decode()
    assert StaffTask.objects.get().closed_at is None
    told = client.post(TASKS, {**form, "note": "called the bank"}, follow=True)

    assert "Tasks done: 1." in told.content.decode()
    task.refresh_from_db()
    assert (task.closed_by, task.note) == (f"staff:{bob.pk}", "called the bank")
    assert task.closed_at is not None


def test_an_empty_note_closes_nothing(client, bob):
    task = opened("a")

    client.post(TASKS, {"action": "done", "_selected_action": task.pk, "note": " "})

    assert StaffTask.objects.get().closed_at is None


def test_tasks_are_not_written_by_hand(client, bob):
    task = opened("a")
    page = reverse("admin:ops_stafftask_change", args=[task.pk])

    client.post(page, {"title": "other"})

    assert client.get(reverse("admin:ops_stafftask_add")).status_code == 403
    assert client.post(reverse("admin:ops_stafftask_delete", args=[task.pk])).status_code == 403
    assert StaffTask.objects.get().title == "Task a"


def test_dead_letters_are_discarded_with_a_reason(client, bob):
    job = Job.objects.create(task="t", key="k", state="dead")
    form = {"action": "discard", "_selected_action": job.pk}

    client.post(reverse("admin:ops_job_changelist"), form)
    assert Job.objects.get().state == "dead"
    client.post(reverse("admin:ops_job_changelist"), {**form, "note": "the booking is gone"})

    assert Job.objects.values_list("state", "discard_reason").get() == (
        "discarded", "the booking is gone",
    )  # fmt: skip
