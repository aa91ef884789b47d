"""The door to the cache."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import transaction
from django_redis import get_redis_connection

from ferries import cache
from ferries.cache import Answer
from maritime.lib import clock

SEARCH = {"origin": "AAA", "destination": "BBB", "day": date(2027, 1, 2)}


@pytest.fixture(autouse=True)
def _no_pause():
    """Let no test start in the pause after another's failure."""
    cache.resume()
    yield
    cache.resume()


def store_search(value):
    generation = cache.get_search_results(**SEARCH).generation
    cache.set_search_results(value, **SEARCH, generation=generation)


def fill_alone(look, fill, seconds=4.0):
    return cache.fill_alone("one", look=look, fill=fill, ends=time.monotonic() + seconds)


def answer(*generations, body=b"[]", seconds=60):
    return Answer(
        body=body,
        generations=dict(generations),
        facts=[],
        until=clock.now().timestamp() + seconds,
    )


def test_gives_back_what_was_stored():
    store_search({"legs": [1]})

    assert cache.get_search_results(**SEARCH).value == {"legs": [1]}


def test_another_day_is_another_search():
    store_search({"legs": [1]})

    assert cache.get_search_results(**{**SEARCH, "day": date(2027, 1, 3)}).value is None


@pytest.mark.django_db
def test_a_bump_forgets_searches_and_no_availability(django_capture_on_commit_callbacks):
    store_search({"legs": [1]})
    generation = cache.get_availability([7])[7].generation
    cache.set_availability({7: [1]}, generations={7: generation})

    with django_capture_on_commit_callbacks(execute=True):
        cache.invalidate_searches()

    assert cache.get_search_results(**SEARCH).value is None
    assert cache.get_availability([7])[7].value == [1]


@pytest.mark.django_db(transaction=True)
def test_forgets_only_the_sailing_named():
    found = cache.get_availability([7, 8])
    generations = {pk: cached.generation for pk, cached in found.items()}
    cache.set_availability({7: "seven", 8: "eight"}, generations=generations)

    cache.invalidate_sailing_availability(7)

    found = cache.get_availability([7, 8])
    assert (found[7].value, found[8].value) == (None, "eight")


@pytest.mark.django_db(transaction=True)
def test_a_slow_reader_never_brings_an_old_answer_back():
    slow = cache.get_availability([7])[7]
    cache.invalidate_sailing_availability(7)

    cache.set_availability({7: "old"}, generations={7: slow.generation})

    assert cache.get_availability([7])[7].value is None


@pytest.mark.django_db(transaction=True)
def test_forgets_after_commit_and_not_before():
    generation = cache.get_availability([7])[7].generation
    cache.set_availability({7: "old"}, generations={7: generation})

    with transaction.atomic():
        cache.invalidate_sailing_availability(7)
        inside = cache.get_availability([7])[7].value

    assert inside == "old"
    assert cache.get_availability([7])[7].value is None


@pytest.mark.django_db(transaction=True)
def test_a_rollback_forgets_nothing():
    generation = cache.get_availability([7])[7].generation
    cache.set_availability({7: "kept"}, generations={7: generation})

    with transaction.atomic():
        cache.invalidate_sailing_availability(7)
        transaction.set_rollback(True)

    assert cache.get_availability([7])[7].value == "kept"


def test_a_lost_generation_is_a_miss_and_starts_anew():
    store_search("old")
    get_redis_connection("default").delete(cache.SEARCHES)

    found = cache.get_search_results(**SEARCH)

    assert found.value is None
    assert found.generation


@pytest.mark.django_db(transaction=True)
def test_a_ready_answer_holds_while_all_its_generations_do():
    found = cache.get_availability([7, 8])
    tokens = [(cache.availability_generation(pk), found[pk].generation) for pk in (7, 8)]
    cache.set_answer("one", answer(*tokens, body=b'["ready"]'))

    before = cache.get_answers(["one", "other"])
    cache.invalidate_sailing_availability(8)

    assert [ready and ready.body for ready in before] == [b'["ready"]', None]
    assert cache.get_answers(["one"]) == [None]


def test_a_ready_answer_ends_at_its_moment():
    token = cache.get_availability([7])[7].generation
    cache.set_answer("one", answer((cache.availability_generation(7), token), seconds=0.05))

    time.sleep(0.06)

    assert cache.get_answers(["one"]) == [None]


def test_an_answer_made_without_a_cache_is_not_kept():
    cache.set_answer("one", answer((cache.SEARCHES, "")))

    assert cache.get_answers(["one"]) == [None]


def test_stores_plain_json_with_an_end():
    store_search({"legs": []})

    redis = get_redis_connection("default")
    keys = redis.keys("*")
    assert all(redis.ttl(key) > 0 for key in keys)
    stored = next(redis.get(key) for key in keys if b":search:" in key)
    assert stored.endswith(b'|{"legs":[]}')


def test_only_one_fills_and_the_others_take_its_answer():
    redis = get_redis_connection("default")
    redis.set(f"{cache.VERSION}:lock:one", b"1", px=100)

    assert fill_alone(lambda: "theirs", lambda _: "mine") == "theirs"


