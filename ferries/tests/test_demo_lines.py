"""The two demo lines in Greece, as a traveller finds them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction

from ferries.demo.archipelago import ISLANDS, SHARED_RESOURCES, load_archipelago
from ferries.demo.fares import high_seasons
from ferries.demo.files import csv_rows, sea_ports
from ferries.demo.greece import ZONE
from ferries.demo.night import load_night
from ferries.demo.weeks import days_of_weeks
from ferries.models import (
    AccommodationType,
    Allotment,
    CapacityPool,
    ConditionBand,
    DeckArea,
    Discount,
    FareFamily,
    FareRule,
    Leg,
    Operator,
    Port,
    Route,
    Sailing,
    Tariff,
    VesselConfiguration,
)
from ferries.operations.timetable_network import country_of
from ferries.party import Party, VehicleSize
from ferries.search import search
from maritime.lib import money

pytestmark = pytest.mark.django_db
# A Tuesday; the weeks of the demo begin on the Monday before and reach into the Christmas season.
NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
MONDAY, WEEKS = date(2026, 11, 23), 9
LOW, HIGH = date(2026, 12, 10), date(2026, 12, 20)
CAR = VehicleSize("car", 480, 180)


def load(weeks: int = WEEKS) -> list[str]:
    said: list[str] = []
    days = days_of_weeks(MONDAY, weeks)
    load_night(now=NOW, days=days, say=said.append)
    load_archipelago(days=days, say=said.append)
    return said


@pytest.fixture(scope="module", autouse=True)
def lines(django_db_setup, django_db_blocker):
    """Load both lines for all tests of this module; yield what was said."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def offers(origin: str, destination: str, day: date = LOW, now: datetime = NOW, **party):
    question = {"origin": origin, "destination": destination, "day": day}
    return search(**question, party=Party(**party), now=now).offers


def night(day: date = LOW, **party):
    (offer,) = offers("GRPIR", "GRHER", day, **party)
    return offer


def line_of(offer, kind: str, item: str) -> int:
    return next(line.amount for line in offer.lines if (line.kind, line.item) == (kind, item))


def test_loads_nine_weeks_of_both_lines(lines):
    assert lines == [
        "Demo Night Line: 126 sailings added", "Demo Archipelago Line: 126 sailings added",
    ]  # fmt: skip


def test_ships_and_persons_are_those_of_the_data():
    ships = VesselConfiguration.objects.filter(vessel__operator__code__in=("NIGHT", "ISLES"))

    assert set(ships.values_list("vessel__name", "vessel__imo", "certified_persons")) == {
        ("MV Knossos Palace", "9204063", 2190), ("Blue Star Patmos", "9565041", 2400),
    }  # fmt: skip
    sailed = {(row["imo"], row["route_slug"]) for row in csv_rows("ships", "ships_routes")}
    assert ("9204063", "heraklion-gr-le-piree-gr") in sailed
    assert ("9565041", "astypalea-gr-rhodes-gr") in sailed


def test_ports_stand_where_both_sources_say():
    ports = {port.code: port for port in Port.objects.filter(country="GR")}

    assert set(ports) == {"GRPIR", "GRHER", *ISLANDS}
    assert ports["GRHER"].name == "Heraklion"
    assert {port.zone for port in ports.values()} == {ZONE}
    assert {port["timezone"] for port in sea_ports().values()} == {ZONE}
    assert country_of(ZONE) == "GR"
    for row in csv_rows("ports", "unlocode_demo"):
        port = ports[f"GR{row['location']}"]
        if row["coordinates"]:
            north, east = row["coordinates"].split()
            # 0.05 of a degree is less than 6 km.
            assert port.latitude == pytest.approx(int(north[:2]) + int(north[2:4]) / 60, abs=0.05)
            assert port.longitude == pytest.approx(int(east[:3]) + int(east[3:5]) / 60, abs=0.05)


def test_all_routes_of_both_lines_ask_for_the_list_of_persons():
    routes = Route.objects.filter(operator__code__in=("NIGHT", "ISLES"))

    assert set(routes.values_list("operator__code", "persons_list")) == {
        ("NIGHT", True),
        ("ISLES", True),
    }


def test_everything_invented_says_so():
    operators = Operator.objects.filter(code__in=("NIGHT", "ISLES"))

    assert {operator.name for operator in operators} == {
        "Demo Night Line", "Demo Archipelago Line",
    }  # fmt: skip
    assert not Sailing.objects.filter(is_demo=False).exists()
    assert not Tariff.objects.exclude(name__endswith="(demo)").exists()
    assert night().timetable_note.startswith("demo: times, cabins, deck lengths and prices are ")


