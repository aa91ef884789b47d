"""Schedules: what would be written, what stands against it, and that writing twice is harmless."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from ferries.errors import ScheduleRefused
from ferries.models import (
    Allotment,
    AllotmentRule,
    CapacityPool,
    CustomerGroup,
    Leg,
    PortCall,
    Route,
    Sailing,
    VesselConfiguration,
)
from ferries.operations.schedule import (
    ScheduleRequest,
    calls_shown,
    plan_schedule,
    plan_schedules,
    write_schedule,
)
from ferries.operations.schedule_calendar import parse_calls
from ferries.party import Party
from ferries.search import search
from ferries.tests import makers

pytestmark = pytest.mark.django_db
ATHENS = "Europe/Athens"
MONDAY = date(2026, 6, 1)
SUNDAY = date(2026, 6, 7)


@pytest.fixture
def ship() -> VesselConfiguration:
    """Return a ship of an operator with three Greek ports."""
    for code in ("AAA", "BBB", "CCC"):
        makers.port(code, zone=ATHENS, country="GR")
    return makers.configuration(makers.operator("BLUE", zone=ATHENS), tall_lane_cm=5000)


def wanted(ship, *calls: str, number="out", first=MONDAY, last=MONDAY, **values):
    return ScheduleRequest(
        operator=ship.vessel.operator, configuration=ship, number=number,
        calls=parse_calls(calls), first_day=first, last_day=last, **values,
    )  # fmt: skip


def run(ship, *calls: str, day=MONDAY, number="there"):
    return write_schedule(plan_schedule(wanted(ship, *calls, number=number, first=day, last=day)))


def codes(findings):
    return [finding.code for finding in findings]


def test_planning_writes_nothing(ship):
    plan = plan_schedule(wanted(ship, "AAA 21:00", "BBB 06:00+1", last=SUNDAY))

    assert [sailing.service_date.day for sailing in plan.new] == [1, 2, 3, 4, 5, 6, 7]
    assert plan.new[0].departs_at == datetime(2026, 6, 1, 18, tzinfo=UTC)
    assert plan.new[0].arrives_at == datetime(2026, 6, 2, 3, tzinfo=UTC)
    assert calls_shown(plan.new[0], plan.ports) == ["Aaa 21:00", "Bbb 06:00+1"]
    assert plan.conflicts == ()
    assert not Sailing.objects.exists()
    assert not Route.objects.exists()


def test_writes_sailings_that_can_be_sold(ship):
    request = wanted(
        ship, "AAA 08:00", "BBB 10:00 10:15", "CCC 12:00",
        check_in_minutes=45, accommodation_required=True, is_demo=True,
    )  # fmt: skip

    made = write_schedule(plan_schedule(request))

    sailing = Sailing.objects.get()
    assert made == [sailing]
    assert (sailing.source_ref, sailing.service_date) == ("out", MONDAY)
    assert (sailing.configuration, sailing.check_in_minutes) == (ship, 45)
    assert sailing.accommodation_required
    assert sailing.is_demo
    assert sailing.timetable_hash == ""
    assert list(sailing.calls.order_by("sequence").values_list("port__code", flat=True)) == [
        "AAA", "BBB", "CCC",
    ]  # fmt: skip
    first, middle, last = sailing.calls.order_by("sequence")
    assert (first.arrives_at, last.departs_at) == (None, None)
    assert middle.departs_at - middle.arrives_at == timedelta(minutes=15)
    legs = Leg.objects.order_by("from_sequence", "to_sequence")
    assert list(legs.values_list("origin__code", "destination__code")) == [
        ("AAA", "BBB"), ("AAA", "CCC"), ("BBB", "CCC"),
    ]  # fmt: skip
    pools = CapacityPool.objects.order_by("sector", "resource")
    assert list(pools.values_list("sector", "resource", "physical", "authorised", "used")) == [
        (sector, resource, amount, amount, 0)
        for sector in (0, 1)
        for resource, amount in (("deck:low", 10_000), ("deck:tall", 5000), ("persons", 100))
    ]
    assert Route.objects.count() == 3


def test_sells_only_the_pairs_that_are_named(ship):
    run_calls = ("AAA 08:00", "BBB 10:00 10:15", "CCC 12:00")

    write_schedule(plan_schedule(wanted(ship, *run_calls, sold=(("AAA", "CCC"),))))

    assert list(Leg.objects.values_list("from_sequence", "to_sequence")) == [(0, 2)]
    assert [str(route) for route in Route.objects.all()] == ["Aaa to Ccc"]


def test_a_round_trip_sells_no_journey_to_where_it_starts(ship):
    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 10:00 10:15", "AAA 12:00"))

    assert [(ride.start, ride.end) for ride in plan.new[0].rides] == [(0, 1), (1, 2)]


def test_picks_weekdays_and_leaves_days_out(ship):
    request = wanted(
        ship, "AAA 08:00", "BBB 10:00", last=date(2026, 6, 15),
        weekdays=frozenset({0}), except_days=frozenset({date(2026, 6, 8)}),
    )  # fmt: skip

    assert [sailing.service_date.day for sailing in plan_schedule(request).new] == [1, 15]


def test_writing_again_adds_only_what_is_missing(ship):
    request = wanted(ship, "AAA 08:00", "BBB 10:00", "AAA 12:00", last=SUNDAY)
    write_schedule(plan_schedule(request))
    Sailing.objects.filter(service_date=SUNDAY).delete()

    plan = plan_schedule(request)
    assert (len(plan.new), plan.unchanged, plan.conflicts, plan.warnings) == (1, 6, (), ())
    assert len(write_schedule(plan)) == 1
    assert write_schedule(plan) == []

    assert Sailing.objects.count() == 7
    assert PortCall.objects.count() == 21
    assert Route.objects.count() == 2


def test_what_is_there_with_other_times_stays_and_is_named(ship):
    run(ship, "AAA 08:30", "BBB 10:00", number="out")

    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 10:00"))

    assert (plan.new, plan.unchanged, codes(plan.warnings)) == ((), 1, ["differs"])
    assert write_schedule(plan) == []


def test_one_ship_is_not_in_two_places_whatever_its_fit_out(ship):
    run(ship, "AAA 08:00", "BBB 12:00")
    winter = VesselConfiguration.objects.create(
        vessel=ship.vessel, name="winter", certified_persons=50
    )

    plan = plan_schedule(wanted(winter, "CCC 11:00", "BBB 14:00"))

    assert [str(conflict) for conflict in plan.conflicts] == [
        f"2026-06-01: {ship.vessel} would be in two places: out of 2026-06-01 leaves Ccc at "
        "11:00 on 2026-06-01, there of 2026-06-01 reaches Bbb only at 12:00 on 2026-06-01."
    ]
    with pytest.raises(ScheduleRefused) as refused:
        write_schedule(plan)
    assert refused.value.problems == [str(plan.conflicts[0])]
    assert Sailing.objects.count() == 1


def test_another_ship_may_sail_at_the_same_time(ship):
    run(ship, "AAA 08:00", "BBB 12:00")
    other = makers.configuration(ship.vessel.operator)

    assert plan_schedule(wanted(other, "AAA 08:00", "BBB 12:00")).conflicts == ()


def test_a_run_inside_a_longer_one_collides_even_with_others_in_between(ship):
    run(ship, "AAA 08:00", "BBB 20:00+1")

    plan = plan_schedule(
        wanted(ship, "BBB 09:00", "AAA 10:00", first=date(2026, 6, 2), last=date(2026, 6, 2))
    )

    assert codes(plan.conflicts) == ["overlap"]


def test_a_run_that_takes_longer_than_a_day_collides_with_itself(ship):
    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 09:00+1", last=date(2026, 6, 2)))

    assert codes(plan.conflicts) == ["overlap"]


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        # Before: it arrives at BBB at 12:00; after: it leaves AAA at 16:00.
        (("BBB 12:30", "AAA 15:30"), []),
        (("BBB 12:29", "AAA 15:30"), ["turnaround"]),
        (("BBB 12:30", "AAA 15:31"), ["turnaround"]),
        (("BBB 12:00", "AAA 16:00"), ["turnaround", "turnaround"]),
        (("BBB 11:59", "AAA 15:30"), ["overlap"]),
    ],
)
def test_the_turnaround_is_kept_before_and_after_to_the_minute(ship, calls, found):
    run(ship, "AAA 08:00", "BBB 12:00", number="early")
    run(ship, "AAA 16:00", "BBB 20:00", number="late")

    plan = plan_schedule(wanted(ship, *calls, turnaround_minutes=30))

    assert codes(plan.conflicts) == found


def test_names_the_minutes_of_a_short_turnaround(ship):
    run(ship, "AAA 21:00", "BBB 06:00+1")

    plan = plan_schedule(
        wanted(ship, "BBB 06:20", "AAA 15:00", first=date(2026, 6, 2), last=date(2026, 6, 2))
    )

    assert [str(conflict) for conflict in plan.conflicts] == [
        f"2026-06-02: {ship.vessel} has 20 minutes instead of 30 between there of 2026-06-01 and "
        "out of 2026-06-02, which leaves Bbb at 06:20 on 2026-06-02."
    ]


def test_warns_when_the_ship_lies_elsewhere(ship):
    run(ship, "AAA 08:00", "BBB 12:00", day=date(2026, 5, 1))

    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 12:00"))

    assert plan.conflicts == ()
    assert [str(warning) for warning in plan.warnings] == [
        f"2026-06-01: {ship.vessel} would start out of 2026-06-01 from Aaa, but there of "
        "2026-05-01 ends in Bbb."
    ]
    assert len(write_schedule(plan)) == 1


def test_a_cancelled_sailing_is_in_nobodys_way(ship):
    run(ship, "AAA 08:00", "BBB 12:00")
    Sailing.objects.update(status=Sailing.Status.CANCELLED)

    plan = plan_schedule(wanted(ship, "CCC 09:00", "AAA 11:00"))

    assert (plan.conflicts, plan.warnings) == ((), ())


def test_there_and_back_are_planned_together(ship):
    out = wanted(ship, "AAA 21:00", "BBB 06:00+1", last=SUNDAY, turnaround_minutes=180)
    back = wanted(
        ship, "BBB 09:00", "AAA 18:00", number="back",
        first=date(2026, 6, 2), last=date(2026, 6, 8), turnaround_minutes=180,
    )  # fmt: skip

    plan = plan_schedules([out, back])

    assert (len(plan.new), plan.conflicts, plan.warnings) == (14, (), ())
    assert len(write_schedule(plan)) == 14


def test_over_midnight_of_the_autumn_night_the_turnaround_counts_real_minutes(ship):
    # Clocks go back at 04:00 on 2026-10-25: 06:00 is ten hours after 21:00.
    day = date(2026, 10, 24)

    plan = plan_schedules(
        [
            wanted(ship, "AAA 21:00", "BBB 02:30+1", first=day, last=day),
            wanted(
                ship, "BBB 04:00", "AAA 09:00", number="back",
                first=date(2026, 10, 25), last=date(2026, 10, 25), turnaround_minutes=150,
            ),
        ]
    )  # fmt: skip

    assert plan.conflicts == ()
    assert plan.new[1].departs_at - plan.new[0].arrives_at == timedelta(minutes=150)


def test_a_skipped_hour_stops_the_plan_until_its_day_is_left_out(ship):
    values = {"first": date(2026, 3, 28), "last": date(2026, 3, 30)}

    plan = plan_schedule(wanted(ship, "AAA 03:30", "BBB 06:00", **values))

    assert [str(conflict) for conflict in plan.conflicts] == [
        "2026-03-29: out: AAA 03:30 on 2026-03-29 does not exist: the clocks skip it."
    ]
    with pytest.raises(ScheduleRefused):
        write_schedule(plan)
    without = wanted(
        ship, "AAA 03:30", "BBB 06:00", **values, except_days=frozenset({date(2026, 3, 29)})
    )
    assert len(write_schedule(plan_schedule(without))) == 2


def test_an_hour_that_comes_twice_is_a_warning(ship):
    day = date(2026, 10, 25)

    plan = plan_schedule(wanted(ship, "AAA 03:30", "BBB 06:00", first=day, last=day))

    assert codes(plan.warnings) == ["clock_twice"]
    assert plan.new[0].departs_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_fit_out_of_another_season_is_a_warning(ship):
    ship.valid_until = date(2026, 6, 2)
    ship.save()

    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 09:00", "AAA 10:00", last=date(2026, 6, 3)))

    assert [(each.code, each.day.day) for each in plan.warnings] == [("out_of_season", 3)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"last": date(2026, 5, 31)}, "The season ends before it begins."),
        ({"last": date(2030, 1, 1)}, "A season has at most 800 days."),
        ({"weekdays": frozenset({3})}, "No day of the season is left to sail on."),
        ({"sold": (("BBB", "AAA"),)}, "The ship does not go from BBB to AAA."),
    ],
)
def test_refuses_what_makes_no_sense(ship, values, sentence):
    with pytest.raises(ScheduleRefused, match=sentence):
        plan_schedule(wanted(ship, "AAA 08:00", "BBB 09:00", **values))


def test_refuses_unknown_ports_foreign_ships_and_a_number_given_twice(ship):
    with pytest.raises(ScheduleRefused, match="We know no port XXX"):
        plan_schedule(wanted(ship, "AAA 08:00", "XXX 09:00"))
    other = makers.operator("RED")
    foreign = ScheduleRequest(
        other, ship, "out", parse_calls(["AAA 08:00", "BBB 09:00"]), MONDAY, MONDAY
    )
    with pytest.raises(ScheduleRefused, match="is no ship of RED Ferries"):
        plan_schedule(foreign)
    with pytest.raises(ScheduleRefused, match="a number of its own"):
        plan_schedules([wanted(ship, "AAA 08:00", "BBB 09:00")] * 2)


def test_a_ship_that_sails_meanwhile_refuses_the_writing(ship):
    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 12:00"))
    run(ship, "CCC 09:00", "BBB 11:00", number="meanwhile")

    with pytest.raises(ScheduleRefused, match="conflicts"):
        write_schedule(plan)

    assert list(Sailing.objects.values_list("source_ref", flat=True)) == ["meanwhile"]


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_the_same_moment_write_once(ship):
    plan = plan_schedule(wanted(ship, "AAA 08:00", "BBB 10:00", "AAA 12:00", last=SUNDAY))

    def write(_):
        try:
            return len(write_schedule(plan))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        written = sorted(pool.map(write, range(4)))

    assert written == [0, 0, 0, 7]
    assert Sailing.objects.count() == 7
    assert CapacityPool.objects.count() == 7 * 2 * 3


def test_the_digest_names_what_would_be_written(ship):
    one = plan_schedule(wanted(ship, "AAA 08:00", "BBB 12:00"))
    same = plan_schedule(wanted(ship, "AAA 08:00", "BBB 12:00"))
    later = plan_schedule(wanted(ship, "AAA 08:01", "BBB 12:00"))

    assert one.digest == same.digest
    assert one.digest != later.digest


@pytest.mark.django_db(transaction=True)
def test_new_sailings_are_found_at_once(ship):
    for origin, destination in (("AAA", "BBB"), ("BBB", "AAA")):
        path = makers.route(
            ship.vessel.operator, *(makers.port(code) for code in (origin, destination))
        )
        makers.tariff(path)
    question = {"origin": "AAA", "destination": "BBB", "day": MONDAY, "party": Party()}
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert search(**question, now=now).offers == []

    run(ship, "AAA 08:00", "BBB 12:00")

    assert [offer.bookable for offer in search(**question, now=now).offers] == [True]


def test_shares_of_groups_are_kept_on_new_sailings(ship):
    company = ship.vessel.operator
    group = CustomerGroup.objects.create(operator=company, code="residents", name="Residents")
    AllotmentRule.objects.create(
        route=makers.route(company, makers.port("AAA"), makers.port("BBB")),
        group=group, resource="persons", percent=10, release_hours=72,
    )  # fmt: skip

    run(ship, "AAA 08:00", "BBB 12:00")

    share = Allotment.objects.get()
    assert (share.resource, share.amount) == ("persons", 10)
    assert share.release_at == datetime(2026, 5, 29, 5, tzinfo=UTC)
