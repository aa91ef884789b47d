"""32 travellers want the last places at the same moment, through the public API."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection
from django.db.models import Sum

from bookings.models import Booking
from ferries.models import CapacityClaim, CapacityPool
from ferries.tests import makers
from tests.journeys.platform import running_platform

pytestmark = pytest.mark.journey

CLIENTS = 32


def body(offer: str, number: int, *, car: bool) -> dict:
    vehicle = {"kind": "car", "length_cm": 450, "height_cm": 150, "registration": f"CAR {number}"}
    name = {"given_name": "Alice", "surname": f"Client{number}"}
    return {
        "legs": [{"offer": offer}],
        "passengers": [{"category": "adult", **name}],
        "vehicles": [vehicle] if car else [],
        "contact": {**name, "email": f"client{number}@example.org"},
    }


def rush(url: str, offer: str, *, car: bool) -> Counter:
    """Let all clients send their booking at once; count the answers by status and code."""

    def book(number: int):
        answer = httpx.post(f"{url}/api/v1/bookings", json=body(offer, number, car=car), timeout=60)
        if answer.status_code == 201:
            return (201, "")
        problem = answer.json()
        codes = {refusal["code"] for refusal in problem.get("refusals", [])}
        return (answer.status_code, *sorted(codes))

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(book, range(CLIENTS)))


def offer_of(sailing) -> str:
    return f"{sailing.operator.code}~{sailing.public_id.hex}~0-1"


def held(sailing, resource: str) -> int:
    claims = CapacityClaim.objects.filter(
        pool__sailing=sailing, pool__resource=resource, state="held"
    )
    return claims.aggregate(total=Sum("amount"))["total"] or 0


@pytest.fixture
def server(transactional_db, tmp_path):
    with running_platform(tmp_path, web_threads=16, workers=0) as platform:
        yield platform


def test_the_last_ten_places_are_sold_exactly_once(server):
    sailing = makers.sailing(persons=10)

    answers = rush(server.url, offer_of(sailing), car=False)

    assert answers == {(201, ""): 10, (409, "persons_short"): 22}
    assert held(sailing, "persons") == 10
    assert CapacityPool.objects.get(sailing=sailing, resource="persons").used == 10
    assert Booking.objects.count() == 10


def test_the_last_lane_metres_are_sold_exactly_once(server):
    # A car of 4.5 m takes 5 m with its gap: 36 m carry seven and leave one metre.
    sailing = makers.sailing(persons=100, lane_cm=3600)

    answers = rush(server.url, offer_of(sailing), car=True)

    assert answers == {(201, ""): 7, (409, "lane_metres_short"): 25}
    assert held(sailing, "deck:low") == 3500
    assert held(sailing, "persons") == 7


def test_without_the_guard_the_same_rush_oversells(transactional_db, tmp_path):
    sailing = makers.sailing(persons=10)
    name = "capacity_pool_never_oversold"
    constraint = next(c for c in CapacityPool._meta.constraints if c.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(CapacityPool, constraint)
    try:
        with running_platform(
            tmp_path, web_threads=16, workers=0, wsgi="tests.concurrency.unguarded"
        ) as platform:
            answers = rush(platform.url, offer_of(sailing), car=False)

        assert answers[(201, "")] > 10
        assert held(sailing, "persons") > 10
    finally:
        CapacityClaim.objects.all().delete()
        CapacityPool.objects.update(used=0)
        with connection.schema_editor() as editor:
            editor.add_constraint(CapacityPool, constraint)
