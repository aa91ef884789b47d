"""Shared by all tests: each xdist worker has Redis databases of its own, emptied for each test."""

import os
import re

import pytest

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)


def _with_database(url: str, number: int) -> str:
    """Return the Redis URL with another database number (socket and TCP forms)."""
    if re.search(r"(db|virtual_host)=\d+", url):
        return re.sub(r"(db|virtual_host)=\d+", rf"\1={number}", url)
    return re.sub(r"/\d+$", "", url) + f"/{number}"


# Before the settings are imported: workers must not empty each other's caches.
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", "test-key-that-is-long-enough-for-the-checks-of-django-0123456789")
for _name in ("REDIS_URL", "CELERY_BROKER_URL"):
    if _name in os.environ:
        os.environ[_name] = _with_database(os.environ[_name], 2 + WORKER)


@pytest.fixture(autouse=True)
def _clean_cache():
    from django.core.cache import cache

    cache.clear()


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

    def run(limit: int = 50) -> list[str]:
        ran = []
        for _ in range(limit):
            job = Job.objects.filter(state="pending", next_at__lte=clock.now()).order_by("pk").first()
            if job is None:
                return ran
            task = current_app.tasks[job.task]
            task.apply(kwargs=job.arguments, headers={"job_id": job.pk}, throw=False)
            ran.append(job.task)
        raise AssertionError("jobs never end")

    return run
