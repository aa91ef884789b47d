"""Jobs that move or follow money: they try longer than others before staff must look."""

from typing import Any

from maritime.ops import jobs
from maritime.ops.models import Job

# With the waits of `maritime.ops.jobs` about 45 minutes, longer than most outages of a provider.
ATTEMPTS = 10


def add(task: str, *, key: str, **arguments: Any) -> Job:
    """Write a job row in the caller's transaction; the same key names the same job."""
    return jobs.add(task, key=key, max_attempts=ATTEMPTS, **arguments)
