"""Searching our own sailings: what is found, priced, left and refused."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from ferries import cache, inventory
from ferries.availability import availability
from ferries.errors import UnknownOffer, UnknownPort, UnknownSailing
from ferries.models import (
    FareRule,
    Leg,
    Operator,
    Port,
    Route,
    Sailing,
    Tariff,
    VesselConfiguration,
)
from ferries.operators.local import LocalConnector, leg_of_offer
from ferries.party import Party, VehicleSize
from ferries.search import OperatorAnswer, search
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

CAR = VehicleSize("car", length_cm=450, height_cm=150)
DAY = date(2027, 6, 1)
# 20:00 on 1 June 2027 in London is 19:00 UTC.
EVENING = datetime(2027, 6, 1, 19, tzinfo=UTC)
BEFORE = datetime(2027, 5, 1, tzinfo=UTC)


def find(day=DAY, party=None, *, origin="AAA", destination="BBB", now=BEFORE):
    return search(origin=origin, destination=destination, day=day, party=party or Party(), now=now)


def sailing(*moments, **values):
    ends = makers.port("AAA", zone="Europe/London"), makers.port("BBB", zone="Europe/Paris")
    return [makers.sailing(*ends, departs_at=moment, **values) for moment in moments or [EVENING]]


def hold(run, party, *, start=0):
    holder = uuid.uuid4()
    leg = makers.leg(run, start=start, to=start + 1)
    with transaction.atomic():
        needs = inventory.plan(leg, party, now=BEFORE)
        inventory.take(needs, holder=holder, expires_at=EVENING, now=BEFORE)
    return holder


def codes(offer):
    return [refusal.code for refusal in offer.refusals]


def test_offers_a_sailing_with_price_and_space():
    (run,) = sailing(persons=10, lane_cm=1000)

    result = find(party=Party(adults=2, vehicle=CAR))

    (offer,) = result.offers
    assert offer.id == f"BLUE~{run.public_id.hex}~0-1"
    assert (offer.origin, offer.destination) == ("AAA", "BBB")
    assert (offer.departs_at, offer.arrives_at) == (EVENING, EVENING + timedelta(hours=1))
    assert (offer.amount, offer.currency) == (3500, "USD")
    assert [line.item for line in offer.lines] == ["p0", "p1", "v0"]
    assert offer.left == {"persons": 10, "lane_cm": 1000}
    assert offer.bookable
    assert result.operators == [OperatorAnswer("BLUE", "ok", 0, remote=False)]


def test_finds_the_local_calendar_day_of_the_origin():
    # British summer time: the day lasts from 23:00 UTC the day before to 23:00 UTC.
    first = datetime(2027, 5, 31, 23, tzinfo=UTC)
    last = datetime(2027, 6, 1, 22, 59, tzinfo=UTC)
    sailing(first - timedelta(minutes=1), first, last, last + timedelta(minutes=1))

    departures = [offer.departs_at for offer in find().offers]

    assert departures == [first, last]


def test_sorts_by_departure():
    sailing(EVENING, EVENING - timedelta(hours=3), EVENING - timedelta(hours=1))

    departures = [offer.departs_at for offer in find().offers]

    assert departures == sorted(departures)
    assert len(departures) == 3


@pytest.mark.parametrize(("origin", "destination"), [("aaa", "bbb"), ("GBAAA", "frbbb")])
def test_knows_ports_by_code_and_by_unlocode_in_any_case(origin, destination):
    sailing()
    Port.objects.filter(code="AAA").update(unlocode="GBAAA")
    Port.objects.filter(code="BBB").update(unlocode="FRBBB")

    assert len(find(origin=origin, destination=destination).offers) == 1


def test_refuses_an_unknown_port_by_field():
    sailing()

    with pytest.raises(UnknownPort) as caught:
        find(destination="NOWHERE")

    assert caught.value.details == {"errors": {"destination": ["We do not know the port NOWHERE."]}}


def test_finds_nothing_where_nobody_sails():
    sailing()

    result = find(origin="BBB", destination="AAA")

    assert (result.offers, result.operators) == ([], [])


@pytest.mark.parametrize("table", [Route, Operator])
def test_offers_nothing_of_inactive_routes_and_operators(table):
    sailing()
    table.objects.update(active=False)

    assert find().offers == []


def test_a_leg_has_what_its_fullest_sector_has():
    stops = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*stops, departs_at=EVENING, persons=10, lane_cm=2000)
    hold(run, Party(adults=4, vehicle=CAR), start=1)

    through = find(destination="CCC").offers[0]

    assert through.left == {"persons": 6, "lane_cm": 1500}
    assert find(destination="BBB").offers[0].left == {"persons": 10, "lane_cm": 2000}


def test_names_what_is_short():
    sailing(persons=1, lane_cm=400)

    (offer,) = find(party=Party(adults=2, vehicle=CAR)).offers

    assert codes(offer) == ["persons_short", "lane_metres_short"]
    assert offer.refusals[1].numbers == {"left_cm": 400, "needed_cm": 500}


def test_shows_the_lane_length_that_admits_the_vehicle():
    sailing(lane_cm=5000, tall_lane_cm=900)

    (offer,) = find(party=Party(vehicle=VehicleSize("car", 450, 300))).offers

    assert offer.left["lane_cm"] == 900


def test_refuses_what_is_too_high():
    sailing()

    (offer,) = find(party=Party(vehicle=VehicleSize("car", 450, 221))).offers

    assert codes(offer) == ["too_high"]
    assert offer.refusals[0].numbers == {"height_cm": 221, "clear_height_cm": 220}


def test_refuses_vehicles_on_a_passenger_ship():
    sailing(lane_cm=0)

    (offer,) = find(party=Party(vehicle=CAR)).offers

    assert codes(offer) == ["no_vehicle_deck"]
    assert offer.left == {"persons": 100}


def test_refuses_a_kind_without_a_fare():
    sailing()

    (offer,) = find(party=Party(vehicle=VehicleSize("van", 450, 150))).offers

    assert codes(offer) == ["no_fare"]
    assert offer.refusals[0].numbers == {"category": "van"}
    assert offer.lines == ()


def test_takes_the_tariff_of_the_day_of_travel():
    sailing()
    summer = Tariff.objects.create(
        route=Route.objects.get(), name="summer", currency="EUR",
        valid_from=DAY, valid_until=DAY,
    )  # fmt: skip
    FareRule.objects.create(
        tariff=summer, code="1", kind="passenger", category="adult", label="Adult", amount=777
    )

    (offer,) = find().offers

    assert (offer.amount, offer.currency) == (777, "EUR")


def test_a_day_without_a_tariff_has_no_fare():
    sailing()
    Tariff.objects.update(valid_until=DAY - timedelta(days=1))

    (offer,) = find().offers

    assert codes(offer) == ["no_fare"]
    assert offer.refusals[0].message == "There are no fares for this day yet."


def test_shows_past_departures_as_departed_and_close_ones_as_closed():
    sailing(EVENING, EVENING + timedelta(minutes=5), EVENING + timedelta(minutes=11))

    offers = find(now=EVENING).offers

    assert [codes(offer) for offer in offers] == [["departed"], ["sale_closed"], []]
    assert offers[1].refusals[0].numbers == {"closes_at": "2027-06-01T18:55:00Z"}


@pytest.mark.parametrize(
    ("status", "code"), [("cancelled", "cancelled"), ("stop_sale", "sale_stopped")]
)
def test_shows_why_a_sailing_is_not_on_sale(status, code):
    sailing()
    Sailing.objects.update(status=status)

    (offer,) = find(party=Party(adults=500)).offers

    assert codes(offer) == [code]


def test_a_sailing_without_a_ship_is_shown_and_not_sold():
    sailing()
    Sailing.objects.update(configuration=None)

    (offer,) = find().offers

    assert (codes(offer), offer.vessel) == (["no_vessel"], "")


def test_the_second_search_comes_from_the_cache():
    sailing()

    first, second = find(), find()

    assert (first.cached, second.cached) == (False, True)
    assert second.offers == first.offers


def test_another_party_needs_no_query(django_assert_num_queries):
    sailing()
    find()

    with django_assert_num_queries(0):
        result = find(party=Party(adults=3))

    assert result.offers[0].amount == 3000


def test_a_sale_closes_although_the_search_is_cached():
    sailing()
    find(now=EVENING - timedelta(minutes=11))

    result = find(now=EVENING - timedelta(minutes=10))

    assert codes(result.offers[0]) == ["sale_closed"]
    assert find(now=EVENING - timedelta(minutes=10)).cached


def test_tells_until_when_it_holds_by_the_clock():
    sailing()

    before_closing = find(now=EVENING - timedelta(minutes=10, seconds=20)).life.until
    before_departure = find(now=EVENING - timedelta(minutes=10)).life.until

    in_a_minute = clock.now().timestamp() + 61
    assert before_closing == min(before_closing, in_a_minute)
    assert before_departure <= EVENING.timestamp()


def test_a_hold_is_seen_at_once_and_only_its_sailing_is_counted_again():
    run, _ = sailing(EVENING, EVENING + timedelta(hours=1), persons=10)
    find()

    hold(run, Party(adults=3))
    after, again = find(), find()

    assert [offer.left["persons"] for offer in after.offers] == [7, 10]
    assert (after.cached, again.cached) == (False, True)


def test_a_release_is_seen_at_once():
    (run,) = sailing(persons=10)
    holder = hold(run, Party(adults=3))
    find()

    inventory.release(holder, now=clock.now())

    assert find().offers[0].left["persons"] == 10


def _stop_sale():
    run = Sailing.objects.get()
    run.status = "stop_sale"
    run.save()


def _raise_fare():
    rule = FareRule.objects.get(code="adult")
    rule.amount = 1234
    rule.save()


def _cut_capacity():
    pool = Sailing.objects.get().pools.get(resource="persons")
    inventory.authorise(pool.pk, physical=100, authorised=5)


def _rename_port():
    port = Port.objects.get(code="AAA")
    port.name = "Renamed"
    port.save()


def _rename_ship():
    ship = VesselConfiguration.objects.get().vessel
    ship.name = "Renamed"
    ship.save()


def _delay():
    leg = Leg.objects.get()
    leg.departs_at += timedelta(minutes=30)
    leg.save()


def _delete():
    Sailing.objects.get().pools.all().delete()
    Sailing.objects.get().delete()


@pytest.mark.parametrize(
    "edit",
    [_stop_sale, _raise_fare, _cut_capacity, _rename_port, _rename_ship, _delay, _delete],
)
def test_an_edit_is_seen_at_once(edit):
    sailing()
    before = find()

    edit()
    after = find()

    assert not after.cached
    assert after.offers != before.offers


def test_departures_read_before_an_edit_are_never_found_after_it():
    sailing()
    ends = {"origin": "AAA", "destination": "BBB", "day": DAY}
    before = cache.get_search_results(**ends).generation
    _raise_fare()

    cache.set_search_results([], **ends, generation=before)

    assert find().offers[0].amount == 1234


def test_the_connector_answers_live_what_the_search_answers():
    (run,) = sailing()
    party = Party(adults=2, vehicle=CAR)
    found = find(party=party, now=clock.now()).offers
    company = Operator.objects.get()

    live = LocalConnector().search(company, origin="AAA", destination="BBB", day=DAY, party=party)
    checked = LocalConnector().check(company, offer_id=found[0].id, party=party)

    assert live == found
    assert checked == found[0]
    assert leg_of_offer(found[0].id).sailing == run


@pytest.mark.parametrize(
    "offer_id",
    ["", "BLUE", "BLUE~x~0-1", "BLUE~{}~0-2", "OTHER~{}~0-1", "BLUE~{}~0-999999", "BLUE~{}~²-1"],
)
def test_refuses_an_offer_id_that_names_no_leg(offer_id):
    (run,) = sailing()
    makers.operator("OTHER")

    with pytest.raises(UnknownOffer):
        leg_of_offer(offer_id.format(run.public_id.hex))


def test_availability_of_each_leg():
    stops = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*stops, departs_at=EVENING, persons=10, lane_cm=2000, tall_lane_cm=700)

    found, cached = availability(run.public_id, now=BEFORE)

    assert not cached
    assert [(leg["from"], leg["to"]) for leg in found["legs"]] == [
        ("AAA", "BBB"), ("AAA", "CCC"), ("BBB", "CCC"),
    ]  # fmt: skip
    assert found["legs"][0] == {
        "from": "AAA",
        "to": "BBB",
        "departs_at": "2027-06-01T19:00:00Z",
        "arrives_at": "2027-06-01T20:00:00Z",
        "persons": 10,
        "deck_areas": [
            {"code": "low", "clear_height_cm": 220, "left_cm": 2000},
            {"code": "tall", "clear_height_cm": 450, "left_cm": 700},
        ],
        "accommodation": [],
        "pets": {},
    }
    assert availability(run.public_id, now=BEFORE)[1]


def test_availability_changes_with_a_hold_and_is_counted_once():
    (run,) = sailing(persons=10)
    availability(run.public_id, now=BEFORE)

    hold(run, Party(adults=3))

    found, cached = availability(run.public_id, now=BEFORE)
    assert (found["legs"][0]["persons"], cached) == (7, False)
    assert availability(run.public_id, now=BEFORE)[1]


def test_availability_of_an_unknown_sailing():
    with pytest.raises(UnknownSailing):
        availability(uuid.uuid4(), now=BEFORE)
