"""The guarded doors: deadline, statuses, breaker, and no call inside a transaction."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from ferries.errors import CircuitOpen, OperatorUnavailable, UnknownOffer
from ferries.models import OperatorStop
from ferries.operators import breaker, calls, registry
from ferries.party import Party
from ferries.tests import makers
from ferries.tests.operators.conftest import STOPS, serving
from ferries.tests.operators.scripted import says
from maritime.lib import request_ids
from maritime.ops import counters

pytestmark = pytest.mark.django_db

DAY = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture(autouse=True)
def _calls_inside_the_test_transaction(request, settings):
    """Let operators be asked inside the transaction that pytest wraps round most tests."""
    marks = request.node.iter_markers("django_db")
    if not any(mark.kwargs.get("transaction") for mark in marks):
        settings.FORBID_CALLS_IN_TRANSACTION = False


def saved(code, url, **values):
    """Return a remote operator that sells between the two landings of the lake."""
    operator = makers.operator(code, adapter="http", base_url=url, **values)
    for stop in STOPS:
        port = makers.port(stop.code, zone=stop.zone, country="HU")
        OperatorStop.objects.create(operator=operator, stop_id=stop.stop_id, port=port)
    return operator


def search_many(*operators, deadline_seconds=2.0):
    found = calls.search_many(
        list(operators),
        origin="HU-SZA",
        destination="HU-TIH",
        day=DAY,
        party=Party(),
        deadline_seconds=deadline_seconds,
    )
    return [(operator.code, offers, status) for operator, offers, status in found]


def search_many_of(operators, *, deadline_seconds):
    """Search in a visitor's own thread and database connection."""
    try:
        found = search_many(*operators, deadline_seconds=deadline_seconds)
    finally:
        connection.close()
    return [(code, status) for code, _, status in found]


def test_a_slow_operator_does_not_delay_the_others(simulator, timetable, control):
    quick = saved("QUICK", simulator.url)
    with serving(timetable) as slow_system:
        slow_system.controls.change({"latency_ms": 4000})
        slow = saved("SLOW", slow_system.url, timeout_seconds=6.0)
        search_many(quick)
        started = time.monotonic()

        answers = search_many(slow, quick, deadline_seconds=1.0)

        assert time.monotonic() - started < 1.5
    assert [(code, status) for code, _, status in answers] == [("SLOW", "timeout"), ("QUICK", "ok")]
    assert answers[0][1] is None
    assert answers[1][1]


@pytest.mark.django_db(transaction=True)
def test_one_that_hangs_fills_its_own_threads_only(simulator, timetable, monkeypatch):
    """Several searches at once: those that wait for one operator take no thread from the other."""
    monkeypatch.setattr(calls, "THREADS_EACH", 2)
    with serving(timetable) as hanging_system:
        hanging_system.controls.change({"latency_ms": 60_000})
        operators = [
            saved("HANGS", hanging_system.url, timeout_seconds=8.0),
            saved("BRISK", simulator.url),
        ]
        with ThreadPoolExecutor(6) as visitors:
            searches = [
                visitors.submit(search_many_of, operators, deadline_seconds=4.0) for _ in range(6)
            ]
            answers = [each.result() for each in searches]

    assert answers == [[("HANGS", "timeout"), ("BRISK", "ok")]] * 6


def test_operators_are_asked_at_the_same_time(timetable, simulator, control):
    control(latency_ms=500)
    operators = [saved(f"OP{number}", simulator.url, timeout_seconds=8.0) for number in range(8)]
    started = time.monotonic()

    answers = search_many(*operators, deadline_seconds=8)

    # One after the other they would take 4 s.
    assert [status for _, _, status in answers] == ["ok"] * 8
    assert time.monotonic() - started < 3


def test_a_broken_operator_is_a_status(scripted, simulator):
    scripted.answers = [says({"offers": "none"})]

    answers = search_many(saved("ODD", scripted.url), saved("KOMP", simulator.url))

    assert [(code, status) for code, _, status in answers] == [("ODD", "error"), ("KOMP", "ok")]


def test_an_operator_without_a_name_for_the_port_is_an_error(simulator):
    operator = makers.operator("BARE", adapter="http", base_url=simulator.url)

    assert search_many(operator) == [("BARE", None, "error")]


def test_an_operator_that_keeps_failing_is_left_alone(simulator, control, calls_of):
    operator = saved("KOMP", simulator.url)
    control(error_rate=1)
    for _ in range(breaker.FAILURES):
        assert search_many(operator)[0][2] == "error"
    asked = calls_of("search")
    control(error_rate=0)

    assert search_many(operator) == [("KOMP", None, "circuit_open")]
    with pytest.raises(CircuitOpen):
        calls.status(operator, reference="ABC-1")
    assert calls_of("search") == asked
    assert calls_of("status") == 0


