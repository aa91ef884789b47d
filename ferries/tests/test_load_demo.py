"""The demo's data: ports, fleet, fares, timetable, and that loading it twice is harmless."""

import csv
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from ferries.demo.balaton import load_balaton
from ferries.demo.files import DATA, wsf_json
from ferries.demo.greece import NOTE
from ferries.demo.load import load_demo
from ferries.demo.wsf import UNLOCODES
from ferries.demo.wsf_fares import amounts_of_pairs
from ferries.models import (
    DeckArea,
    FareRule,
    Leg,
    Operator,
    OperatorStop,
    Port,
    Route,
    Sailing,
    Tariff,
    VesselConfiguration,
)

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
SIMULATOR = "http://127.0.0.1:8999"


@pytest.fixture(scope="module")
def lines(django_db_setup, django_db_blocker):
    """Load one week of the demo for all tests of this module; yield what it said."""
    said: list[str] = []
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(now=NOW, simulator_url=SIMULATOR, say=said.append, weeks=1)
        yield said
        transaction.set_rollback(True)


pytestmark = [pytest.mark.usefixtures("lines"), pytest.mark.django_db]


def route(origin: str, destination: str) -> Route:
    return Route.objects.get(origin__name=origin, destination__name=destination)


def amount(path: Route, code: str, category: str) -> int:
    return FareRule.objects.get(tariff__route=path, code=code, category=category).amount


def test_says_what_it_did(lines):
    assert lines[0] == "Washington State Ferries: ports, ships, routes and fares are there"
    assert lines[1] == "BAHART, Lake Balaton: asked at http://127.0.0.1:8999"
    assert lines[2] == "Timetable: importing 1 weeks from 2026-11-23 ..."
    assert lines[3].startswith("Timetable: 2275 sailings added, 0 were there, ")
    assert lines[4:] == [
        "Demo Night Line: 14 sailings added",
        "Demo Archipelago Line: 14 sailings added",
    ]


def test_marks_all_operators_as_demo():
    notes = dict(Operator.objects.values_list("code", "timetable_note"))

    assert notes == {
        "WSF": "demo timetable, based on Washington State Ferries, autumn 2024 (WSDOT via MonTransit)",
        "BAHART": "demo timetable, based on the Balaton ferry GTFS 2026 by Máté Gyöngyösi, CC BY 4.0",
        "NIGHT": NOTE,
        "ISLES": NOTE,
    }
    assert NOTE.startswith("demo: times, cabins, deck lengths and prices are invented; ")


def test_ports_have_position_zone_and_the_unlocode_where_one_exists():
    ports = {port.code: port for port in Port.objects.all()}

    assert len(ports) == 21 + 6
    assert (ports["USSEA"].name, ports["USSEA"].unlocode) == ("Seattle", "USSEA")
    assert (ports["WSF-BBI"].name, ports["WSF-BBI"].unlocode) == ("Bainbridge Island", "")
    assert ports["WSF-COU"].name == "Coupeville"
    assert {port.zone for port in ports.values()} == {
        "America/Los_Angeles", "Europe/Budapest", "Europe/Athens",
    }  # fmt: skip
    assert all(port.latitude and port.longitude for port in ports.values())
    assert (ports["HU-SZANTOD"].name, ports["HU-TIHANY"].name) == ("Szántódrév", "Tihanyrév")