def test_who_waits_too_long_fills_without_a_turn():
    redis = get_redis_connection("default")
    redis.set(f"{cache.VERSION}:lock:one", b"theirs", ex=4)
    started = time.monotonic()

    result = fill_alone(lambda: None, lambda _: "mine", seconds=0.1)

    assert result == "mine"
    assert 0.1 <= time.monotonic() - started < 2
    assert redis.get(f"{cache.VERSION}:lock:one") == b"theirs"


def test_those_of_one_process_wait_for_the_first_without_asking_the_cache():
    made = []

    def fill():
        time.sleep(0.2)
        made.append("answer")
        return "answer"

    def client(_):
        ends = time.monotonic() + 4
        return cache.answer_in_line("one", look=lambda: (made or [None])[0], fill=fill, ends=ends)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(client, range(6)))

    assert found == ["answer"] * 6
    assert made == ["answer"]


def test_fills_and_frees_the_lock():
    assert fill_alone(lambda: None, lambda _: "mine") == "mine"
    assert get_redis_connection("default").get(f"{cache.VERSION}:lock:one") is None


def test_frees_the_lock_when_filling_fails():
    with pytest.raises(ZeroDivisionError):
        fill_alone(lambda: None, lambda _: 1 / 0)

    assert get_redis_connection("default").get(f"{cache.VERSION}:lock:one") is None


def test_what_a_fill_made_is_there_when_the_next_one_gets_his_turn():
    generation = cache.get_search_results(**SEARCH).generation

    def fill(batch):
        cache.set_search_results({"legs": []}, batch, **SEARCH, generation=generation)
        assert cache.get_search_results(**SEARCH).value is None
        return "mine"

    fill_alone(lambda: None, fill)

    assert cache.get_search_results(**SEARCH).value == {"legs": []}
    assert get_redis_connection("default").get(f"{cache.VERSION}:lock:one") is None


def test_who_waited_for_his_turn_looks_once_more_before_he_fills():
    redis = get_redis_connection("default")
    redis.set(f"{cache.VERSION}:lock:one", b"1", px=100)
    # Another one fills between our look and our turn.
    looks = iter([None, "theirs"])

    assert fill_alone(lambda: next(looks), lambda _: "mine") == "theirs"
    assert redis.get(f"{cache.VERSION}:lock:one") is None


def test_a_batch_gives_no_value_a_longer_life():
    found = cache.get_availability([7])

    def fill(batch):
        cache.set_availability({7: "seven"}, batch, generations={7: found[7].generation})
        time.sleep(0.2)

    fill_alone(lambda: None, fill)

    redis = get_redis_connection("default")
    assert redis.pttl(f"{cache.VERSION}:left:7") <= 59_800


def test_pair_and_departures_come_in_one_trip_under_one_generation():
    generation = cache.get_network("pair").generation
    cache.set_network("pair", {"origin": "AAA"}, generation=generation)

    pair, departures = cache.get_pair_and_results("pair", **SEARCH)
    cache.set_search_results({"legs": []}, **SEARCH, generation=departures.generation)

    assert (pair.value, departures.value) == ({"origin": "AAA"}, None)
    assert pair.generation == departures.generation == generation
    assert cache.get_pair_and_results("pair", **SEARCH)[1].value == {"legs": []}


def test_a_cache_that_lost_our_scripts_gets_them_again():
    get_redis_connection("default").script_flush()

    store_search("kept")

    assert cache.get_search_results(**SEARCH).value == "kept"


def use_cache_at(settings, url):
    default = settings.CACHES["default"]
    seconds = {"SOCKET_CONNECT_TIMEOUT": 0.2, "SOCKET_TIMEOUT": 0.2}
    options = {**default["OPTIONS"], **seconds}
    settings.CACHES = {"default": {**default, "LOCATION": url, "OPTIONS": options}}


@pytest.fixture
def dead_address():
    """An address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{unused.getsockname()[1]}/0"


@pytest.fixture
def frozen_address():
    """An address where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


@pytest.mark.parametrize("address", ["dead_address", "frozen_address"])
def test_a_cache_that_fails_is_a_miss_and_costs_little(settings, request, address):
    use_cache_at(settings, request.getfixturevalue(address))
    started = time.monotonic()

    found = cache.get_search_results(**SEARCH)
    cache.set_search_results("x", **SEARCH, generation=found.generation)
    filled = fill_alone(lambda: None, lambda _: "mine")

    assert (found.value, found.generation, filled) == (None, "", "mine")
    assert cache.get_answers(["one", "two"]) == [None, None]
    assert time.monotonic() - started < 0.4


@pytest.mark.django_db(transaction=True)
def test_what_a_failing_cache_missed_is_forgotten_once_it_is_back(settings, dead_address):
    working = settings.CACHES
    generation = cache.get_availability([7])[7].generation
    cache.set_availability({7: "old"}, generations={7: generation})

    use_cache_at(settings, dead_address)
    cache.invalidate_sailing_availability(7)
    settings.CACHES = working
    cache.resume()

    assert cache.get_availability([7])[7].value is None
