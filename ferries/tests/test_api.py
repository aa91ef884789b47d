"""The ferries API over HTTP."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django_redis import get_redis_connection

from ferries import cache, inventory
from ferries.models import FareRule, Port
from ferries.party import Party
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/api/v1/ferries/search"


def departure(days=30):
    """Return 19:00 UTC in so many days; far from midnight in London and Paris."""
    day = clock.now().date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 19, tzinfo=UTC)


def sailing(departs_at=None, **values):
    ends = makers.port("AAA", zone="Europe/London"), makers.port("BBB", zone="Europe/Paris")
    return makers.sailing(*ends, departs_at=departs_at or departure(), **values)


def get(client, **parameters):
    day = departure().date().isoformat()
    return client.get(SEARCH, {"origin": "AAA", "destination": "BBB", "date": day, **parameters})


def errors(client, **parameters):
    answer = get(client, **parameters)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] in {"invalid_input", "unknown_port"}
    return answer.json()["errors"]


def hold(run, party):
    now = clock.now()
    leg = makers.leg(run)
    with transaction.atomic():
        needs = inventory.plan(leg, party, now=now)
        expires_at = now + timedelta(minutes=15)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)


def test_answers_the_contract_of_an_offer(client):
    run = sailing(persons=10, lane_cm=1000)
    departs = departure()

    answer = get(client, adults=2, children=1, vehicle="car", vehicle_length_cm=450)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    summer = departs.astimezone(UTC).month in range(4, 10)
    body = answer.json()
    (offer,) = body["outbound"]["offers"]
    assert body["inbound"] is None
    (operator,) = body["outbound"]["operators"]
    assert (operator["code"], operator["status"], operator["age_seconds"]) == ("BLUE", "ok", 0)
    assert (operator["answered_at"], operator["showing_last"]) == (None, False)
    assert offer == {
        "id": f"BLUE~{run.public_id.hex}~0-1",
        "sailing": str(run.public_id),
        "operator": "BLUE",
        "operator_name": "BLUE Ferries",
        "vessel": run.configuration.vessel.name,
        "origin": "AAA",
        "origin_name": "Aaa",
        "origin_zone": "Europe/London",
        "destination": "BBB",
        "destination_name": "Bbb",
        "destination_zone": "Europe/Paris",
        "departs_at": departs.strftime("%Y-%m-%dT19:00:00Z"),
        "arrives_at": departs.strftime("%Y-%m-%dT20:00:00Z"),
        "departure_local": departs.strftime(f"%Y-%m-%dT{'20' if summer else '19'}:00:00")
        + ("+01:00" if summer else "+00:00"),
        "arrival_local": departs.strftime(f"%Y-%m-%dT{'22' if summer else '21'}:00:00")
        + ("+02:00" if summer else "+01:00"),
        "duration_minutes": 60,
        "bookable": True,
        "refusals": [],
        "left": {"persons": 10, "lane_cm": 1000},
        "price": {
            "amount": 4000,
            "currency": "USD",
            "lines": [
                price_line("passenger", "Adult (included with the vehicle)", 0, "p0", "adult"),
                price_line("passenger", "Adult", 1000, "p1", "adult"),
                price_line("passenger", "Child", 500, "p2", "child"),
                price_line("vehicle", "Car and driver", 2500, "v0", "car"),
            ],
        },
        "family": "",
        "family_name": "",
        "fares": [],
        "accommodation": [],
        "accommodation_required": False,
        "chosen_accommodation": [],
        "pets": [],
        "check_in_minutes": 0,
        "timetable_note": "",
    }


def price_line(kind, label, amount, item, rule):
    line = {"kind": kind, "label": label, "amount": amount, "item": item, "rule": rule}
    return {**line, "vat": 0}


def test_says_why_something_cannot_be_booked(client):
    sailing(persons=1)

    (offer,) = get(client, adults=2).json()["outbound"]["offers"]

    assert not offer["bookable"]
    assert offer["refusals"] == [
        {
            "code": "persons_short",
            "message": "Only 1 place is left; your party needs 2.",
            "left": 1,
            "needed": 2,
        }
    ]


def test_searches_the_way_back_too(client):
    sailing()
    back = departure(days=32)
    makers.sailing(makers.port("BBB", zone="Europe/Paris"), makers.port("AAA"), departs_at=back)

    body = get(client, return_date=back.date().isoformat()).json()

    assert [offer["origin"] for offer in body["outbound"]["offers"]] == ["AAA"]
    assert [offer["origin"] for offer in body["inbound"]["offers"]] == ["BBB"]


def test_first_a_miss_and_then_a_hit(client):
    sailing()
    back = departure(days=32).date().isoformat()

    answers = [get(client, return_date=back) for _ in range(2)]

    assert [answer["X-Cache"] for answer in answers] == ["MISS", "HIT"]
    assert answers[0].content == answers[1].content


def test_a_new_booking_is_one_miss_and_shows_at_once(client):
    run = sailing(persons=10)
    get(client)

    hold(run, Party(adults=4))
    answers = [get(client) for _ in range(2)]

    assert [answer["X-Cache"] for answer in answers] == ["MISS", "HIT"]
    for answer in answers:
        assert answer.json()["outbound"]["offers"][0]["left"]["persons"] == 6


def test_another_party_is_a_miss_with_its_own_price(client):
    sailing()
    get(client)

    answer = get(client, adults=3)

    assert answer["X-Cache"] == "MISS"
    assert answer.json()["outbound"]["offers"][0]["price"]["amount"] == 3000


def test_a_booking_elsewhere_leaves_the_answer_cached(client):
    sailing()
    other = sailing(departure(days=31))
    get(client)

    hold(other, Party())

    assert get(client)["X-Cache"] == "HIT"


def test_an_edit_of_a_fare_shows_at_once(client):
    sailing()
    get(client)

    rule = FareRule.objects.get(code="adult")
    rule.amount = 4321
    rule.save()

    answer = get(client)
    assert answer["X-Cache"] == "MISS"
    assert answer.json()["outbound"]["offers"][0]["price"]["amount"] == 4321


def test_a_ready_answer_ends_when_a_sale_closes(client):
    closes_at = clock.now() + timedelta(seconds=1)
    run = sailing(closes_at + timedelta(minutes=10))
    day = clock.local(run.departs_at, "Europe/London").date().isoformat()
    open_offer = get(client, date=day).json()["outbound"]["offers"][0]

    time.sleep(1.1)
    answer = get(client, date=day)

    assert open_offer["bookable"]
    (refusal,) = answer.json()["outbound"]["offers"][0]["refusals"]
    assert refusal["code"] == "sale_closed"


def test_searches_without_a_cache(client, settings):
    sailing()

    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://[::1]:1/0"}}
    answers = [get(client) for _ in range(2)]
    cache.resume()

    assert [answer["X-Cache"] for answer in answers] == ["MISS", "MISS"]
    assert len(answers[1].json()["outbound"]["offers"]) == 1


@pytest.mark.parametrize(
    ("parameters", "field", "sentence"),
    [
        ({"origin": ""}, "origin", "This parameter is required."),
        ({"origin": "X" * 41}, "origin", "Port codes have at most 40 characters."),
        ({"origin": "XXXXX"}, "origin", "We do not know the port XXXXX."),
        ({"destination": "aaa"}, "destination", "Choose two different ports."),
        ({"date": ""}, "date", "Enter a day as YYYY-MM-DD."),
        ({"date": "2027-02-30"}, "date", "Enter a day as YYYY-MM-DD."),
        ({"date": "20270201"}, "date", "Enter a day as YYYY-MM-DD."),
        ({"adults": "two"}, "adults", "Enter a whole number from 0 to 50."),
        ({"adults": "51"}, "adults", "Enter a whole number from 0 to 50."),
        ({"adults": "-1"}, "adults", "Enter a whole number from 0 to 50."),
        ({"adults": "٣"}, "adults", "Enter a whole number from 0 to 50."),
        ({"adults": "0"}, "adults", "At least one adult or child must travel."),
        (
            {"adults": "30", "children": "21"},
            "adults",
            "At most 50 persons travel in one party.",
        ),
        (
            {"vehicle": "tank"},
            "vehicle",
            "Choose one of car, van, motorhome, motorcycle, bicycle.",
        ),
        (
            {"vehicle": "car", "adults": "0", "children": "1"},
            "vehicle",
            "A vehicle needs a driver: add an adult.",
        ),
        ({"vehicle_length_cm": "450"}, "vehicle_length_cm", "Name the kind of vehicle too."),
        (
            {"vehicle": "car", "vehicle_length_cm": "49"},
            "vehicle_length_cm",
            "Enter a whole number from 50 to 3000.",
        ),
        (
            {"vehicle": "car", "vehicle_height_cm": "501"},
            "vehicle_height_cm",
            "Enter a whole number from 50 to 500.",
        ),
        ({"colour": "blue"}, "colour", "There is no such parameter."),
    ],
)
def test_refuses_wrong_input_by_field(client, parameters, field, sentence):
    sailing()

    assert errors(client, **parameters) == {field: [sentence]}


def test_names_all_faults_at_once(client):
    found = client.get(SEARCH).json()["errors"]

    assert set(found) == {"origin", "destination", "date"}


@pytest.mark.parametrize(("days", "status"), [(-2, 422), (-1, 200), (400, 200), (401, 422)])
def test_searches_from_yesterday_to_400_days_ahead(client, days, status):
    sailing()
    day = clock.now().date() + timedelta(days=days)

    assert get(client, date=day.isoformat()).status_code == status


def test_the_return_is_not_before_the_departure(client):
    sailing()
    day = departure(days=29).date().isoformat()

    assert errors(client, return_date=day) == {
        "return_date": ["The return is before the departure."]
    }


def test_wrong_input_never_reaches_the_cache(client):
    get(client, adults="many")

    assert get_redis_connection("default").dbsize() == 0


def test_only_reads(client):
    assert client.post(SEARCH).status_code == 405


def test_availability_of_a_sailing(client):
    run = sailing(persons=10, lane_cm=1000)
    address = f"/api/v1/sailings/{run.public_id}/availability"

    answers = [client.get(address) for _ in range(2)]
    hold(run, Party(adults=2))
    later = client.get(address)

    assert [answer["X-Cache"] for answer in (*answers, later)] == ["MISS", "HIT", "MISS"]
    (leg,) = answers[0].json()["legs"]
    assert (leg["from"], leg["to"], leg["persons"]) == ("AAA", "BBB", 10)
    assert leg["deck_areas"] == [{"code": "low", "clear_height_cm": 220, "left_cm": 1000}]
    assert later.json()["legs"][0]["persons"] == 8


@pytest.mark.parametrize("name", [str(uuid.UUID(int=0)), "nothing"])
def test_availability_of_an_unknown_sailing(client, name):
    answer = client.get(f"/api/v1/sailings/{name}/availability")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown_sailing"


def test_lists_the_ports(client):
    makers.port("AAA", zone="Europe/London")
    Port.objects.update(latitude=50.5, longitude=-1.25, unlocode="GBAAA")

    answers = [client.get("/api/v1/ports") for _ in range(2)]

    assert [answer["X-Cache"] for answer in answers] == ["MISS", "HIT"]
    assert json.loads(answers[1].content) == {
        "ports": [
            {
                "code": "AAA",
                "unlocode": "GBAAA",
                "name": "Aaa",
                "country": "US",
                "zone": "Europe/London",
                "latitude": 50.5,
                "longitude": -1.25,
            }
        ]
    }
