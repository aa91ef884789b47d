"""A pytest plugin that prepares the environment before the settings are read (`-p` in pyproject).

A conftest is too late for it: pytest-django imports the settings before any conftest.
"""

import os
import re

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)


def _with_database(url: str, number: int) -> str:
    """Return the Redis URL with another database number (socket and TCP forms)."""
    if re.search(r"(db|virtual_host)=\d+", url):
        return re.sub(r"(db|virtual_host)=\d+", rf"\1={number}", url)
    return re.sub(r"/\d+$", "", url) + f"/{number}"


os.environ.setdefault("DEBUG", "1")
os.environ.setdefault(
    "SECRET_KEY", "test-key-that-is-long-enough-for-the-checks-of-django-0123456789"
)
# A machine that stalls for a moment must not turn a hit into a miss.
os.environ.setdefault("CACHE_TIMEOUT_MILLISECONDS", "5000")
# Nor a wait for a connection into a failure: more than any test has threads, and a patient queue.
os.environ.setdefault("DATABASE_POOL_SIZE", "20")
os.environ.setdefault("DATABASE_POOL_TIMEOUT_MILLISECONDS", "20000")
# Workers of one run must not empty each other's caches.
for _name in ("REDIS_URL", "CELERY_BROKER_URL"):
    if _name in os.environ:
        os.environ[_name] = _with_database(os.environ[_name], 2 + WORKER)
