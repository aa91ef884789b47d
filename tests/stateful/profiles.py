"""How long the stories are told: `HYPOTHESIS_PROFILE=long bin/test tests/stateful`."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
# The same stories in each run, so that a red one can be repeated; the long profile tells new ones.
STORIES = settings(
    derandomize=not LONG,
    database=None,
    deadline=None,
    max_examples=2000 if LONG else 25,
    stateful_step_count=40 if LONG else 30,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
