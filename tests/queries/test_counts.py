"""How many queries the searched pages of the API cost."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django_redis import get_redis_connection

from ferries import inventory
from ferries.operators.local import LocalConnector
from ferries.party import Party
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def world(sailings=5):
    start = makers.tomorrow_noon()
    return [
        makers.sailing(departs_at=start + timedelta(minutes=20 * index))
        for index in range(sailings)
    ]


def address(run, **parameters):
    text = "".join(f"&{name}={value}" for name, value in parameters.items())
    day = run.departs_at.date().isoformat()
    return f"/api/v1/ferries/search?origin=AAA&destination=BBB&date={day}{text}"


def commands_of(act: Callable[[], object]) -> list[str]:
    """Return the commands, in their order, that an act sends to the cache.

    The server is watched, not its counters: other workers of the run use other databases of it.
    """
    redis = get_redis_connection("default")
    database = redis.connection_pool.connection_kwargs["db"]
    end = uuid.uuid4().hex
    sent = []
    with redis.monitor() as monitor:
        act()
        redis.echo(end)
        for seen in monitor.listen():
            if end in seen["command"]:
                return sent
            if seen["db"] == database and seen["client_type"] != "lua":
                sent.append(seen["command"].split()[0].upper())
    raise AssertionError("the cache stopped telling what it is asked")


def test_a_search_hit_costs_no_query(client, django_assert_num_queries):
    run = world()[0]
    client.get(address(run))

    with django_assert_num_queries(0):
        answer = client.get(address(run))

    assert answer["X-Cache"] == "HIT"


def test_a_search_hit_costs_two_round_trips_to_the_cache_and_then_one(client):
    run = world()[0]
    client.get(address(run))

    trips = [commands_of(lambda: client.get(address(run))).count("MGET") for _ in range(3)]

    assert trips == [2, 1, 1]


def test_a_search_miss_costs_two_queries_once_the_network_is_known(
    client, django_assert_num_queries
):
    run = world()[0]
    client.get(address(run))
    tomorrow = makers.sailing(departs_at=run.departs_at + timedelta(days=1))
    client.get(address(run))

    with django_assert_num_queries(2):
        answer = client.get(address(tomorrow))

    assert answer["X-Cache"] == "MISS"
    assert len(answer.json()["outbound"]["offers"]) == 1


@pytest.mark.parametrize("sailings", [1, 12])
def test_the_first_search_of_all_costs_three_queries_for_any_number_of_sailings(
    client, django_assert_num_queries, sailings
):
    run = world(sailings)[0]

    with django_assert_num_queries(3):
        answer = client.get(address(run))

    assert len(answer.json()["outbound"]["offers"]) == sailings


@pytest.mark.parametrize("sailings", [1, 12])
def test_a_search_miss_costs_the_same_round_trips_to_the_cache_for_any_number_of_sailings(
    client, sailings
):
    run = world(sailings)[0]
    client.get(address(run))
    answers = []

    sent = commands_of(lambda: answers.append(client.get(address(run, adults=2))))

    assert answers[0]["X-Cache"] == "MISS"
    # Pair with departures; what is left; the new answer.
    assert sent.count("EVALSHA") == 3


def test_after_a_booking_one_query_counts_its_sailing_again(client, django_assert_num_queries):
    run = world()[2]
    client.get(address(run))
    now = clock.now()
    leg = makers.leg(run)
    with transaction.atomic():
        needs = inventory.plan(leg, Party(), now=now)
        expires_at = now + timedelta(minutes=5)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)

    with django_assert_num_queries(1):
        client.get(address(run))


def test_availability_from_the_cache_costs_no_query(client, django_assert_num_queries):
    run = world(1)[0]
    client.get(f"/api/v1/sailings/{run.public_id}/availability")

    with django_assert_num_queries(0):
        client.get(f"/api/v1/sailings/{run.public_id}/availability")


def test_taking_costs_two_statements_and_the_pools_come_last(django_assert_num_queries):
    run = world(1)[0]
    now = clock.now()
    leg = makers.leg(run)
    needs = inventory.plan(leg, Party(adults=9), now=now)

    with transaction.atomic(), django_assert_num_queries(2) as context:
        inventory.take(needs, holder=uuid.uuid4(), expires_at=now, now=now)

    assert "UPDATE ferries_capacitypool" in context.captured_queries[-1]["sql"]


def test_checking_an_offer_live_costs_two_queries(django_assert_num_queries):
    run = world(1)[0]
    company = run.operator

    with django_assert_num_queries(2):
        LocalConnector().check(
            company, offer_id=f"BLUE~{run.public_id.hex}~0-1", party=Party(adults=2)
        )
