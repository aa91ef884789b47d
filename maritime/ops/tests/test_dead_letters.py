"""Dead letters are counted, told to staff once for each kind, and worked off by a command."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command

from maritime.lib import clock
from maritime.ops import dead_letters, jobs
from maritime.ops.models import Job, StaffTask

pytestmark = pytest.mark.django_db


def dead(task: str = "sample.fail") -> Job:
    return Job.objects.create(
        task=task, key=f"dead-{Job.objects.count()}", state=Job.State.DEAD, attempts=4
    )


def run(*words: str) -> str:
    out = StringIO()
    call_command("dead_letters", *words, stdout=out)
    return out.getvalue()


def test_each_kind_of_dead_letter_is_one_task_and_one_mail(run_jobs, settings) -> None:
    settings.STAFF_EMAILS = ["ops@ferry.example"]
    dead()
    dead()
    dead("sample.give_up")

    for _ in range(3):
        dead_letters.tell_staff()
    run_jobs()

    titles = sorted(StaffTask.objects.values_list("title", flat=True))
    assert titles == [
        "Jobs failed for good: sample.fail",
        "Jobs failed for good: sample.give_up",
    ]
    assert [message.to for message in mail.outbox] == [["ops@ferry.example"]] * 2
    assert "2 so far" in mail.outbox[0].body
    assert "/admin/ops/job/?state__exact=dead&task__exact=sample.fail" in mail.outbox[0].body


def test_the_task_is_closed_when_the_letters_are_worked_off_and_opened_again_by_the_next() -> None:
    dead()
    dead_letters.tell_staff()
    jobs.discard(Job.objects.get(state=Job.State.DEAD), reason="a test of the operator")
    dead_letters.tell_staff()

    closed = StaffTask.objects.get()
    assert (closed.closed_by, closed.note) == ("system", "no dead letters are left")
    dead()
    dead_letters.tell_staff()
    assert StaffTask.objects.get().closed_at is None


def test_nobody_is_mailed_where_no_address_is_set_and_the_task_is_still_there(run_jobs) -> None:
    dead()
    dead_letters.tell_staff()
    run_jobs()

    assert mail.outbox == []
    assert StaffTask.objects.filter(closed_at=None).count() == 1


def test_list_shows_each_and_their_number() -> None:
    first = dead()
    dead("sample.give_up")

    text = run("list")

    assert f"{first.pk}  " in text
    assert text.endswith("Dead letters: 2.\n")
    assert run("list", "--task", "sample.give_up").endswith("Dead letters: 1.\n")


def test_retry_gives_those_that_are_named_fresh_attempts() -> None:
    first, second = dead(), dead()

    assert run("retry", str(first.pk)) == "Jobs will run again: 1.\n"

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts, second.state) == ("pending", 0, "dead")


def test_discard_keeps_the_reason() -> None:
    dead()
    other = dead("sample.give_up")

    assert run("discard", "--task", "sample.give_up", "--reason", "port closed") == (
        "Jobs discarded: 1.\n"
    )

    other.refresh_from_db()
    assert (other.state, other.discard_reason) == ("discarded", "port closed")


@pytest.mark.parametrize("words", [("retry",), ("discard", "--reason", "x")])
def test_nothing_is_changed_without_saying_which(words: tuple[str, ...]) -> None:
    dead()

    with pytest.raises(CommandError, match="Name job ids, a --task, or --all"):
        run(*words)
    assert Job.objects.get().state == Job.State.DEAD


def test_discarding_needs_a_reason() -> None:
    with pytest.raises(CommandError, match="--reason"):
        run("discard", "--all")


def test_leases_are_kept_by_the_clock_of_the_database() -> None:
    held = Job.objects.create(task="sample.write", key="k")
    jobs.start(held.pk)

    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        assert jobs.start(held.pk) is None
        assert jobs.publish_due() == 0
