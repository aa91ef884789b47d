"""Importing timetables: idempotent, all or nothing, and no booking is ever lost."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from ferries import cache
from ferries.errors import TimetableRefused
from ferries.gtfs.anchor import Anchor
from ferries.gtfs.reader import read_feed
from ferries.models import (
    CapacityClaim,
    CapacityPool,
    Leg,
    OperatorStop,
    Port,
    PortCall,
    Route,
    Sailing,
)
from ferries.operations.import_timetable import (
    TimetableImport,
    import_timetable,
    preview_timetable,
)
from ferries.tests import makers
from ferries.tests.feeds import FILES, HEADER, feed_zip, one_hop_trips

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 5, 1, tzinfo=UTC)
# Two days: Saturday and Sunday.
WEEKEND = FILES["calendar.txt"].replace("20300731", "20300602")
LATER = FILES["stop_times.txt"].replace("08:00:00,08:00:00", "08:10:00,08:10:00")


@pytest.fixture
def blue():
    return makers.operator("BLUE")


@pytest.fixture
def load(tmp_path, blue):
    """Return a function that imports a feed with some files changed."""

    def act(changes=None, *, now=NOW, operation=import_timetable, **wanted):
        feed = read_feed(feed_zip(tmp_path, {"calendar.txt": WEEKEND, **(changes or {})}))
        return operation(TimetableImport(feed, blue, **wanted), now=now)

    return act


def counts(report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.removed


def give_ship(company, **sizes) -> None:
    """Give every route a ship, so that imported sailings can be sold."""
    Route.objects.filter(operator=company).update(
        configuration=makers.configuration(company, **sizes)
    )


def claim(sailing: Sailing, *, state: str = "confirmed") -> CapacityClaim:
    pool = sailing.pools.order_by("sector").first()
    if state != "released":
        CapacityPool.objects.filter(pk=pool.pk).update(used=1)
    return CapacityClaim.objects.create(pool=pool, holder=uuid4(), item="p0", amount=1, state=state)


def first_sailing() -> Sailing:
    return Sailing.objects.get(service_date=date(2030, 6, 1))


def snapshot() -> list:
    models = (Sailing, PortCall, Leg, CapacityPool, CapacityClaim, Route, Port, OperatorStop)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_makes_sailings_with_calls_and_legs(load):
    report = load()

    assert counts(report) == (2, 0, 0, 0)
    sailing = first_sailing()
    assert sailing.departs_at == datetime(2030, 6, 1, 15, 0, tzinfo=UTC)
    assert sailing.arrives_at == datetime(2030, 6, 1, 16, 30, tzinfo=UTC)
    calls = sailing.calls.order_by("sequence").values_list("port__code", "arrives_at", "departs_at")
    at = sailing.departs_at
    assert list(calls) == [
        ("BLUE-A", None, at),
        ("BLUE-B", at + timedelta(minutes=40), at + timedelta(minutes=50)),
        ("BLUE-C", at + timedelta(minutes=90), None),
    ]
    legs = sailing.legs.order_by("from_sequence", "to_sequence")
    assert list(legs.values_list("origin__name", "destination__name", "departs_at")) == [
        ("Alpha", "Beta", at), ("Alpha", "Gamma", at), ("Beta", "Gamma", at + timedelta(minutes=50)),
    ]  # fmt: skip


def test_a_new_route_asks_for_the_list_of_persons_where_its_ports_are_far_apart(load):
    # Alpha to Beta is 19.8 nautical miles, Beta to Gamma 20.4, along a meridian.
    load(
        {
            "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
            "A,Alpha,48.00,-122\nB,Beta,48.33,-122\nC,Gamma,48.67,-122\n"
        }
    )
    asked = Route.objects.filter(persons_list=True).values_list("origin__name", "destination__name")
    assert sorted(asked) == [("Alpha", "Gamma"), ("Beta", "Gamma")]

    Route.objects.update(persons_list=False)
    load()
    assert not Route.objects.filter(persons_list=True).exists()


def test_ports_without_a_position_ask_for_no_list(load):
    load({"stops.txt": "stop_id,stop_name\nA,Alpha\nB,Beta\nC,Gamma\n"})

    assert not Route.objects.filter(persons_list=True).exists()


def test_makes_ports_for_unknown_stops_with_country_and_zone(load):
    load(
        {"stops.txt": "stop_id,stop_name,stop_timezone\nA,Alpha,\nB,Beta,Europe/Paris\nC,Gamma,\n"}
    )

    ports = Port.objects.order_by("code").values_list("code", "country", "zone")
    assert list(ports) == [
        ("BLUE-A", "US", "America/Los_Angeles"),
        ("BLUE-B", "FR", "Europe/Paris"),
        ("BLUE-C", "US", "America/Los_Angeles"),
    ]


def test_odd_stop_ids_get_port_codes_of_their_own(load):
    load({
        "stops.txt": "stop_id,stop_name\nVV:1,One\nVV 1,Two\n",
        "stop_times.txt": HEADER + "T1,08:00:00,08:00:00,VV:1,1\nT1,09:00:00,09:00:00,VV 1,2\n",
    })  # fmt: skip

    mapping = OperatorStop.objects.order_by("port__code").values_list("stop_id", "port__code")
    assert list(mapping) == [("VV 1", "BLUE-VV-1"), ("VV:1", "BLUE-VV-1-2")]


def test_uses_the_operators_mapping_of_stops(load, blue):
    harbour = makers.port("USSEA")
    OperatorStop.objects.create(operator=blue, stop_id="A", port=harbour)

    load()

    assert first_sailing().calls.get(sequence=0).port == harbour
    assert not Port.objects.filter(code="BLUE-A").exists()


def test_makes_pools_for_each_sector_from_the_ship_of_the_route(load, blue):
    load()
    give_ship(blue, persons=50, lane_cm=3000, tall_lane_cm=900)

    report = load()

    assert counts(report) == (0, 2, 0, 0)
    pools = first_sailing().pools.order_by("sector", "resource")
    assert list(pools.values_list("sector", "resource", "physical", "authorised", "used")) == [
        (0, "deck:low", 3000, 3000, 0), (0, "deck:tall", 900, 900, 0), (0, "persons", 50, 50, 0),
        (1, "deck:low", 3000, 3000, 0), (1, "deck:tall", 900, 900, 0), (1, "persons", 50, 50, 0),
    ]  # fmt: skip


def test_without_a_ship_a_sailing_has_no_pools(load):
    load()

    assert first_sailing().configuration is None
    assert not CapacityPool.objects.exists()


def test_a_second_import_changes_nothing(load, blue):
    load()
    give_ship(blue)
    load()
    before = snapshot()

    report = load()

    assert counts(report) == (0, 0, 2, 0)
    assert snapshot() == before


def test_a_newer_feed_moves_adds_and_removes(load):
    load()
    kept = first_sailing().public_id
    monday = WEEKEND.replace("20300601,20300602", "20300601,20300603")

    moved = load({"calendar.txt": monday, "stop_times.txt": LATER})
    assert counts(moved) == (1, 2, 0, 0)
    assert first_sailing().public_id == kept
    assert first_sailing().departs_at == datetime(2030, 6, 1, 15, 10, tzinfo=UTC)

    cancelled = {"calendar_dates.txt": "service_id,date,exception_type\nDAILY,20300602,2\n"}
    fewer = load({"calendar.txt": monday, "stop_times.txt": LATER, **cancelled})
    assert counts(fewer) == (0, 0, 2, 1)
    days = Sailing.objects.order_by("service_date").values_list("service_date", flat=True)
    assert list(days) == [date(2030, 6, 1), date(2030, 6, 3)]


@pytest.mark.parametrize("state", ["confirmed", "released"])
def test_never_drops_a_sailing_that_has_claims(load, blue, state):
    load()
    give_ship(blue)
    load()
    taken = claim(first_sailing(), state=state)
    gone = {"calendar_dates.txt": "service_id,date,exception_type\nDAILY,20300601,2\n"}

    report = load(gone)

    assert counts(report) == (0, 0, 1, 0)
    assert report.kept == ["T1 on 2030-06-01"]
    taken.refresh_from_db()
    assert taken.state == state
    assert first_sailing().status == Sailing.Status.STOP_SALE
    assert first_sailing().pools.count() == 4
    before = snapshot()
    assert load(gone).kept == ["T1 on 2030-06-01"]
    assert snapshot() == before


def test_a_kept_sailing_is_sold_again_when_the_timetable_brings_it_back(load, blue):
    load()
    give_ship(blue)
    load()
    claim(first_sailing())
    load({"calendar_dates.txt": "service_id,date,exception_type\nDAILY,20300601,2\n"})

    report = load()

    assert counts(report) == (0, 1, 1, 0)
    assert first_sailing().status == Sailing.Status.ON_SALE
    assert counts(load()) == (0, 0, 2, 0)


def test_a_stop_of_sale_by_staff_survives_an_import(load):
    load()
    Sailing.objects.update(status=Sailing.Status.STOP_SALE)

    load({"stop_times.txt": LATER})

    assert set(Sailing.objects.values_list("status", flat=True)) == {"stop_sale"}


def test_moves_the_times_of_a_booked_sailing_and_keeps_its_pools(load, blue):
    load()
    give_ship(blue)
    load()
    taken = claim(first_sailing())

    report = load({"stop_times.txt": LATER})

    assert report.rescheduled == ["T1 on 2030-06-01"]
    assert counts(report) == (0, 2, 0, 0)
    assert first_sailing().status == Sailing.Status.ON_SALE
    at = datetime(2030, 6, 1, 15, 10, tzinfo=UTC)
    assert first_sailing().departs_at == at
    assert first_sailing().calls.get(sequence=0).departs_at == at
    assert set(
        first_sailing().legs.filter(from_sequence=0).values_list("departs_at", flat=True)
    ) == {at}
    taken.pool.refresh_from_db()
    assert taken.pool.used == 1


def test_keeps_a_booked_sailing_that_now_calls_elsewhere(load, blue):
    load()
    give_ship(blue)
    load()
    claim(first_sailing())
    direct = HEADER + "T1,08:00:00,08:00:00,A,1\nT1,09:00:00,09:00:00,C,2\n"

    report = load({"stop_times.txt": direct})

    assert report.kept == ["T1 on 2030-06-01"]
    assert counts(report) == (0, 1, 0, 0)
    assert first_sailing().calls.count() == 3
    assert first_sailing().status == Sailing.Status.STOP_SALE
    assert Sailing.objects.get(service_date=date(2030, 6, 2)).calls.count() == 2


def test_leaves_departed_sailings_and_those_entered_by_hand(load, blue):
    load()
    by_hand = Sailing.objects.create(
        operator=blue, service_date=date(2030, 6, 2), source_ref="charter",
        departs_at=datetime(2030, 6, 2, 12, tzinfo=UTC), arrives_at=datetime(2030, 6, 2, 13, tzinfo=UTC),
    )  # fmt: skip

    report = load({"stop_times.txt": LATER}, now=datetime(2030, 6, 2, 10, tzinfo=UTC))

    assert counts(report) == (0, 1, 1, 0)
    assert first_sailing().departs_at == datetime(2030, 6, 1, 15, 0, tzinfo=UTC)
    assert Sailing.objects.filter(pk=by_hand.pk).exists()


def test_refuses_a_feed_that_has_ended(load):
    with pytest.raises(TimetableRefused, match="has ended on 2030-06-02"):
        load(now=datetime(2030, 6, 3, 12, tzinfo=UTC))

    assert not Sailing.objects.exists()


def test_takes_a_feed_on_its_last_day_in_its_own_zone(load):
    # 5 a.m. UTC on the 3rd is still the 2nd in Los Angeles.
    assert load(now=datetime(2030, 6, 3, 5, tzinfo=UTC)).created == 2


def test_anchors_a_feed_that_has_ended(load):
    june = {"calendar.txt": FILES["calendar.txt"].replace("20300731", "20300616")}

    report = load(june, now=datetime(2031, 1, 8, tzinfo=UTC), anchor=Anchor(date(2031, 1, 8), 3))

    assert report.created == 21
    days = Sailing.objects.order_by("service_date")
    assert days[0].service_date == date(2031, 1, 6)
    # Winter time: 08:00 is 16:00 UTC.
    assert days[0].departs_at == datetime(2031, 1, 6, 16, 0, tzinfo=UTC)


def test_refuses_to_anchor_a_feed_without_a_whole_week(load):
    with pytest.raises(TimetableRefused, match="no whole week"):
        load(anchor=Anchor(date(2031, 1, 8), 1))

    assert not Port.objects.exists()


def test_a_broken_row_stops_the_import_and_nothing_is_written(load):
    with pytest.raises(TimetableRefused) as refused:
        load({"stop_times.txt": FILES["stop_times.txt"] + "T1,late,late,A,4\n"})

    assert refused.value.problems == [
        "stop_times.txt:5: arrival_time late is not a time like 25:10:00"
    ]
    assert snapshot() == [[], [], [], [], [], [], [], []]


def test_a_feed_in_which_nothing_runs_is_refused(load):
    with pytest.raises(TimetableRefused, match="No trip of the feed runs"):
        load({"trips.txt": "route_id,service_id,trip_id\n", "stop_times.txt": HEADER})


def test_an_error_of_the_database_in_the_middle_leaves_nothing_behind(load):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ferries_leg ADD CONSTRAINT early CHECK (departs_at < '2030-06-02')"
        )

    with pytest.raises(IntegrityError, match="early"), transaction.atomic():
        load()

    assert snapshot() == [[], [], [], [], [], [], [], []]


def test_a_preview_reports_and_writes_nothing(load):
    report = load(operation=preview_timetable)

    assert counts(report) == (2, 0, 0, 0)
    assert snapshot() == [[], [], [], [], [], [], [], []]


def test_trips_of_one_ship_share_one_deck(load, blue):
    files = one_hop_trips(
        ("T1", "A", "08:00:00", "B", "08:30:00"),
        ("T2", "A", "08:00:00", "C", "09:00:00"),
        ("T3", "B", "08:40:00", "C", "09:00:00"),
    )

    load(files, through=(frozenset("ABC"),))

    assert Sailing.objects.count() == 2
    legs = first_sailing().legs.values_list("from_sequence", "to_sequence")
    assert sorted(legs) == [(0, 1), (0, 2), (1, 2)]


def test_clears_cached_searches_after_the_commit(load, django_capture_on_commit_callbacks):
    question = {"origin": "BLUE-A", "destination": "BLUE-B", "day": date(2030, 6, 1)}
    empty = cache.get_search_results(**question)
    cache.set_search_results([], **question, generation=empty.generation)
    assert cache.get_search_results(**question).value == []

    with django_capture_on_commit_callbacks(execute=True):
        load()

    assert cache.get_search_results(**question).value is None
