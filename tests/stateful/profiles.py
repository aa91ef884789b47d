"""How long the stories are told: `HYPOTHESIS_PROFILE=long bin/test tests/stateful`."""

import os
import random

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
# The same stories in each run, so that a red one can be repeated; the long profile tells new ones.
FIRST = random.SystemRandom().randrange(1_000_000) if LONG else 0
SEEDS = range(FIRST, FIRST + (1000 if LONG else 12))
STORIES = settings(
    database=None,
    deadline=None,
    stateful_step_count=40 if LONG else 30,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
