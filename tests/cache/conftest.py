"""A remote operator with a route, and a cache that nobody leaves alone."""

import pytest

from ferries import cache
from ferries.operators import store
from ferries.tests.operators.conftest import calls_of, control, simulator, timetable
from ferries.tests.operators.test_search import sells

__all__ = ("calls_of", "control", "simulator", "timetable")


@pytest.fixture(autouse=True)
def _no_pause():
    """Let no test start in the pause after another's failure."""
    cache.resume()
    store.resume()
    yield
    cache.resume()
    store.resume()


@pytest.fixture
def komp(simulator):
    """Return the simulator's operator, which sells a crossing of the lake."""
    return sells("KOMP", simulator.url)


@pytest.fixture
def soon_stale(monkeypatch):
    """Let what is stored be past its soft end after 60 ms (availability) or 300 ms (searches)."""
    monkeypatch.setattr(cache, "SOFT_PART", (0.001, 0.001))
