"""An operator that is away for long: the job tries for ten minutes, then a person takes over."""

from datetime import timedelta

import pytest

from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import confirm_with_operator
from bookings.tasks import cancel_booking_with_operator, confirm_booking_with_operator
from bookings.tests.remote_worlds import misbehave, paid_at, saved_company, state_at_operator
from ferries.operators import breaker, store
from ferries.tests.operators.conftest import serving, timetable  # noqa: F401
from ferries.tests.operators.scripted import ScriptedServer, says
from maritime.lib import clock
from maritime.ops import jobs
from maritime.ops.models import Job, StaffTask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator(timetable):  # noqa: F811
    store.resume()
    with serving(timetable) as server:
        yield server


@pytest.fixture
def company(simulator):
    return saved_company(simulator.url)


def job_of(task):
    return Job.objects.get(task=task.name)


def attempt(task):
    """Run the task's job once, now, as a worker would; return the state of the job."""
    job = job_of(task)
    Job.objects.filter(pk=job.pk).update(next_at=clock.now() - timedelta(seconds=1))
    task.apply(kwargs=job.arguments, headers={"job_id": job.pk}, throw=False)
    job.refresh_from_db()
    return job.state


def tasks_for_staff():
    return list(StaffTask.objects.filter(kind="operator", closed_at=None))


def test_the_attempts_reach_about_ten_minutes(company, now):
    paid_at(company, now)

    attempts = job_of(confirm_booking_with_operator).max_attempts

    waits = [jobs.backoff_seconds(number) for number in range(1, attempts)]
    assert attempts == 8
    assert 600 <= sum(waits) <= 1230


def test_a_paid_booking_whose_operator_is_away_ends_at_a_person(company, simulator, now, heard):
    booking = paid_at(company, now)
    misbehave(simulator, error_rate=1.0)

    states = [attempt(confirm_booking_with_operator) for _ in range(7)]
    before = tasks_for_staff()
    last = attempt(confirm_booking_with_operator)

    booking.refresh_from_db()
    assert (set(states), before, last) == ({"pending"}, [], "dead")
    [task] = tasks_for_staff()
    assert task.title == f"Booking {booking.reference}, leg 1: no operator's word to confirm"
    assert f"{booking.reference}-1: KOMP, HU-SZA to HU-TIH, departure" in task.detail
    assert task.path == f"/admin/bookings/booking/{booking.pk}/change/"
    for name in ("Jane", "Doe", "jane@example.com"):
        assert name not in task.title + task.detail
    assert (booking.state, heard.cancelled, heard.confirmed) == ("paid", [], [])

    misbehave(simulator)
    breaker.close("KOMP")
    jobs.retry(job_of(confirm_booking_with_operator))
    again = attempt(confirm_booking_with_operator)

    booking.refresh_from_db()
    task.refresh_from_db()
    assert (again, booking.state, heard.confirmed) == ("done", "confirmed", [booking.reference])
    assert (tasks_for_staff(), task.note) == ([], "the operator has answered")


def test_a_stray_hint_for_a_dead_job_closes_nothing(company, simulator, now):
    paid_at(company, now)
    misbehave(simulator, error_rate=1.0)
    for _ in range(8):
        attempt(confirm_booking_with_operator)
    misbehave(simulator)

    attempt(confirm_booking_with_operator)

    assert len(tasks_for_staff()) == 1


def test_a_cancellation_that_no_operator_hears_ends_at_a_person(company, simulator, now):
    booking = paid_at(company, now)
    confirm_with_operator(booking.pk, now=now)
    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)
    misbehave(simulator, garbage=1.0)

    states = [attempt(cancel_booking_with_operator) for _ in range(8)]

    assert states == ["pending"] * 7 + ["dead"]
    [task] = tasks_for_staff()
    assert task.title == f"Booking {booking.reference}, leg 1: no operator's word to cancel"
    assert "their reference KOMP-" in task.detail
    assert booking.legs.get().operator_state == "confirmed"

    misbehave(simulator)
    breaker.close("KOMP")
    jobs.retry(job_of(cancel_booking_with_operator))
    assert attempt(cancel_booking_with_operator) == "done"

    assert tasks_for_staff() == []
    assert state_at_operator(company, booking) == "cancelled"
    assert booking.legs.get().operator_state == "cancelled"


def test_a_refused_cancellation_is_told_at_once(company, now):
    booking = paid_at(company, now)
    confirm_with_operator(booking.pk, now=now)
    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)
    reference = f"{booking.reference}-1"
    known = {"reference": reference, "state": "confirmed", "operator_reference": "KOMP-1"}
    with ScriptedServer() as stubborn:
        stubborn.answers = [says(known), says({"code": "too_late", "message": "No."}, status=409)]
        company.base_url = stubborn.url
        company.save()

        state = attempt(cancel_booking_with_operator)

    [task] = tasks_for_staff()
    assert state == "dead"
    assert "Last error: OperatorRefused." in task.detail
