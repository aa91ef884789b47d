"""An operator's system over real HTTP, and a server that answers whatever a test says."""

import threading
from contextlib import contextmanager

import httpx
import pytest

from ferries.gtfs.reader import read_feed
from ferries.management.commands.run_operator_simulator import FEED
from ferries.models import Operator
from ferries.operators import store
from ferries.operators.answers import StopPort
from ferries.operators.http import HttpConnector
from ferries.simulator.books import Books
from ferries.simulator.company import Company
from ferries.simulator.controls import Controls, Settings
from ferries.simulator.server import OperatorServer
from ferries.simulator.timetable import Timetable
from ferries.tests.operators.scripted import ScriptedServer

STOPS = (
    StopPort("szantod", "HU-SZA", "Szántódrév", "Europe/Budapest"),
    StopPort("tihany", "HU-TIH", "Tihanyrév", "Europe/Budapest"),
)


@pytest.fixture(scope="session")
def timetable() -> Timetable:
    return Timetable(read_feed(FEED))


@contextmanager
def serving(timetable: Timetable, *, api_key: str = "", path: str = ":memory:"):
    """Run a simulator in this process on a free port."""
    books = Books(path)
    controls = Controls(Settings(latency_ms=(0, 0)), seed=1)
    server = OperatorServer(0, Company(timetable, books, controls), controls, api_key=api_key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        books.close()


@pytest.fixture
def simulator(timetable):
    with serving(timetable) as server:
        yield server


@pytest.fixture
def control(simulator):
    """Return a function that changes how the simulator behaves, over its own address."""

    def change(**settings):
        answer = httpx.post(f"{simulator.url}/control", json=settings)
        assert answer.status_code == 200, answer.text

    return change


@pytest.fixture
def calls_of(simulator):
    """Return a function that tells how many calls of a kind have come in."""
    return lambda kind: simulator.controls.counts().get(kind, 0)


@pytest.fixture
def scripted():
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def komp(simulator) -> Operator:
    """Return the simulator's operator, without a row in the database."""
    return remote("KOMP", simulator.url)


@pytest.fixture
def connector() -> HttpConnector:
    return HttpConnector(STOPS)


@pytest.fixture(autouse=True)
def _breaker_asks_redis():
    store.resume()


def remote(code: str, url: str, *, timeout_seconds: float = 2.0) -> Operator:
    return Operator(
        code=code, name=f"{code} Ferries", adapter="http", base_url=url, currency="HUF",
        zone="Europe/Budapest", timeout_seconds=timeout_seconds, timetable_note="demo timetable",
    )  # fmt: skip
