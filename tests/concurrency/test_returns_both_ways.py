"""Travellers book A to C and back against others who book C to A and back, all on two ships.

Each booking takes every sector of both ships, persons and lane metres, and the two ways name them
in opposite orders. Locked in that order they would wait for each other in a circle; they are
locked in one order, so no deadlock reaches a traveller. The control locks in the booking's own.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection
from django.db.models import Sum

from bookings.models import Booking
from ferries.models import CapacityPool
from ferries.tests import makers
from tests.journeys.platform import running_platform

pytestmark = pytest.mark.journey

CLIENTS = 16
SECONDS = 30
CONTROL_SECONDS = 5
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)
KEPT = 2  # bookings that a client keeps while it makes the next; more in all than fit
PLACES = 40
LANE_CM = 14_000


def two_ships(*, persons: int, lane_cm: int):
    """Return A-B-C and C-B-A at the same moment, so fast that either can be the way back."""
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    values = {"hop_minutes": 0, "persons": persons, "lane_cm": lane_cm}
    return makers.sailing(*ports, **values), makers.sailing(*reversed(ports), **values)


def body(ships, number: int) -> dict:
    name = {"given_name": "Alice", "surname": f"Client{number}"}
    vehicle = {"kind": "car", "length_cm": 450, "height_cm": 150, "registration": f"CAR {number}"}
    return {
        "legs": [{"offer": f"{ship.operator.code}~{ship.public_id.hex}~0-2"} for ship in ships],
        "passengers": [{"category": "adult", **name}] * (1 + number % 3),
        "vehicles": [vehicle] if number % 2 else [],
        "contact": {**name, "email": f"client{number}@example.org"},
    }


class Traveller:
    """One client that books the journey again and again, and gives the oldest booking back."""

    def __init__(self, url: str, wish: dict) -> None:
        self.url, self.wish = f"{url}/api/v1/bookings", wish
        self.answers: Counter = Counter()
        self.kept: list[dict] = []

    def travel(self, end: float) -> Counter:
        # A connection of its own for each request: the server closes idle ones after two seconds,
        # which on a busy machine may be the moment at which the next request is sent.
        with httpx.Client(timeout=60, limits=NO_KEEPALIVE) as self.http:
            while time.monotonic() < end:
                booking = self.post("hold", self.url, json=self.wish)
                if booking:
                    self.kept.append(booking)
                if len(self.kept) > KEPT or (self.kept and not booking):
                    self.give_back(self.kept.pop(0))
        return self.answers

    def give_back(self, booking: dict) -> None:
        url = f"{self.url}/{booking['reference']}"
        proof = {"Authorization": f"Bearer {booking['access_token']}"}
        quote = self.post("quote", f"{url}/cancellation-quote", headers=proof)
        if quote:
            agreed = {f"expected_{name}": quote[name] for name in ("refund", "charge")}
            agreed["token"] = quote["token"]
            self.post("cancel", f"{url}/cancel", headers=proof, json=agreed)

    def post(self, name: str, url: str, **values) -> dict | None:
        answer = self.http.post(url, **values)
        self.answers[name, answer.status_code] += 1
        return answer.json() if answer.is_success else None


def travel_both_ways(url: str, there, back, *, seconds: int) -> Counter:
    """Let 16 clients book for so long, half of them each way; count the answers."""
    end = time.monotonic() + seconds
    ways = ((there, back), (back, there))
    travellers = [Traveller(url, body(ways[i // 2 % 2], i)) for i in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda one: one.travel(end), travellers), Counter())


def deadlocks() -> int:
    """Return how many transactions PostgreSQL has ended to break a circle in this database.

    Sessions report when they end at the latest, so ask after the platform has stopped.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def claimed(pool: CapacityPool) -> int:
    claims = pool.claims.filter(state__in=["held", "confirmed"])
    return claims.aggregate(total=Sum("amount"))["total"] or 0


def test_no_deadlock_reaches_travellers_who_book_in_opposite_orders(transactional_db, tmp_path):
    there, back = two_ships(persons=PLACES, lane_cm=LANE_CM)
    before = deadlocks()

    with running_platform(tmp_path, web_threads=8, workers=0) as platform:
        answers = travel_both_ways(platform.url, there, back, seconds=SECONDS)

    expected = {("hold", 201), ("hold", 409), ("quote", 200), ("cancel", 200)}
    assert set(answers) == expected, answers
    assert deadlocks() == before
    held = Booking.objects.filter(state="held").count()
    assert held == answers["hold", 201] - answers["cancel", 200]
    pools = list(CapacityPool.objects.filter(sailing__in=[there, back]))
    assert len(pools) == 8
    assert [pool.used for pool in pools] == [claimed(pool) for pool in pools]
    assert all(0 < pool.used <= pool.authorised for pool in pools)


def test_locking_in_the_bookings_own_order_does_deadlock(transactional_db, tmp_path):
    there, back = two_ships(persons=10_000, lane_cm=10_000_000)
    before = deadlocks()

    with running_platform(
        tmp_path, web_threads=8, workers=0, wsgi="tests.concurrency.own_order"
    ) as platform:
        answers = travel_both_ways(platform.url, there, back, seconds=CONTROL_SECONDS)

    assert deadlocks() > before
    assert answers["hold", 500] > 0
    pools = CapacityPool.objects.filter(sailing__in=[there, back])
    assert [pool.used for pool in pools] == [claimed(pool) for pool in pools]
