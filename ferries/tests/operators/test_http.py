"""The HTTP connector against the simulator and against servers that misbehave."""

import time
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from ferries.errors import (
    NotBookable,
    OperatorRefused,
    OperatorTimeout,
    OperatorUnavailable,
    UnknownOffer,
)
from ferries.operators import client
from ferries.party import Party, VehicleSize
from ferries.tests.operators.conftest import remote, serving
from ferries.tests.operators.scripted import drips, hangs_up, says

COUPLE = Party(adults=2)
DAY = datetime.now(UTC).date() + timedelta(days=30)


def search(connector, operator, *, party=COUPLE, day=DAY):
    return connector.search(operator, origin="HU-SZA", destination="HU-TIH", day=day, party=party)


def reserve(connector, operator, *, party=COUPLE, reference="ABC-1", seconds=600.0, offer_id=None):
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    offer_id = offer_id or search(connector, operator)[0].id
    return connector.reserve(
        operator, offer_id=offer_id, party=party, reference=reference, until=until
    )


def state(connector, operator, reference="ABC-1"):
    return connector.status(operator, reference=reference).state


class TestWithTheSimulator:
    def test_real_departures_of_a_summer_day(self, connector, komp):
        offers = search(connector, komp, day=date(2027, 7, 15))

        assert len(offers) == 34
        assert offers[0].departs_at == datetime(2027, 7, 15, 5, 0, tzinfo=UTC)
        assert offers[-1].departs_at == datetime(2027, 7, 15, 21, 30, tzinfo=UTC)
        assert offers[0].timetable_note == "demo timetable"
        assert offers[0].origin_name == "Szántódrév"

    def test_prices_are_in_minor_units(self, connector, komp):
        party = Party(adults=1, vehicle=VehicleSize("car", 450, 160, trailer_length_cm=400))

        lines = search(connector, komp, party=party)[0].lines

        # 850 cm: two started metres beyond 700.
        assert [line.amount for line in lines] == [120_000, 300_000 + 2 * 50_000]

    def test_reserving_twice_is_one_reservation(self, connector, komp, simulator):
        first = reserve(connector, komp)

        second = reserve(connector, komp)

        assert first == second
        assert first.state == "held"
        assert first.operator_reference.startswith("KOMP-")
        assert simulator.company.reservations() == {"held": 1}

    def test_a_reference_serves_one_reservation_only(self, connector, komp):
        reserve(connector, komp)

        with pytest.raises(OperatorRefused):
            reserve(connector, komp, party=Party(adults=5))

    def test_space_is_taken_and_given_back(self, connector, komp):
        offer_id = search(connector, komp)[0].id

        reserve(connector, komp)
        taken = connector.check(komp, offer_id=offer_id, party=COUPLE).left
        connector.cancel(komp, reference="ABC-1")
        free = connector.check(komp, offer_id=offer_id, party=COUPLE).left

        assert (taken["persons"], free["persons"]) == (198, 200)

    def test_the_last_lane_metre_is_sold_once(self, connector, komp):
        party = Party(adults=1, vehicle=VehicleSize("motorhome", 3950, 300))
        for number in range(2):
            reserve(connector, komp, party=party, reference=f"FULL-{number}")

        with pytest.raises(NotBookable) as caught:
            reserve(connector, komp, party=party, reference="LATE-1")

        [refusal] = caught.value.details["refusals"]
        assert (refusal["code"], refusal["left_cm"]) == ("lane_metres_short", 0)
        assert state(connector, komp, "LATE-1") == "unknown"

    def test_sold_out_is_not_bookable(self, connector, komp, control):
        offer_id = search(connector, komp)[0].id
        control(sold_out=True)

        with pytest.raises(NotBookable) as caught:
            reserve(connector, komp, offer_id=offer_id)

        assert [each["code"] for each in caught.value.details["refusals"]] == ["persons_short"]
        assert state(connector, komp) == "unknown"

    def test_an_expired_hold_is_free_and_may_be_confirmed_if_it_still_fits(self, connector, komp):
        offer_id = search(connector, komp)[0].id
        reserve(connector, komp, seconds=-1)

        assert state(connector, komp) == "cancelled"
        assert connector.check(komp, offer_id=offer_id, party=COUPLE).left["persons"] == 200

        assert connector.confirm(komp, reference="ABC-1").state == "confirmed"

    def test_an_expired_hold_whose_space_is_gone_is_refused(self, connector, komp, control):
        reserve(connector, komp, seconds=-1)
        control(sold_out=True)

        with pytest.raises(OperatorRefused):
            connector.confirm(komp, reference="ABC-1")

        assert state(connector, komp) == "cancelled"

    def test_a_refused_confirmation_leaves_the_hold(self, connector, komp, control):
        reserve(connector, komp)
        control(refuse_confirm=True)

        with pytest.raises(OperatorRefused):
            connector.confirm(komp, reference="ABC-1")

        assert state(connector, komp) == "held"

    def test_an_unknown_reference_is_not_confirmed(self, connector, komp):
        with pytest.raises(OperatorRefused):
            connector.confirm(komp, reference="NOBODY-1")

    def test_a_cancelled_reservation_is_not_confirmed(self, connector, komp):
        reserve(connector, komp)
        connector.cancel(komp, reference="ABC-1")

        with pytest.raises(OperatorRefused):
            connector.confirm(komp, reference="ABC-1")

        assert state(connector, komp) == "cancelled"

    def test_a_wrong_direction_has_no_name_at_the_operator(self, connector, komp):
        with pytest.raises(OperatorUnavailable):
            connector.search(komp, origin="HU-SZA", destination="XX", day=DAY, party=COUPLE)


