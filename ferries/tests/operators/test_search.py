"""Searching remote operators together with our own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from ferries import cache
from ferries.models import OperatorStop, Route
from ferries.operators import calls
from ferries.party import Party
from ferries.refusals import utc_text
from ferries.search import OperatorAnswer, search
from ferries.tests import makers
from ferries.tests.operators.conftest import STOPS
from ferries.tests.operators.scripted import says
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

DAY = datetime.now(UTC).date() + timedelta(days=30)


def sells(code, url, **values):
    """Return a remote operator with a route over the lake."""
    operator = makers.operator(code, adapter="http", base_url=url, **values)
    ends = [makers.port(stop.code, zone=stop.zone, country="HU") for stop in STOPS]
    for stop, port in zip(STOPS, ends, strict=True):
        OperatorStop.objects.create(operator=operator, stop_id=stop.stop_id, port=port)
    makers.route(operator, *ends)
    return operator


def find(now=None, party=None):
    return search(
        origin="HU-SZA",
        destination="HU-TIH",
        day=DAY,
        party=party or Party(),
        now=now or clock.now(),
    )


def local_sailing():
    ends = [makers.port(stop.code, zone=stop.zone, country="HU") for stop in STOPS]
    noon = datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=UTC)
    return makers.sailing(*ends, departs_at=noon)


def test_lists_remote_and_local_sailings_together_by_departure(simulator):
    sells("KOMP", simulator.url)
    local_sailing()

    now = clock.now()
    result = find(now)

    assert {offer.operator for offer in result.offers} == {"BLUE", "KOMP"}
    departures = [offer.departs_at for offer in result.offers]
    assert departures == sorted(departures)
    assert result.operators == [
        OperatorAnswer("BLUE", "ok", 0, remote=False),
        OperatorAnswer("KOMP", "ok", 0, remote=True, answered_at=now),
    ]


def test_keeps_an_answer_and_tells_its_age(simulator, calls_of):
    sells("KOMP", simulator.url)
    first = find()

    second = find(now=clock.now() + timedelta(seconds=20))

    assert calls_of("search") == 1
    assert (first.cached, second.cached) == (False, True)
    assert second.offers == first.offers
    assert second.operators[0].age_seconds == 20


def test_another_party_is_asked_again(simulator, calls_of):
    sells("KOMP", simulator.url)
    find()

    find(party=Party(adults=2))

    assert calls_of("search") == 2


def test_asks_again_after_a_booking_at_the_operator(simulator, calls_of):
    operator = sells("KOMP", simulator.url)
    offer = next(each for each in find().offers if each.bookable)

    until = clock.now() + timedelta(minutes=15)
    calls.reserve(operator, offer_id=offer.id, party=Party(), reference="ABC-1", until=until)
    again = find()

    assert calls_of("search") == 2
    assert not again.cached


def test_names_the_operator_that_failed_and_shows_the_rest(scripted):
    scripted.answers = [says({}, status=500)]
    sells("DOWN", scripted.url)
    local_sailing()

    result = find()

    assert [offer.operator for offer in result.offers] == ["BLUE"]
    assert [(each.code, each.status) for each in result.operators] == [
        ("BLUE", "ok"),
        ("DOWN", "error"),
    ]
    assert not result.complete


def test_a_failed_answer_is_not_kept(client, scripted):
    scripted.answers = [says({}, status=500)]
    sells("DOWN", scripted.url)
    address = "/api/v1/ferries/search"
    question = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}

    first, second = client.get(address, question), client.get(address, question)

    assert [answer["X-Cache"] for answer in (first, second)] == ["MISS", "MISS"]
    assert second.json()["outbound"]["operators"] == [
        {
            "code": "DOWN",
            "status": "error",
            "age_seconds": 0,
            "answered_at": None,
            "showing_last": False,
        }
    ]


def test_shows_the_last_answer_of_an_operator_that_is_away_and_its_age(client, simulator, control):
    sells("KOMP", simulator.url)
    asked_at = clock.now()
    before = find(asked_at)
    control(error_rate=1)
    cache.invalidate_operator_answers("KOMP")

    result = find(clock.now() + timedelta(minutes=5))

    (operator,) = result.operators
    assert (operator.status, operator.showing_last) == ("error", True)
    assert 300 <= operator.age_seconds < 360
    assert asked_at <= operator.answered_at <= clock.now()
    assert [offer.id for offer in result.offers] == [offer.id for offer in before.offers]
    assert not result.complete
    question = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}
    (said,) = client.get("/api/v1/ferries/search", question).json()["outbound"]["operators"]
    assert (said["code"], said["status"], said["showing_last"]) == ("KOMP", "error", True)
    assert said["answered_at"] == utc_text(operator.answered_at)


def test_the_api_keeps_a_whole_answer(client, simulator, calls_of):
    sells("KOMP", simulator.url)
    address = "/api/v1/ferries/search"
    question = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}

    first, second = client.get(address, question), client.get(address, question)

    assert [answer["X-Cache"] for answer in (first, second)] == ["MISS", "HIT"]
    assert second.json()["outbound"]["offers"]
    assert calls_of("search") == 1


def test_does_not_ask_where_the_route_is_closed(simulator, calls_of):
    sells("KOMP", simulator.url)
    Route.objects.update(active=False)

    result = find()

    assert (result.offers, result.operators) == ([], [])
    assert calls_of("search") == 0


def test_equal_searches_at_once_ask_the_operator_once(simulator, control, calls_of):
    sells("KOMP", simulator.url)
    control(latency_ms=300)

    def client(_):
        try:
            return len(find().offers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(client, range(6)))

    assert calls_of("search") == 1
    assert len(set(found)) == 1
    assert found[0] > 0