@pytest.mark.django_db(transaction=True)
def test_threads_give_their_database_connections_back():
    run = makers.sailing(makers.port("AAA"), makers.port("BBB"))
    open_before = connection.pool.get_stats()["pool_size"]
    available = connection.pool.get_stats()["pool_available"]

    [(_, offers, status)] = calls.search_many(
        [run.operator],
        origin="AAA",
        destination="BBB",
        day=date.fromisoformat(makers.local_date(run)),
        party=Party(),
        deadline_seconds=5,
    )

    stats = connection.pool.get_stats()
    assert (len(offers), status) == (1, "ok")
    assert stats["pool_size"] - stats["pool_available"] == open_before - available


@pytest.mark.django_db(transaction=True)
def test_the_whole_road_of_a_reservation(simulator):
    operator = saved("KOMP", simulator.url)
    offer = search_many(operator)[0][1][0]
    until = datetime.now(UTC) + timedelta(minutes=15)

    assert calls.check(operator, offer_id=offer.id, party=Party()) == offer
    held = calls.reserve(operator, offer_id=offer.id, party=Party(), reference="ABC-1", until=until)
    confirmed = calls.confirm(operator, reference="ABC-1")
    cancelled = calls.cancel(operator, reference="ABC-1")

    assert [held.state, confirmed.state, cancelled.state] == ["held", "confirmed", "cancelled"]
    assert held.operator_reference == confirmed.operator_reference
    assert calls.status(operator, reference="ABC-1").state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_no_operator_is_called_inside_a_transaction(simulator, calls_of):
    operator = saved("KOMP", simulator.url)

    with transaction.atomic():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            calls.status(operator, reference="ABC-1")
        with pytest.raises(RuntimeError, match="inside a transaction"):
            search_many(operator)

    assert (calls_of("status"), calls_of("search")) == (0, 0)


def test_our_own_inventory_may_be_asked_anywhere():
    operator = makers.operator()

    with transaction.atomic():
        answer = calls.confirm(operator, reference="ABC-1")

    assert answer.state == "confirmed"


def test_a_failure_is_logged_with_its_cause_and_nothing_else(scripted, caplog):
    scripted.answers = [says({"offers": "none"})]

    search_many(saved("ODD", scripted.url))

    # A thread of an earlier test may end its slow call now.
    [line] = [message for message in caplog.messages if "operator=ODD" in message]
    assert line.startswith(
        "operator call failed: operator=ODD call=search error=OperatorUnavailable "
        "cause=Malformed('offers is not a list of at most 500') ms="
    )


def test_the_time_of_calls_is_counted_by_question_and_outcome(simulator, control):
    operator = saved("TIMED", simulator.url)
    search_many(operator)
    control(error_rate=1)
    search_many(operator)

    counted = {
        dict(series.labels)["outcome"]: dict(series.labels)["question"]
        for series in counters.totals()
        if series.name == "maritime_operator_seconds"
        and series.part == "sum"
        and ("operator", "TIMED") in series.labels
    }
    assert counted == {"ok": "search", "error": "search"}


def test_the_request_s_id_goes_along(scripted):
    scripted.answers = [says({"offers": []})]

    with request_ids.bound("request-0123456789"):
        search_many(saved("KOMP", scripted.url))

    assert [headers["X-Request-Id"] for headers in scripted.headers] == ["request-0123456789"]


@pytest.mark.parametrize("offer_id", ["", "KOMP", "NOBODY~x", "\x00~x", "CLOSED~x"])
def test_an_offer_of_no_operator(offer_id):
    makers.operator("CLOSED", active=False)

    with pytest.raises(UnknownOffer):
        registry.operator_of_offer(offer_id)


def test_the_operator_of_an_offer():
    operator = makers.operator("KOMP")

    assert registry.operator_of_offer("KOMP~anything~else") == operator


def test_connectors_cost_one_query_however_many(simulator, django_assert_num_queries):
    operators = [saved("A", simulator.url), makers.operator("B"), saved("C", simulator.url)]

    with django_assert_num_queries(1):
        connectors = registry.connectors_for(operators)

    kinds = [type(connector).__name__ for connector in connectors]
    assert kinds == ["HttpConnector", "LocalConnector", "HttpConnector"]


def test_unavailable_is_worth_another_try():
    assert OperatorUnavailable.permanent is False
