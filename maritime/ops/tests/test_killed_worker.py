"""A job whose worker was killed runs again; apart, since its workers must be the only ones."""

from datetime import timedelta

import pytest
from django.db import connection

from maritime.lib import clock
from maritime.ops import broker, jobs, leases
from maritime.ops.models import Job
from maritime.ops.tests import workers
from maritime.ops.tests.sample_tasks import starts
from maritime.ops.tests.workers import wait_for

SAMPLES = "maritime.ops.tests.sample_tasks"


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_runs_again_when_its_lease_is_over(tmp_path) -> None:
    path = str(tmp_path / "starts")
    broker.breaker.quiet_until = 0.0
    workers.empty_broker()
    with workers.worker(include=SAMPLES) as victim:
        jobs.add("sample.hang_once", key="k", path=path)
        wait_for(lambda: starts(path) == 1)
        workers.kill(victim)
    assert Job.objects.get().state == Job.State.RUNNING

    with workers.worker(include=SAMPLES, pool="solo"):
        assert jobs.publish_due() == 0
        Job.objects.update(
            locked_until=clock.now(), published_at=clock.now() - timedelta(seconds=90)
        )
        assert jobs.publish_due() == 1
        wait_for(lambda: Job.objects.get().state == Job.State.DONE)

    assert starts(path) == 2
    assert Job.objects.get().attempts == 2


@pytest.mark.django_db(transaction=True)
def test_a_run_keeps_its_lease_while_it_lives(tmp_path) -> None:
    path = str(tmp_path / "starts")
    broker.breaker.quiet_until = 0.0
    workers.empty_broker()
    with workers.worker(include=SAMPLES, JOB_LEASE_SECONDS="1"):
        jobs.add("sample.slow", key="k", path=path)
        wait_for(lambda: starts(path) == 1)
        first = Job.objects.get().locked_until
        # It works for three seconds, on leases of one.
        longer = first + timedelta(seconds=1)
        wait_for(lambda: Job.objects.filter(locked_until__gte=longer).exists())
        wait_for(lambda: Job.objects.get().state == Job.State.DONE)

    assert starts(path) == 2
    assert Job.objects.get().attempts == 1


def test_a_run_that_lost_its_lease_does_not_lengthen_that_of_the_next(db) -> None:
    job = Job.objects.create(task="sample.write", key="k", state="running", attempts=2)
    Job.objects.update(locked_until=clock.now())
    before = Job.objects.get().locked_until

    with connection.cursor() as cursor:
        cursor.execute(leases.RENEW, [25, [job.pk], [1]])
    assert Job.objects.get().locked_until == before
    with connection.cursor() as cursor:
        cursor.execute(leases.RENEW, [25, [job.pk], [2]])
    assert Job.objects.get().locked_until > before
