"""The moment of a test, and the harbour in which ships are changed."""

import pytest

from ferries.tests.harbour import Harbour
from maritime.lib import clock


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def harbour(now):
    return Harbour(now)
