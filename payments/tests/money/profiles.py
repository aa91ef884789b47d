"""How many walks are taken: `HYPOTHESIS_PROFILE=long bin/test payments/tests/money/test_walks.py`."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
# The same walks in each run, so that a red one can be repeated; the long profile takes new ones.
WALKS = settings(
    derandomize=not LONG,
    database=None,
    deadline=None,
    max_examples=1000 if LONG else 30,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