class TestLostAnswers:
    def test_a_slow_reservation_is_found_by_its_reference(self, connector, komp, control):
        offer_id = search(connector, komp)[0].id
        control(latency_ms=400)
        komp.timeout_seconds = 0.15

        with pytest.raises(OperatorTimeout):
            reserve(connector, komp, offer_id=offer_id)

        control(latency_ms=0)
        time.sleep(0.5)
        assert state(connector, komp) == "held"

    def test_a_confirmation_whose_answer_is_lost_is_found_and_not_repeated(
        self, connector, komp, control, calls_of
    ):
        reserve(connector, komp)
        control(lose_answers=1)

        answer = connector.confirm(komp, reference="ABC-1")

        assert answer.state == "confirmed"
        assert calls_of("confirm") == 1

    def test_a_confirmation_that_nobody_heard_of_is_found_by_the_next_try(
        self, connector, komp, simulator, control, calls_of
    ):
        reserve(connector, komp)
        control(lose_answers=1)
        with pytest.raises(httpx.HTTPError):
            httpx.post(f"{simulator.url}/v1/reservations/ABC-1/confirm")
        control(lose_answers=0)

        answer = connector.confirm(komp, reference="ABC-1")

        assert answer.state == "confirmed"
        assert calls_of("confirm") == 1

    def test_a_confirmation_that_did_not_arrive_is_worth_another_try(self, connector, scripted):
        held = {"reference": "ABC-1", "state": "held", "operator_reference": "X"}
        scripted.answers = [says(held), hangs_up, says(held)]
        operator = remote("ODD", scripted.url)

        with pytest.raises(OperatorUnavailable):
            connector.confirm(operator, reference="ABC-1")

        path = "/v1/reservations/ABC-1"
        assert scripted.asked == [f"GET {path}", f"POST {path}/confirm", f"GET {path}"]

    def test_a_reservation_is_repeated_once_and_stays_one(
        self, connector, komp, control, calls_of, simulator
    ):
        offer_id = search(connector, komp)[0].id
        control(lose_answers=1)

        with pytest.raises(OperatorUnavailable):
            reserve(connector, komp, offer_id=offer_id)

        assert calls_of("reserve") == 2
        assert simulator.company.reservations() == {"held": 1}


