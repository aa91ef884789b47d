"""What is old and settled is deleted; what is open or young stays."""

from datetime import timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.db.models import F

from maritime.lib import clock
from maritime.ops import purge
from maritime.ops.models import IdempotentRequest, Job, StaffTask

pytestmark = pytest.mark.django_db


def test_ended_jobs_go_after_thirty_days_and_open_or_dead_ones_never() -> None:
    now = clock.now()
    for state in Job.State.values:
        for days in (29, 31, 400):
            Job.objects.create(
                task="t", key=f"{state}-{days}", state=state, done_at=now - timedelta(days=days)
            )

    assert purge.purge(now=now)["jobs"] == 4
    kept = set(Job.objects.values_list("key", flat=True))
    assert {"done-29", "discarded-29", "dead-400", "pending-400", "running-400"} <= kept
    assert not {"done-31", "done-400", "discarded-31", "discarded-400"} & kept


def test_keys_tasks_and_sessions_go_when_their_time_is_over() -> None:
    now = clock.now()
    for index, hours in enumerate((47, 49)):
        IdempotentRequest.objects.create(scope="hold", key=str(index), body_hash="x")
        IdempotentRequest.objects.filter(key=str(index)).update(
            created_at=now - timedelta(hours=hours)
        )
    for days in (364, 366):
        StaffTask.objects.create(
            key=str(days), kind="x", title="x", opened_at=now, closed_at=now - timedelta(days=days)
        )
    StaffTask.objects.create(
        key="open", kind="x", title="x", opened_at=now - timedelta(days=999), closed_at=None
    )
    for name, minutes in (("old", -1), ("young", 1)):
        Session.objects.create(
            session_key=name, session_data="", expire_date=now + timedelta(minutes=minutes)
        )

    assert purge.purge(now=now) == {
        "jobs": 0,
        "idempotency keys": 1,
        "staff tasks": 1,
        "sessions": 1,
        "logins": 0,
        "events": 0,
        "persons lists": 0,
    }
    assert IdempotentRequest.objects.get().key == "0"
    assert set(StaffTask.objects.values_list("key", flat=True)) == {"364", "open"}
    assert Session.objects.get().session_key == "young"


def test_a_large_backlog_goes_in_steps_and_a_bounded_number_of_them(monkeypatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    monkeypatch.setattr(purge, "BATCHES", 3)
    for number in range(7):
        Job.objects.create(task="t", key=str(number), state=Job.State.DONE)
    Job.objects.update(done_at=F("created_at") - timedelta(days=31))

    assert purge.purge(now=clock.now())["jobs"] == 6
    assert purge.purge(now=clock.now())["jobs"] == 1


def test_who_signed_in_is_forgotten_after_ninety_days() -> None:
    now = clock.now()
    for days in (89, 91):
        AccessLog.objects.create(username=str(days), path_info="/", ip_address="192.0.2.1")
        AccessLog.objects.filter(username=str(days)).update(attempt_time=now - timedelta(days=days))

    assert purge.purge(now=now)["logins"] == 1
    assert AccessLog.objects.get().username == "89"
