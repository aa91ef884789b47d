"""What an operator said last, for searches that it does not answer now."""

from datetime import UTC, datetime, timedelta

import pytest

from ferries import cache
from ferries.operators import calls, memory
from ferries.operators.memory import Question
from ferries.party import Party
from ferries.tests.operators.test_calls import DAY, saved, search_many
from maritime.lib import clock

pytestmark = pytest.mark.django_db
ASKED = Question("HU-SZA", "HU-TIH", DAY, Party())


@pytest.fixture(autouse=True)
def _calls_inside_the_test_transaction(settings):
    settings.FORBID_CALLS_IN_TRANSACTION = False


def test_a_search_leaves_its_answer_for_the_bad_days(simulator, control):
    operator = saved("KOMP", simulator.url)
    [(_, offers, _)] = search_many(operator)
    control(error_rate=1)

    [(_, now_offers, status)] = search_many(operator)
    last = memory.last_answer("KOMP", ASKED)

    assert (now_offers, status) == (None, "error")
    assert last.offers == offers
    assert last.age_seconds(now=clock.now()) <= 60
    assert last.age_seconds(now=clock.now() + timedelta(minutes=10)) in range(600, 660)


def test_it_outlives_the_cache_of_searches(simulator):
    operator = saved("KOMP", simulator.url)
    search_many(operator)

    cache.invalidate_operator_answers("KOMP")
    cache.invalidate_searches()

    assert memory.last_answer("KOMP", ASKED).offers


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("OTHER", ASKED),
        ("KOMP", Question("HU-TIH", "HU-SZA", DAY, Party())),
        ("KOMP", Question("HU-SZA", "HU-TIH", DAY + timedelta(days=1), Party())),
        ("KOMP", Question("HU-SZA", "HU-TIH", DAY, Party(adults=2))),
    ],
)
def test_another_question_has_no_answer(simulator, code, question):
    search_many(saved("KOMP", simulator.url))

    assert memory.last_answer(code, question) is None


def test_a_failure_is_not_remembered(simulator, control):
    control(error_rate=1)

    search_many(saved("KOMP", simulator.url))

    assert memory.last_answer("KOMP", ASKED) is None


def test_without_redis_there_is_no_memory_and_no_error(simulator, settings):
    operator = saved("KOMP", simulator.url)
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }

    assert search_many(operator)[0][2] == "ok"
    assert memory.last_answer("KOMP", ASKED) is None


@pytest.mark.django_db(transaction=True)
def test_an_operator_that_cannot_be_asked_about_one_offer_is_searched_again(simulator, calls_of):
    operator = saved("KOMP", simulator.url, capabilities=without("check"))
    offer = search_many(operator)[0][1][0]
    until = datetime.now(UTC) + timedelta(minutes=15)
    calls.reserve(
        operator, offer_id=offer.id, party=Party(adults=5), reference="ABC-1", until=until
    )

    live = calls.check(operator, offer_id=offer.id, party=Party())

    assert (live.id, offer.left["persons"], live.left["persons"]) == (offer.id, 200, 195)
    assert (calls_of("search"), calls_of("check")) == (2, 0)


def without(*capabilities):
    everything = ("search", "check", "reserve", "confirm", "status", "cancel")
    return [each for each in everything if each not in capabilities]