def test_unlocodes_are_those_of_the_code_list_by_name_and_position():
    terminals = {terminal["TerminalID"]: terminal for terminal in wsf_json("terminals")}
    with (DATA / "ports" / "unlocode_wsf.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert {int(row["terminal_id"]): row["unlocode"] for row in rows} == UNLOCODES
    for row in rows:
        terminal = terminals[int(row["terminal_id"])]
        assert (row["name"], row["subdivision"]) == (terminal["TerminalName"], terminal["State"])
        if row["coordinates"]:
            north, west = row["coordinates"].split()
            latitude = int(north[:2]) + int(north[2:4]) / 60
            longitude = -(int(west[:3]) + int(west[3:5]) / 60)
            # 0.05 of a degree is less than 6 km.
            assert terminal["Latitude"] == pytest.approx(latitude, abs=0.05)
            assert terminal["Longitude"] == pytest.approx(longitude, abs=0.05)


def test_car_spaces_become_lanes_of_two_heights():
    tacoma = VesselConfiguration.objects.get(vessel__name="Tacoma")

    areas = DeckArea.objects.filter(configuration=tacoma).order_by("code")
    assert tacoma.certified_persons == 1791
    # 202 spaces of 5.5 m, of which 68 tall ones with 186 inches.
    assert list(areas.values_list("code", "lane_cm", "clear_height_cm")) == [
        ("main", 134 * 550, 218), ("tall", 68 * 550, 472),
    ]  # fmt: skip


def test_every_route_has_a_real_ship():
    ships = dict(
        Route.objects.filter(operator__code="WSF").values_list("pk", "configuration__vessel__name")
    )

    assert len(ships) == 38
    assert None not in ships.values()
    assert route("Seattle", "Bainbridge Island").configuration.vessel.name == "Wenatchee"
    assert route("Port Townsend", "Coupeville").configuration.vessel.name == "Kennewick"


def test_fares_are_collected_in_one_direction():
    there, back = route("Seattle", "Bainbridge Island"), route("Bainbridge Island", "Seattle")

    assert (amount(there, "1", "adult"), amount(back, "1", "adult")) == (1105, 0)
    assert (amount(there, "178", "car"), amount(back, "178", "car")) == (1970, 1970)
    assert (amount(there, "3", "child"), amount(there, "3", "infant")) == (0, 0)
    assert (amount(there, "6", "bicycle"), amount(back, "6", "bicycle")) == (100, 0)


def test_vehicle_bands_follow_length_and_height():
    path = route("Anacortes", "Friday Harbor")

    bands = FareRule.objects.filter(tariff__route=path, category="motorhome")
    fields = ("code", "amount", "min_length_cm", "max_length_cm", "min_height_cm", "max_height_cm")
    assert list(bands.order_by("min_length_cm", "min_height_cm").values_list(*fields)) == [
        ("168", 4970, 0, 427, 0, None),
        ("178", 6235, 427, 671, 0, None),
        ("19", 9300, 671, 915, 0, 219),
        ("20", 18500, 671, 915, 219, None),
        ("21", 24635, 915, 1220, 0, None),
        ("22", 30770, 1220, 1524, 0, None),
        ("23", 36900, 1524, 1829, 0, None),
        ("24", 43035, 1829, 2134, 0, None),
        ("25", 49170, 2134, 2439, 0, None),
        ("26", 615, 2439, None, 0, None),
    ]
    assert bands.get(code="26").per_started_cm == 31
    assert not bands.exclude(code="26").filter(includes_driver=False).exists()


def test_between_the_islands_passengers_are_free_and_can_be_priced():
    path = route("Lopez Island", "Orcas Island")

    adult = FareRule.objects.get(tariff__route=path, category="adult")
    assert (adult.amount, adult.label) == (0, "Adult (19 and over): not collected here")
    assert amount(path, "178", "car") == 2980


def test_every_pair_has_a_tariff_with_the_lines_of_its_list():
    tariffs = Tariff.objects.filter(route__operator__code="WSF")
    assert tariffs.count() == len(amounts_of_pairs()) == 38
    # 4 lines of persons and bicycles, motorcycle, 9 bands for 3 kinds, per foot for 26 pairs.
    assert FareRule.objects.filter(tariff__in=tariffs).count() == 38 * (4 + 1 + 9 * 3) + 26 * 3


def test_a_through_crossing_is_one_sailing_with_its_own_deck():
    # Tuesday 2026-11-24 has the timetable of a Tuesday of autumn 2024, here at winter time.
    leg = Leg.objects.get(
        origin__name="Anacortes", destination__name="Shaw Island",
        departs_at=datetime(2026, 11, 24, 13, 30, tzinfo=UTC),
    )  # fmt: skip

    calls = leg.sailing.calls.order_by("sequence").values_list("port__name", flat=True)
    assert list(calls) == [
        "Anacortes", "Orcas Island", "Shaw Island", "Lopez Island", "Anacortes",
    ]  # fmt: skip
    assert leg.sailing.legs.count() == 8
    assert leg.sailing.pools.filter(resource="persons").count() == 4
    assert not leg.sailing.legs.filter(
        origin__name="Anacortes", destination__name="Lopez Island"
    ).exists()


def test_every_local_sailing_can_be_sold_and_balaton_has_none():
    # The week of 2024-10-28 has 3,419 trips (counted in trips.txt).
    assert Leg.objects.filter(sailing__operator__code="WSF").count() == 3419
    assert Sailing.objects.filter(operator__code="WSF").count() == 2275
    assert not Sailing.objects.filter(pools=None).exists()
    assert not Sailing.objects.filter(operator__code="BAHART").exists()
    assert Route.objects.filter(operator__code="BAHART").count() == 2
    assert not Route.objects.filter(
        persons_list=True, operator__code__in=("BAHART", "WSF")
    ).exists()


def test_loading_again_changes_nothing():
    said: list[str] = []
    before = [
        model.objects.count()
        for model in (Operator, Port, OperatorStop, Route, Tariff, FareRule, Sailing, Leg)
    ]
    with transaction.atomic():
        Port.objects.filter(code="USSEA").update(name="Seattle Pier 52")

        load_demo(now=NOW, simulator_url=SIMULATOR, say=said.append, weeks=1)

        assert said[2:] == [
            "Timetable: 1 weeks from 2026-11-23 are there",
            "Demo Night Line: sailings are there",
            "Demo Archipelago Line: sailings are there",
        ]
        assert Port.objects.get(code="USSEA").name == "Seattle Pier 52"
        transaction.set_rollback(True)
    assert before == [
        model.objects.count()
        for model in (Operator, Port, OperatorStop, Route, Tariff, FareRule, Sailing, Leg)
    ]


def test_a_new_address_of_the_simulator_is_kept():
    with transaction.atomic():
        load_balaton(base_url="http://127.0.0.1:9000")

        assert Operator.objects.get(code="BAHART").base_url == "http://127.0.0.1:9000"
        transaction.set_rollback(True)


def test_the_next_week_is_added_and_this_one_stays():
    said: list[str] = []
    with transaction.atomic():
        load_demo(now=NOW, simulator_url=SIMULATOR, say=said.append, weeks=2)

        assert said[3].startswith("Timetable: 2281 sailings added, 2275 were there, ")
        transaction.set_rollback(True)


def test_the_command_reads_the_address_from_the_settings(settings, capsys):
    settings.SIMULATOR_URL = "http://127.0.0.1:9001"
    with transaction.atomic():
        with time_machine.travel(NOW, tick=False):
            call_command("load_demo", "--weeks", "1")

        assert Operator.objects.get(code="BAHART").base_url == "http://127.0.0.1:9001"
        assert Sailing.objects.filter(service_date=date(2026, 11, 29)).exists()
        transaction.set_rollback(True)
    assert "Timetable: 1 weeks from 2026-11-23 are there" in capsys.readouterr().out
