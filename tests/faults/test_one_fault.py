"""One fault at a time: what travellers see while it lasts, and what the controls do in the same fault."""

import time

import httpx
import pytest

from tests.faults import audit, storm
from tests.faults.platform import running
from tests.faults.traffic import Teller, Travellers

pytestmark = pytest.mark.journey

LIMIT_SECONDS = 1.0
BOOKINGS = 12
NAIVE_MAIL = "<naive@maritime.example>"


@pytest.fixture(scope="module")
def world():
    """Return the running platform, what is on sale and a client of its pages."""
    with (
        running("web", "mails", "work", "relay") as (platform, found),
        httpx.Client(base_url=platform.url, timeout=20) as http,
    ):
        teller = Teller(platform)
        teller.start()
        try:
            yield platform, found, http
        finally:
            teller.end()


def holds(world, count: int) -> list[float]:
    """Make so many bookings one after the other; return what each took, in seconds."""
    _, found, http = world
    taken = []
    for number in range(count):
        body = {
            "legs": [{"offer": found["offers"][number % len(found["offers"])]}],
            "passengers": [{"category": "adult", "given_name": "Ann", "surname": "Doe"}],
            "contact": {"given_name": "Ann", "surname": "Doe", "email": "ann@example.org"},
        }
        started = time.monotonic()
        answer = http.post("/api/v1/bookings", json=body)
        taken.append(time.monotonic() - started)
        assert answer.status_code == 201, answer.text
    return taken


def searches(world, number: int) -> list[int]:
    """Look for crossings by the API and on the page; return the statuses."""
    _, found, http = world
    question = {
        "origin": "AAA",
        "destination": "BBB",
        "date": found["date"],
        # Each number another question, so that no process has it ready.
        "adults": str(number % 9 + 1),
    }
    addresses = ("/api/v1/ferries/search", "/search/")
    return [http.get(address, params=question).status_code for address in addresses]


def status_of(http: httpx.Client, method: str, address: str) -> int:
    """Return the status of an answer; 0 if none came in time."""
    try:
        return http.request(method, address).status_code
    except httpx.TimeoutException:
        return 0


def test_bookings_are_answered_while_the_broker_is_frozen(world):
    platform, _, http = world
    usual = holds(world, BOOKINGS)

    with platform.frozen("broker"):
        taken = holds(world, BOOKINGS)
        started = time.monotonic()
        status_of(http, "POST", "/naive/booking")
        naive_seconds = time.monotonic() - started

    # Where a booking is slow without any fault, the machine is at fault and not the broker.
    assert max(taken) <= max(LIMIT_SECONDS, 4 * max(usual))
    assert naive_seconds > LIMIT_SECONDS


def test_searches_are_answered_while_the_cache_is_frozen(world):
    platform, _, http = world

    with platform.frozen("cache"):
        found = [status for number in range(6) for status in searches(world, number)]
        naive = status_of(http, "GET", "/naive/search")

    assert set(found) == {200}
    assert naive != 200


def test_searches_are_answered_while_the_cache_is_full(world):
    platform, _, http = world

    with platform.full(platform.cache):
        found = [status for number in range(6) for status in searches(world, number)]
        naive = status_of(http, "GET", "/naive/search?fresh=1")

    assert set(found) == {200}
    assert naive == 500


def test_a_mail_server_that_hangs_after_data_gets_a_mail_twice_at_most(world):
    platform, found, http = world
    platform.post.hang(seconds=14)
    before = platform.post.copies.copy()
    travellers = Travellers(platform, found["offers"][:1], 1, clients=1)
    travellers.start()
    travellers.wait(60)
    platform.wait_until(
        lambda: not audit.open_work(platform), seconds=90, what="both mails are sent"
    )
    platform.post.hang(seconds=30)
    http.post("/naive/mail", params={"id": NAIVE_MAIL}).raise_for_status()
    naive = platform.wait_until(
        lambda: platform.post.copies[NAIVE_MAIL] if platform.post.copies[NAIVE_MAIL] > 2 else 0,
        seconds=40,
        what="the control's mail arrives again and again",
    )
    platform.post.recover()

    ours = platform.post.copies - before
    del ours[NAIVE_MAIL]
    assert len(ours) >= 2
    assert max(ours.values()) <= 2
    assert audit.lost_mails(platform, travellers.told) == []
    assert naive > 2


def test_work_of_killed_workers_is_done_and_that_of_the_control_is_lost(world):
    platform, found, _ = world
    naive_before = audit.naive_lost(platform)
    travellers = Travellers(platform, found["offers"], 8, clients=4)
    travellers.start()
    storm.workers_killed(platform)
    travellers.wait(120)
    platform.wait_until(lambda: not audit.open_work(platform), seconds=60, what="all is done")

    assert audit.lost_bookings(platform, travellers.told) == []
    assert audit.lost_mails(platform, travellers.told) == []
    assert audit.naive_lost(platform) > naive_before


def test_without_the_sweep_an_emptied_broker_would_lose_work(world):
    platform, found, _ = world
    travellers = Travellers(platform, found["offers"], 2, clients=1)
    with platform.frozen("relay"):
        with platform.frozen("work"):
            travellers.start()
            # Paid and told of, with nobody to work on it.
            platform.wait_until(
                lambda: audit.open_work(platform) >= 2, seconds=30, what="work waits"
            )
            platform.empty_broker()
        time.sleep(5)
        left = audit.open_work(platform)
    platform.wait_until(lambda: not audit.open_work(platform), seconds=60, what="all is done")
    travellers.wait(60)

    assert left
    assert audit.lost_bookings(platform, travellers.told) == []