OFFER = {
    "id": "a.1",
    "sailing": "a",
    "vessel": "Komp",
    "origin": "szantod",
    "destination": "tihany",
    "departs_at": f"{DAY}T10:00:00Z",
    "arrives_at": f"{DAY}T10:08:00Z",
    "currency": "HUF",
    "lines": [
        {"kind": "passenger", "label": "Adult", "amount": 1, "item": f"p{index}", "rule": "a"}
        for index in range(2)
    ],
    "left": {"persons": 5},
    "refusals": [],
}
WRONG = {
    "no offers": {},
    "offers are no list": {"offers": {}},
    "an offer is a text": {"offers": ["x"]},
    "too many": {"offers": [OFFER] * 501},
    "id with a blank": {"offers": [{**OFFER, "id": "a b"}]},
    "no id": {"offers": [{key: OFFER[key] for key in OFFER if key != "id"}]},
    "line end in a name": {"offers": [{**OFFER, "vessel": "a\nb"}]},
    "NUL in a name": {"offers": [{**OFFER, "vessel": "a\x00"}]},
    "a very long name": {"offers": [{**OFFER, "vessel": "a" * 101}]},
    "another stop": {"offers": [{**OFFER, "origin": "vienna"}]},
    "the other direction": {"offers": [{**OFFER, "origin": "tihany", "destination": "szantod"}]},
    "another day": {"offers": [{**OFFER, "departs_at": "2026-01-01T10:00:00Z"}]},
    "local time": {"offers": [{**OFFER, "departs_at": f"{DAY}T10:00:00"}]},
    "a moment that is none": {"offers": [{**OFFER, "departs_at": "tomorrow"}]},
    "arrival before departure": {"offers": [{**OFFER, "arrives_at": f"{DAY}T09:00:00Z"}]},
    "currency in words": {"offers": [{**OFFER, "currency": "forint"}]},
    "amount with decimals": {
        "offers": [{**OFFER, "lines": [{**OFFER["lines"][0], "amount": 1.5}, OFFER["lines"][1]]}]
    },
    "negative amount": {
        "offers": [{**OFFER, "lines": [{**OFFER["lines"][0], "amount": -1}, OFFER["lines"][1]]}]
    },
    "amount beyond the column": {
        "offers": [{**OFFER, "lines": [{**OFFER["lines"][0], "amount": 2**31}, OFFER["lines"][1]]}]
    },
    "a traveller without a price": {"offers": [{**OFFER, "lines": OFFER["lines"][:1]}]},
    "a traveller twice": {"offers": [{**OFFER, "lines": [OFFER["lines"][0]] * 2}]},
    "left is missing": {"offers": [{**OFFER, "left": {}}]},
    "true for a number": {"offers": [{**OFFER, "left": {"persons": True}}]},
    "refusal without a sentence": {"offers": [{**OFFER, "refusals": [{"code": "x"}]}]},
    "a number that hides the code": {
        "offers": [{**OFFER, "refusals": [{"code": "x", "message": "X", "numbers": {"code": 1}}]}]
    },
}


