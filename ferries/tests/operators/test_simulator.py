"""The simulator as a company of its own: timetable, books, faults, process."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from django.conf import settings as django_settings

from ferries.simulator.controls import Settings

PARTY = {"adults": 1, "children": 0, "infants": 0, "vehicle": None}
DAY = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture
def http(simulator):
    with httpx.Client(base_url=simulator.url) as client:
        yield client


def first_offer(http, **changes):
    question = {
        "origin": "szantod", "destination": "tihany", "date": DAY.isoformat(), "party": PARTY,
    }  # fmt: skip
    return http.post("/v1/search", json={**question, **changes}).json()["offers"][0]["id"]


def hold(http, offer, reference, party=PARTY, minutes=10):
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    body = {"offer": offer, "party": party, "until": until}
    return http.put(f"/v1/reservations/{reference}", json=body)


class TestTimetable:
    def test_the_feeds_own_summer_day(self, timetable):
        found = timetable.departures("szantod", "tihany", date(2026, 7, 15))

        assert len(found) == 34
        assert found[0].departs_at == datetime(2026, 7, 15, 5, tzinfo=UTC)
        assert found[-1].departs_at == datetime(2026, 7, 15, 21, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("day", "like"),
        [
            (date(2027, 1, 1), date(2026, 1, 2)),
            (date(2027, 7, 14), date(2026, 7, 15)),
            (date(2028, 12, 31), date(2026, 1, 4)),
        ],
    )
    def test_days_after_the_feed_repeat_it_by_whole_weeks(self, timetable, day, like):
        zone = {"summer": timedelta(hours=2), "winter": timedelta(hours=1)}
        offset = zone["summer"] if day.month == 7 else zone["winter"]

        later = timetable.departures("szantod", "tihany", day)

        earlier = timetable.departures("szantod", "tihany", like)
        assert later
        assert [each.departs_at - timedelta(days=(day - like).days) for each in later] == [
            each.departs_at for each in earlier
        ]
        assert later[0].departs_at + offset >= datetime(*day.timetuple()[:3], 5, tzinfo=UTC)
        assert day.weekday() == like.weekday()

    def test_days_before_the_feed_have_nothing(self, timetable):
        assert timetable.departures("szantod", "tihany", date(2025, 12, 31)) == []

    def test_an_id_finds_its_departure(self, timetable):
        for departure in timetable.departures("tihany", "szantod", date(2026, 12, 24)):
            assert timetable.departure(departure.id) == departure

    @pytest.mark.parametrize("key", ["", "x", "2026-13-01.a.0-1", "2026-12-24.a.0-1"])
    def test_a_wrong_id_finds_nothing(self, timetable, key):
        assert timetable.departure(key) is None


class TestBooks:
    def test_the_last_places_are_sold_once(self, http, simulator):
        offer = first_offer(http)
        party = {**PARTY, "adults": 60}

        with ThreadPoolExecutor(12) as pool:
            answers = list(
                pool.map(lambda number: hold(http, offer, f"R-{number}", party), range(12))
            )

        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] * 3 + [409] * 9
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["refusals"][0]["numbers"] == {"left": 20, "needed": 60}
        assert simulator.company.reservations() == {"held": 3}

    def test_each_reservation_has_its_own_operator_reference(self, http):
        offer = first_offer(http)

        references = {
            hold(http, offer, f"R-{number}").json()["operator_reference"] for number in range(5)
        }

        assert len(references) == 5

    def test_a_cancelled_reference_is_not_used_again(self, http):
        offer = first_offer(http)
        hold(http, offer, "R-1")
        http.post("/v1/reservations/R-1/cancel")

        answer = hold(http, offer, "R-1")

        assert (answer.status_code, answer.json()["code"]) == (409, "reservation_cancelled")


class TestControls:
    def test_settings_that_are_not_named_stay(self, http):
        http.post("/control", json={"latency_ms": [0, 5], "sold_out": True})

        answer = http.post("/control", json={"sold_out": False})

        assert answer.json() == {
            "latency_ms": [0, 5], "error_rate": 0.0, "lose_answers": 0.0, "garbage": 0.0,
            "slow_drip": 0.0, "drip_seconds": 30.0, "sold_out": False, "sold_out_between": 0.0,
            "refuse_confirm": False, "only": [],
        }  # fmt: skip
        assert http.get("/control").json() == answer.json()

    @pytest.mark.parametrize(
        "body",
        [
            {"speed": 1},
            {"latency_ms": -1},
            {"latency_ms": [5, 1]},
            {"latency_ms": "fast"},
            {"error_rate": 1.5},
            {"error_rate": True},
            {"sold_out": 1},
            {"garbage": -0.1},
            {"drip_seconds": 61},
            {"only": "confirm"},
            {"only": ["confirm", "health"]},
        ],
    )
    def test_wrong_settings_change_nothing(self, http, simulator, body):
        before = simulator.controls.settings

        answer = http.post("/control", json=body)

        assert answer.status_code == 422
        assert simulator.controls.settings == before

    def test_web_pages_cannot_reach_them(self, http, simulator):
        answer = http.post(
            "/control", content='{"sold_out": true}', headers={"Content-Type": "text/plain"}
        )

        assert answer.status_code == 422
        assert simulator.controls.settings.sold_out is False

    def test_stats_count_calls_by_kind(self, http):
        hold(http, first_offer(http), "R-1")

        assert http.get("/control/stats").json() == {
            "calls": {"search": 1, "reserve": 1},
            "reservations": {"held": 1},
        }


class TestFaults:
    """What the company does wrong, and what it has done all the same."""

    def test_it_is_as_slow_as_real_systems_unless_told_otherwise(self):
        assert Settings().latency_ms == (500, 2000)

    def test_an_error_comes_before_anything_happens(self, http, control):
        offer = first_offer(http)
        control(error_rate=1)

        answer = hold(http, offer, "R-1")

        control(error_rate=0)
        assert answer.status_code == 500
        assert http.get("/v1/reservations/R-1").status_code == 404

    @pytest.mark.parametrize("fault", ["lose_answers", "garbage"])
    def test_a_lost_or_spoilt_answer_has_happened(self, http, control, fault):
        offer = first_offer(http)
        control(**{fault: 1, "only": ["reserve"]})

        with pytest.raises((httpx.RemoteProtocolError, ValueError)):
            hold(http, offer, "R-1").json()

        assert http.get("/v1/reservations/R-1").json()["state"] == "held"

    def test_a_drip_takes_its_time_and_has_happened(self, http, control):
        offer = first_offer(http)
        control(slow_drip=1, drip_seconds=0.3, only=["reserve"])
        started = time.monotonic()

        answer = hold(http, offer, "R-1")

        assert answer.json()["state"] == "held"
        assert time.monotonic() - started >= 0.25

    def test_sold_out_in_between_is_seen_by_the_reservation_only(self, http, control):
        control(sold_out_between=1)
        offer = first_offer(http)
        checked = http.post("/v1/check", json={"offer": offer, "party": PARTY}).json()["offer"]

        answer = hold(http, offer, "R-1")

        assert checked["refusals"] == []
        assert (answer.status_code, answer.json()["code"]) == (409, "not_bookable")
        assert answer.json()["refusals"][0]["numbers"] == {"left": 0, "needed": 1}

    def test_faults_may_be_for_some_calls_only(self, http, control):
        offer = first_offer(http)
        control(error_rate=1, only=["confirm"])

        held = hold(http, offer, "R-1")
        confirmed = http.post("/v1/reservations/R-1/confirm")

        assert (held.status_code, confirmed.status_code) == (200, 500)


class TestQuestions:
    @pytest.mark.parametrize(
        "change",
        [
            {"date": "tomorrow"},
            {"party": None},
            {"party": {"adults": 0}},
            {"party": {"adults": -1}},
            {"party": {"adults": "1"}},
            {"party": {"adults": 1, "vehicle": {"kind": "tank"}}},
        ],
    )
    def test_a_wrong_question_is_422(self, http, change):
        question = {
            "origin": "szantod", "destination": "tihany", "date": "2026-12-01", "party": PARTY,
        }  # fmt: skip

        assert http.post("/v1/search", json={**question, **change}).status_code == 422

    @pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 60_000, b"\xff"])
    def test_no_json_object_is_422(self, http, body):
        headers = {"Content-Type": "application/json"}

        assert http.post("/v1/search", content=body, headers=headers).status_code == 422

    def test_unknown_stops_and_addresses_are_404(self, http):
        question = {"origin": "x", "destination": "tihany", "date": "2026-12-01", "party": PARTY}

        assert http.post("/v1/search", json=question).status_code == 404
        assert http.get("/v2/anything").status_code == 404
        assert http.get("/v1/reservations/R-1").status_code == 404


@contextmanager
def process(*options):
    """Run the command as the demo does; gives its process and address."""
    child = subprocess.Popen(
        [sys.executable, "manage.py", "run_operator_simulator", "--port", "0", *options],
        cwd=django_settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"},
    )  # fmt: skip
    try:
        yield child, child.stdout.readline().removeprefix("Listening: ").strip()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_reservations_survive_a_restart_and_sigterm_is_quick(tmp_path):
    state_file = ("--state-file", str(tmp_path / "books.sqlite3"), "--latency-ms", "0")
    with process(*state_file) as (child, url), httpx.Client(base_url=url) as http:
        assert http.get("/health").json() == {"status": "ok"}
        hold(http, first_offer(http), "R-1")
        confirmed = http.post("/v1/reservations/R-1/confirm").json()
        http.post("/control", json={"latency_ms": 30_000})
        with pytest.raises(httpx.TimeoutException):
            http.get("/v1/reservations/R-1", timeout=0.1)
        child.send_signal(signal.SIGTERM)
        # A call of 30 s is still being answered.
        assert child.wait(10) == 0
        log = child.stdout.read()

    with process(*state_file) as (_, url):
        again = httpx.get(f"{url}/v1/reservations/R-1").json()

    assert confirmed["state"] == "confirmed"
    assert again == confirmed
    assert "call='confirm' reference=R-1 status=200" in log
    assert log.rstrip().endswith("Ended.")
    assert "Traceback" not in log
