"""Requests are counted for each client and scope, and a cache that fails refuses nobody."""

from concurrent.futures import ThreadPoolExecutor

from django_redis import get_redis_connection
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from maritime.lib.throttle import RateThrottle


class Rated(RateThrottle):
    THROTTLE_RATES = {"hold": "3/min", "lookup": "2/hour"}


def ask(address: str = "10.0.0.1", scope: str = "hold") -> Rated | None:
    """Return the throttle that refuses this client, or None."""
    view = APIView()
    view.throttle_scope = scope
    throttle = Rated()
    request = Request(APIRequestFactory().get("/", REMOTE_ADDR=address))
    return None if throttle.allow_request(request, view) else throttle


def refused(number: int, **client: str) -> list[bool]:
    return [ask(**client) is not None for _ in range(number)]


def test_it_lets_the_rate_through_and_refuses_the_rest() -> None:
    assert refused(5) == [False, False, False, True, True]


def test_it_counts_each_address_and_scope_apart() -> None:
    refused(4)

    assert refused(3, address="10.0.0.2") == [False] * 3
    assert refused(3, scope="lookup") == [False, False, True]


def test_it_tells_when_to_ask_again() -> None:
    refused(2, scope="lookup")

    throttle = ask(scope="lookup")

    assert throttle is not None
    assert 3590 < throttle.wait() <= 3600


def test_a_refused_request_does_not_lengthen_the_wait() -> None:
    refused(3)
    (key,) = get_redis_connection("default").keys("maritime:throttle:*")
    get_redis_connection("default").expire(key, 7)

    throttle = ask()

    assert throttle is not None
    assert throttle.wait() <= 7


def test_a_new_window_begins_when_the_last_one_is_over() -> None:
    refused(4)
    (key,) = get_redis_connection("default").keys("maritime:throttle:*")
    get_redis_connection("default").expire(key, 0)

    assert refused(4) == [False, False, False, True]


def test_many_at_once_are_all_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask() is None, range(40)))

    assert answers.count(True) == 3


def test_a_cache_that_fails_refuses_nobody() -> None:
    get_redis_connection("default").set("maritime:throttle:hold:10.0.0.1", "no number")

    assert refused(5) == [False] * 5