def test_the_night_has_three_fares_the_cheapest_first():
    offer = night(adults=1)

    assert offer.accommodation_required
    assert (offer.origin_zone, offer.check_in_minutes) == (ZONE, 60)
    # 21:00 to 06:00 in Greece.
    assert (offer.departs_at, offer.arrives_at) == (
        datetime(2026, 12, 10, 19, tzinfo=UTC), datetime(2026, 12, 11, 4, tzinfo=UTC),
    )  # fmt: skip
    assert [fare.family for fare in offer.fares] == ["economy", "standard", "flexi"]
    # Adult and the cheapest place, a seat; 6 % and 3.5 % on each of both, port tax.
    assert offer.chosen_accommodation == ("seat",)
    amounts = []
    for percent in (85, 100, 130):
        fares = [money.percent(amount, percent) for amount in (4400, 600)]
        extras = [money.percent(fare, Decimal(rate)) for fare in fares for rate in ("6", "3.5")]
        amounts.append(sum(fares) + sum(extras) + 150)
    assert [fare.amount for fare in offer.fares] == amounts == [4804, 5625, 7267]
    assert offer.bookable


def test_the_night_has_cabins_with_prices_and_places_for_pets():
    offer = night(adults=1)

    prices = {each.code: (each.kind, each.amount) for each in offer.accommodation}
    # Economy: 85 % of standard.
    assert prices == {
        "inside-4": ("cabin", 7650), "outside-4": ("cabin", 10_200), "outside-2": ("cabin", 8330),
        "pet-2": ("cabin", 8925), "accessible-2": ("cabin", 5950), "berth": ("berth", 2380),
        "seat": ("seat", 510), "lounge": ("lounge", 2125),
    }  # fmt: skip
    assert {each.place: (each.amount, each.left) for each in offer.pets} == {
        "kennel": (1275, 12), "cabin": (1700, None),
    }  # fmt: skip
    assert night(adults=2, accommodation=("pet-2",), pets=("cabin",)).bookable
    against = night(adults=2, accommodation=("outside-2",), pets=("cabin",)).refusals
    assert [refusal.code for refusal in against] == ["pet_place_unknown"]


def test_who_wants_no_place_cannot_sail_by_night_but_by_day():
    cramped = night(adults=3, accommodation=("outside-2",))
    (by_day,) = offers("GRHER", "GRPIR", LOW, adults=3)

    assert [refusal.code for refusal in cramped.refusals] == ["accommodation_required"]
    assert not by_day.accommodation_required
    assert by_day.bookable
    assert by_day.chosen_accommodation == ()


def test_christmas_is_high_season():
    low, high = night(LOW), night(HIGH)

    assert line_of(low, "passenger", "p0") == money.percent(4400, 85)
    assert line_of(high, "passenger", "p0") == money.percent(4400, Decimal("106.25"))
    assert line_of(low, "tax", "p0") == line_of(high, "tax", "p0") == 150


def test_high_seasons_are_those_within_a_year():
    assert high_seasons(date(2026, 11, 24)) == [
        ("Christmas 2026", date(2026, 12, 18), date(2027, 1, 10)),
        ("summer 2027", date(2027, 6, 15), date(2027, 9, 15)),
    ]
    assert [name for name, *_ in high_seasons(date(2027, 1, 5))] == [
        "Christmas 2026", "summer 2027", "Christmas 2027",
    ]  # fmt: skip


def test_vehicles_go_by_height_and_trailers_have_a_line_of_their_own():
    low, tall = night(vehicle=CAR), night(vehicle=VehicleSize("car", 480, 210))
    towing = night(vehicle=VehicleSize("car", 480, 180, 520))

    assert line_of(low, "vehicle", "v0") == money.percent(7800, 85)
    assert line_of(tall, "vehicle", "v0") == money.percent(9900, 85)
    # Up to 4 m, and two started metres beyond.
    assert line_of(towing, "trailer", "t0") == money.percent(4500, 85) + 2 * money.percent(1200, 85)
    areas = DeckArea.objects.filter(configuration__name="hoistable deck down", lane_cm__gt=0)
    assert set(areas.values_list("code", "clear_height_cm")) == {("hoistable", 200), ("main", 450)}


def test_motorcycles_and_bicycles_have_a_bay():
    (pool,) = CapacityPool.objects.filter(
        sailing__source_ref="night", sailing__service_date=LOW, resource="deck:bikes"
    )

    assert pool.authorised == 40
    assert night(vehicle=VehicleSize("motorcycle", 230, 130)).bookable


def test_the_offer_code_has_a_quota():
    offer = Discount.objects.get(operator__code="NIGHT", kind="offer")

    assert (offer.code, offer.percent_bp, offer.quota, offer.per_customer) == (
        "DEMO15", 1500, 50, 1,
    )  # fmt: skip
    assert Discount.objects.filter(operator__code="NIGHT", kind="return").count() == 1


def test_every_family_has_conditions_that_leave_no_gap():
    for family in FareFamily.objects.filter(operator__code="NIGHT"):
        bands = ConditionBand.objects.filter(family=family, action="cancel").order_by("from_hours")
        ends = list(bands.values_list("from_hours", "to_hours"))

        assert ends[0][0] == 0
        assert ends[-1][1] is None
        assert [to for _, to in ends[:-1]] == [start for start, _ in ends[1:]]


