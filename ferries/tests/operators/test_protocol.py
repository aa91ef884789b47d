"""The written protocol: valid in itself, and what the simulator answers and our client asks."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError

from ferries.errors import MaritimeError
from ferries.party import Party, VehicleSize
from ferries.simulator.server import DOORS
from ferries.tests.operators import protocol
from ferries.tests.operators.conftest import remote
from ferries.tests.operators.scripted import says
from ferries.tests.operators.test_http import OFFER, search
from ferries.tests.operators.test_simulator import DAY, PARTY, first_offer, hold

METHODS = ("get", "put", "post")


def operations():
    return {
        f"{method} {path}": item[method]
        for path, item in protocol.document()["paths"].items()
        for method in METHODS
        if method in item
    }


def inside(value):
    """Go through everything in the document."""
    yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from inside(each)


class TestTheFile:
    def test_it_has_every_call_once(self):
        names = [each["operationId"] for each in operations().values()]

        assert sorted(names) == sorted([*{door.call for door in DOORS}, "health"])

    def test_every_reference_leads_somewhere(self):
        references = [
            each["$ref"]
            for each in inside(protocol.document())
            if isinstance(each, dict) and "$ref" in each
        ]

        assert len(references) > 50
        for reference in references:
            assert protocol.followed({"$ref": reference})

    def test_every_schema_is_one(self):
        for name, schema in protocol.document()["components"]["schemas"].items():
            Draft202012Validator.check_schema(schema)
            assert schema.get("type") or schema.get("enum"), name

    def test_every_example_fits_its_schema(self):
        contents = [
            each["application/json"]
            for each in inside(protocol.document())
            if isinstance(each, dict) and "application/json" in each
        ]
        examples = [
            (content["schema"], example["value"])
            for content in contents
            for example in content.get("examples", {}).values()
        ]

        assert len(examples) >= 10
        for schema, value in examples:
            protocol.validator(schema).validate(value)

    def test_every_call_says_what_may_go_wrong(self):
        for name, each in operations().items():
            assert "503" in each["responses"], name
            if each.get("security") != []:
                assert "401" in each["responses"], name

    def test_a_wrong_offer_does_not_fit(self):
        for wrong in ({"id": "a b"}, {"lines": None}, {"departs_at": "tomorrow"}, {"left": {}}):
            with pytest.raises(ValidationError):
                protocol.judge_answer(
                    "POST", "/v1/search", status=200, body={"offers": [{**OFFER, **wrong}]}
                )


class TestTheSimulator:
    @pytest.fixture
    def http(self, simulator):
        """Return a client whose every exchange is judged."""

        def judge(response):
            response.read()
            protocol.judge_answer(
                response.request.method,
                response.request.url.path,
                status=response.status_code,
                body=response.json(),
            )

        with httpx.Client(base_url=simulator.url, event_hooks={"response": [judge]}) as client:
            yield client

    def test_a_reservation_from_its_search_to_its_end(self, http):
        offer = first_offer(http, date=DAY.isoformat())
        http.post("/v1/check", json={"offer": offer, "party": PARTY})
        hold(http, offer, "R-1")
        hold(http, offer, "R-1")
        http.get("/v1/reservations/R-1")
        http.post("/v1/reservations/R-1/confirm")
        answer = http.post("/v1/reservations/R-1/cancel")

        assert answer.json()["state"] == "cancelled"
        assert http.get("/health").status_code == 200

    def test_everything_that_it_refuses(self, http, control):
        offer = first_offer(http)
        nobody = {**PARTY, "adults": 0}
        hold(http, offer, "R-1")
        answers = [
            hold(http, offer, "R-1", {**PARTY, "adults": 2}),
            hold(http, offer, "R-2", {**PARTY, "adults": 99, "children": 99, "infants": 50}),
            hold(http, offer, "R-3", nobody),
            hold(http, "2027-01-01.none.0-1", "R-4"),
            http.get("/v1/reservations/R-5"),
            http.post("/v1/reservations/R-5/confirm"),
            http.post("/v1/reservations/R-5/cancel"),
            http.post("/v1/check", json={"offer": "none", "party": PARTY}),
            http.post("/v1/search", json={"origin": "tihany"}),
        ]
        control(refuse_confirm=True)
        answers.append(http.post("/v1/reservations/R-1/confirm"))
        control(error_rate=1)
        answers.append(http.get("/v1/reservations/R-1"))

        statuses = [answer.status_code for answer in answers]
        assert statuses == [409, 409, 422, 404, 404, 404, 404, 404, 422, 409, 500]

    def test_offers_that_cannot_be_booked(self, http, control):
        control(sold_out=True)
        car = {"kind": "car", "length_cm": 480, "height_cm": 900, "trailer_length_cm": 0}
        question = {"origin": "szantod", "destination": "tihany", "date": DAY.isoformat()}

        offers = http.post(
            "/v1/search", json={**question, "party": {**PARTY, "vehicle": car}}
        ).json()["offers"]

        codes = {refusal["code"] for refusal in offers[0]["refusals"]}
        assert codes == {"persons_short", "too_high"}


class TestOurClient:
    @pytest.mark.parametrize(
        "party",
        [
            Party(),
            Party(adults=2, children=3, infants=1, ages=(40, 41, 9, 8, 7, 1), group="club"),
            Party(vehicle=VehicleSize("car", 450, 160, trailer_length_cm=300, weight_kg=1800)),
        ],
    )
    def test_every_question_is_of_the_protocol(self, connector, scripted, party):
        scripted.answers = [says({})]
        operator = remote("ODD", scripted.url)
        until = datetime.now(UTC) + timedelta(minutes=15)
        for ask in (
            lambda: search(connector, operator, party=party),
            lambda: connector.check(operator, offer_id="ODD~a.1", party=party),
            lambda: connector.reserve(
                operator, offer_id="ODD~a.1", party=party, reference="ACDE34679-1", until=until
            ),
            lambda: connector.status(operator, reference="ACDE34679-1"),
        ):
            with pytest.raises(MaritimeError):
                ask()
        held = {"reference": "ACDE34679-1", "state": "held", "operator_reference": "X"}
        scripted.answers = [says(held)]
        for order in (connector.confirm, connector.cancel):
            with pytest.raises(MaritimeError):
                order(operator, reference="ACDE34679-1")

        asked = [line.split(" ") for line in scripted.asked]
        for (method, path), raw in zip(asked, scripted.bodies, strict=True):
            protocol.judge_question(method, path, body=json.loads(raw) if raw else None)
        calls = {protocol.operation(*each)["operationId"] for each in asked}
        assert calls == {"search", "check", "reserve", "status", "confirm", "cancel"}