class TestWrongAnswers:
    def test_the_pattern_of_the_wrong_ones_is_right(self, connector, scripted):
        scripted.answers = [says({"offers": [OFFER]})]

        [offer] = search(connector, remote("ODD", scripted.url))

        assert (offer.id, offer.amount, offer.left) == ("ODD~a.1", 2, {"persons": 5})

    @pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
    def test_a_wrong_shape_counts_as_no_answer(self, body, connector, scripted):
        scripted.answers = [says(body)]

        with pytest.raises(OperatorUnavailable):
            search(connector, remote("ODD", scripted.url))

    @pytest.mark.parametrize(
        "answer",
        [
            says(b"<html>"),
            says(b"[]"),
            says(b"\xff"),
            says(b"[" * 200_000),
            says(b'{"offers": ' + b"9" * 5000 + b"}"),
            says({}, status=302, Location="http://127.0.0.1:9/"),
            says({}, status=401),
            says({}, status=404),
            says({"offers": []}, Content_Encoding="gzip"),
            says(b" " * (client.MAX_ANSWER_BYTES + 1)),
        ],
    )
    def test_rubbish_counts_as_no_answer_and_is_not_asked_again(self, answer, connector, scripted):
        scripted.answers = [answer]

        with pytest.raises(OperatorUnavailable):
            search(connector, remote("ODD", scripted.url))

        assert len(scripted.asked) == 1

    @pytest.mark.parametrize("failure", [hangs_up, says({}, status=503), says({}, status=429)])
    def test_a_passing_failure_is_repeated_once(self, failure, connector, scripted):
        scripted.answers = [failure, says({"offers": []})]

        assert search(connector, remote("ODD", scripted.url)) == []
        assert len(scripted.asked) == 2

    def test_a_lasting_failure_is_repeated_once_only(self, connector, scripted):
        scripted.answers = [says({}, status=500)]

        with pytest.raises(OperatorUnavailable):
            search(connector, remote("ODD", scripted.url))

        assert len(scripted.asked) == 2

    def test_an_answer_in_drops_ends_with_the_time(self, connector, scripted):
        scripted.answers = [drips]
        started = time.monotonic()

        with pytest.raises(OperatorTimeout):
            search(connector, remote("ODD", scripted.url, timeout_seconds=0.4))

        assert time.monotonic() - started < 2

    def test_nobody_listens(self, connector):
        with pytest.raises(OperatorUnavailable):
            search(connector, remote("ODD", "http://127.0.0.1:9", timeout_seconds=0.5))

    @pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "http://", "nonsense", "http://[x"])
    def test_an_address_that_is_none(self, url, connector):
        with pytest.raises(OperatorUnavailable):
            search(connector, remote("ODD", url, timeout_seconds=0.5))

    @pytest.mark.parametrize(
        "body",
        [
            {"reference": "OTHER-1", "state": "held", "operator_reference": "X"},
            {"reference": "ABC-1", "state": "perhaps", "operator_reference": "X"},
            {"reference": "ABC-1", "state": "held"},
        ],
    )
    def test_a_reservation_of_another_shape(self, body, connector, scripted):
        scripted.answers = [says(body)]

        with pytest.raises(OperatorUnavailable):
            connector.status(remote("ODD", scripted.url), reference="ABC-1")

    def test_another_offer_than_asked(self, connector, scripted):
        scripted.answers = [says({"offer": OFFER})]

        with pytest.raises(OperatorUnavailable):
            connector.check(remote("ODD", scripted.url), offer_id="ODD~a.2", party=COUPLE)

    def test_an_offer_id_that_cannot_be_theirs_is_not_asked(self, connector, scripted):
        with pytest.raises(UnknownOffer):
            connector.check(remote("ODD", scripted.url), offer_id="ODD~a/../b", party=COUPLE)

        assert scripted.asked == []


class TestApiKey:
    def test_the_key_opens_the_system(self, connector, timetable, monkeypatch):
        monkeypatch.setenv("OPERATOR_KOMP_KEY", "secret")
        with serving(timetable, api_key="secret") as server:
            operator = remote("KOMP", server.url)
            with pytest.raises(OperatorUnavailable):
                search(connector, operator)

            operator.api_key_variable = "OPERATOR_KOMP_KEY"

            assert search(connector, operator)

    def test_other_variables_are_never_sent(self, connector, scripted, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "very secret")
        scripted.answers = [says({"offers": []})]
        operator = remote("ODD", scripted.url)
        operator.api_key_variable = "SECRET_KEY"

        with pytest.raises(OperatorUnavailable):
            search(connector, operator)

        assert scripted.asked == []