def test_residents_of_crete_pay_less_and_see_more_cabins():
    everybody, residents = night(), night(group="residents")

    def cabins(offer):
        return {each.code: each.left for each in offer.accommodation}["inside-4"]

    # 90 cabins, 20 % of them kept until a week before.
    assert (cabins(everybody), cabins(residents)) == (72, 90)
    week = datetime(2026, 12, 10, 19, tzinfo=UTC) - timedelta(days=7)
    (released,) = offers("GRPIR", "GRHER", LOW, now=week)
    assert cabins(released) == 90
    # 20 % off the passage (37.40), the surcharges stay.
    assert everybody.amount - residents.amount == 748


def test_an_island_leg_takes_every_sector_that_it_crosses():
    whole = Leg.objects.get(
        origin__code="GRRHO", destination__code="GRJTY",
        sailing__service_date=LOW, sailing__source_ref="west",
    )  # fmt: skip
    assert list(whole.sectors) == [0, 1, 2]
    assert whole.sailing.legs.count() == 6
    # Between Tilos and Kálymnos only five may still board, so no more than that from end to end.
    narrow = CapacityPool.objects.filter(
        sailing=whole.sailing, sector=1, resource="persons", allotment=None
    )
    with transaction.atomic():
        narrow.update(authorised=5)
        left = {
            pair: offers(*pair)[0].left["persons"]
            for pair in (("GRRHO", "GRJTY"), ("GRRHO", "GRTIL"), ("GRTIL", "GRKMI"))
        }
        transaction.set_rollback(True)

    assert left == {
        ("GRRHO", "GRJTY"): 5, ("GRRHO", "GRTIL"): 2160, ("GRTIL", "GRKMI"): 5,
    }  # fmt: skip


def test_residents_of_the_islands_see_more_places_until_the_release():
    (everybody,) = offers("GRRHO", "GRKMI")
    (residents,) = offers("GRRHO", "GRKMI", group="residents")
    departure = everybody.departs_at
    (before,) = offers("GRRHO", "GRKMI", now=departure - timedelta(hours=72, seconds=1))
    (after,) = offers("GRRHO", "GRKMI", now=departure - timedelta(hours=72))

    # 2,400 persons, 10 % of them kept until 72 hours before.
    assert everybody.left["persons"] == before.left["persons"] == 2160
    assert residents.left["persons"] == after.left["persons"] == 2400
    shares = Allotment.objects.filter(
        sailing__source_ref="west", sailing__service_date=LOW
    ).values_list("resource", "amount")
    assert dict(shares) == {"persons": 240, "foot": 180, "deck:low": 3000}
    assert set(dict(shares)) == set(SHARED_RESOURCES)


def test_longer_journeys_between_the_islands_cost_less_than_their_parts():
    def adult(origin, destination):
        return line_of(offers(origin, destination)[0], "passenger", "p0")

    assert [adult("GRRHO", island) for island in ISLANDS[1:]] == [1200, 1920, 2520]
    assert adult("GRJTY", "GRRHO") == 2520


def test_foot_passengers_have_a_limit_of_their_own():
    pools = CapacityPool.objects.filter(
        sailing__source_ref="west", sailing__service_date=LOW, resource="foot"
    )

    assert sum(pool.authorised for pool in pools) == 3 * 1800


def test_ships_are_turned_round_without_a_conflict():
    for vessel in ("MV Knossos Palace", "Blue Star Patmos"):
        runs = Sailing.objects.filter(configuration__vessel__name=vessel).order_by("departs_at")
        times = list(runs.values_list("departs_at", "arrives_at"))

        assert all(end < start for (_, end), (start, _) in pairwise(times))


def test_loading_again_adds_nothing_and_leaves_what_staff_changed():
    models = (
        AccommodationType, Allotment, ConditionBand, DeckArea, Discount, FareRule, Leg, Sailing,
        Tariff,
    )  # fmt: skip
    before = [model.objects.count() for model in models]
    with transaction.atomic():
        AccommodationType.objects.filter(code="seat").update(units=7)
        Operator.objects.filter(code="NIGHT").update(name="Night boats")

        said = load()

        assert said == [
            "Night boats: sailings are there",
            "Demo Archipelago Line: sailings are there",
        ]
        assert set(
            AccommodationType.objects.filter(code="seat").values_list("units", flat=True)
        ) == {7}
        transaction.set_rollback(True)
    assert [model.objects.count() for model in models] == before


def test_later_weeks_are_added_beside_those_that_are_there():
    with transaction.atomic():
        said = load(weeks=WEEKS + 1)
        transaction.set_rollback(True)

    assert said == [
        "Demo Night Line: 14 sailings added", "Demo Archipelago Line: 14 sailings added",
    ]  # fmt: skip


def test_a_sailing_of_staff_in_the_way_is_said_and_stops_nothing_else():
    with transaction.atomic():
        Sailing.objects.filter(source_ref="west", service_date=LOW).update(source_ref="charter")

        said = load()
        transaction.set_rollback(True)

    assert said[0] == "Demo Night Line: sailings are there"
    assert said[1].startswith("Demo Archipelago Line: no sailings added. 2026-12-10: ")
    assert "would be in two places" in said[1]
