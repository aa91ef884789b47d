"""Shared by all tests; their environment is set in `maritime/ops/embedded/testenv.py`."""

import pytest
from hypothesis import HealthCheck, settings

# A machine under load must not turn a property red; what fails once fails again with the same seed.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _clean_cache():
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def _default_language():
    """Begin in the default language: the one of the last request stays with its thread."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _quick_settings(settings):
    """Hash passwords quickly, and publish job hints into an eager worker only where asked."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def run_jobs():
    """Return a function that runs every due durable job now, as a worker would, until none is left.

    It goes through the same claim, run and finish as a worker's message, without a broker.
    """
    from celery import current_app

    from maritime.lib import clock
    from maritime.ops.models import Job

    # Outside of a worker nobody has imported the tasks yet.
    current_app.autodiscover_tasks(force=True)

    def run(limit: int = 50) -> list[str]:
        ran = []
        for _ in range(limit):
            job = (
                Job.objects.filter(state="pending", next_at__lte=clock.now()).order_by("pk").first()
            )
            if job is None:
                return ran
            task = current_app.tasks[job.task]
            task.apply(kwargs=job.arguments, headers={"job_id": job.pk}, throw=False)
            ran.append(job.task)
        raise AssertionError("jobs never end")

    return run
