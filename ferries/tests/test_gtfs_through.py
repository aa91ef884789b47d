"""Joining the trips of one ship: hand-checked examples of the real feed, and laws for any feed."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferries.demo.files import WSF_FEED
from ferries.demo.wsf import SAN_JUAN_ISLANDS, THROUGH, TRIANGLE
from ferries.gtfs.reader import read_feed
from ferries.gtfs.runs import Call, DayRun, Ride
from ferries.gtfs.through import join_through

LANDINGS = frozenset("ABCDE")
NAMES = {"1": "ANA", "10": "FRI", "13": "LOP", "15": "ORC", "18": "SHA",
         "9": "FAU", "20": "SOU", "22": "VAS"}  # fmt: skip


def trip(ref: str, origin: str, departure: int, destination: str, arrival: int) -> DayRun:
    calls = (Call(origin, departure, departure), Call(destination, arrival, arrival))
    return DayRun(ref, ref, calls, (Ride(0, 1, departure, arrival, ref),))


def minutes(text: str) -> int:
    hours, rest = text.split(":")
    return (int(hours) * 60 + int(rest)) * 60


def trips(*lines: str) -> list[DayRun]:
    """Return one trip for each "A 08:00 B 08:30"."""
    found = []
    for number, line in enumerate(lines):
        origin, departs, destination, arrives = line.split()
        found.append(trip(f"t{number}", origin, minutes(departs), destination, minutes(arrives)))
    return found


def face(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def calls_of(run: DayRun) -> str:
    """Return "A 08:00, 08:30 B 08:40, 09:00 C": departure first, arrival last."""
    first, *middle, last = run.calls
    parts = [f"{first.stop_id} {face(first.departure)}"]
    parts += [f"{face(call.arrival)} {call.stop_id} {face(call.departure)}" for call in middle]
    return ", ".join([*parts, f"{face(last.arrival)} {last.stop_id}"])


def rides_of(run: DayRun) -> set[str]:
    return {
        f"{run.calls[ride.start].stop_id} {face(ride.departure)} "
        f"{run.calls[ride.end].stop_id} {face(ride.arrival)}"
        for ride in run.rides
    }


def test_one_crossing_listed_as_three_trips_is_one_run():
    lines = ["A 08:00 B 08:30", "A 08:00 C 09:00", "B 08:40 C 09:00"]

    (run,), remarks = join_through(trips(*lines), LANDINGS)

    assert calls_of(run) == "A 08:00, 08:30 B 08:40, 09:00 C"
    assert rides_of(run) == set(lines)
    assert (run.ref, remarks) == ("t0", [])


def test_sells_no_pair_that_the_feed_does_not_list():
    lines = [
        "A 08:00 C 09:00",
        "A 08:00 B 08:30",
        "B 08:40 C 09:00",
        "B 08:40 D 09:30",
        "C 09:10 D 09:30",
    ]

    (run,), _ = join_through(trips(*lines), LANDINGS)

    assert calls_of(run) == "A 08:00, 08:30 B 08:40, 09:00 C 09:10, 09:30 D"
    assert "A 08:00 D 09:30" not in rides_of(run)
    assert len(run.rides) == 5


def test_a_landing_without_boarding_is_still_one_run():
    (run,), _ = join_through(trips("A 08:00 B 08:30", "A 08:00 C 09:00"), LANDINGS)

    assert calls_of(run) == "A 08:00, 08:30 B 08:30, 09:00 C"


def test_a_ship_may_end_where_it_began_but_meets_no_other_landing_twice():
    lines = [
        "A 08:00 B 08:30",
        "A 08:00 C 09:00",
        "B 08:30 C 09:00",
        "B 08:30 A 09:30",
        "C 09:00 A 09:30",
    ]
    more = ["A 09:30 B 10:00"]

    runs, _ = join_through(trips(*lines, *more), LANDINGS)

    assert [calls_of(run) for run in runs] == [
        "A 08:00, 08:30 B 08:30, 09:00 C 09:00, 09:30 A", "A 09:30, 10:00 B",
    ]  # fmt: skip


def test_a_stay_of_more_than_45_minutes_is_another_run():
    lines = ["A 08:00 B 08:30", "A 08:00 C 10:00", "B 09:16 C 10:00"]

    runs, _ = join_through(trips(*lines), LANDINGS)

    assert [calls_of(run) for run in runs] == [
        "A 08:00, 08:30 B 08:30, 10:00 C",
        "B 09:16, 10:00 C",
    ]


def test_two_trips_to_one_landing_at_one_time_are_two_ships():
    runs, _ = join_through(trips("A 08:00 B 08:30", "A 08:00 B 08:35"), LANDINGS)

    assert [calls_of(run) for run in runs] == ["A 08:00, 08:30 B", "A 08:00, 08:35 B"]


def test_exchanges_the_arrivals_where_one_ship_overtakes_the_other():
    lines = [
        "D 06:20 B 07:10", "D 06:20 C 07:40",  # the fast ship
        "A 06:05 B 06:50", "A 06:05 E 07:35",  # the slow ship, by E
        "B 06:55 E 07:35", "B 06:55 C 07:40", "E 07:35 C 08:15", "B 07:10 C 08:15",
    ]  # fmt: skip

    runs, remarks = join_through(trips(*lines), LANDINGS)

    assert {calls_of(run) for run in runs} == {
        "D 06:20, 07:10 B 07:10, 07:40 C",
        "A 06:05, 06:50 B 06:55, 07:35 E 07:35, 08:15 C",
    }
    assert len(remarks) == 1
    assert "arrivals exchanged" in remarks[0][1]


def test_moves_an_arrival_that_the_ship_cannot_keep_and_says_so():
    lines = ["A 18:40 B 18:50", "A 18:40 C 19:00", "B 19:00 C 19:40"]

    (run,), remarks = join_through(trips(*lines), LANDINGS)

    assert rides_of(run) == {"A 18:40 B 18:50", "A 18:40 C 19:40", "B 19:00 C 19:40"}
    assert [text for _, text in remarks] == [
        "t1 from A at 18:40 to C cannot arrive at 19:00, as the ship's other times show; "
        "it arrives at 19:40"
    ]


def test_leaves_runs_outside_the_group_alone():
    outside = trip("x", "Z", 0, "A", 60)

    runs, _ = join_through([outside], LANDINGS)

    assert runs == [outside]


@st.composite
def days(draw) -> list[DayRun]:
    """Draw a day of trips on a coarse clock, so that ships meet, wait and overtake often."""
    found = []
    for number in range(draw(st.integers(0, 14))):
        origin, destination = draw(st.permutations(sorted(LANDINGS)))[:2]
        departure = draw(st.integers(0, 24)) * 600
        arrival = departure + draw(st.integers(0, 12)) * 600
        found.append(trip(f"t{number}", origin, departure, destination, arrival))
    return found


@settings(max_examples=100, deadline=None)
@given(days())
def test_every_trip_is_in_exactly_one_run_and_sectors_go_forward(day):
    runs, _ = join_through(day, LANDINGS)

    sold = Counter(ride.trip_id for run in runs for ride in run.rides)
    assert sold == Counter(one.ref for one in day)
    assert len({run.ref for run in runs}) == len(runs)
    listed = {one.ref: one for one in day}
    for run in runs:
        for before, after in zip(run.calls, run.calls[1:], strict=False):
            assert before.arrival <= before.departure <= after.arrival <= after.departure
        stops = [call.stop_id for call in run.calls]
        inner = stops[:-1] if stops[0] == stops[-1] else stops
        assert len(set(inner)) == len(inner)
        for ride in run.rides:
            feed_trip = listed[ride.trip_id]
            assert (stops[ride.start], stops[ride.end]) == tuple(
                call.stop_id for call in feed_trip.calls
            )
            assert ride.departure == feed_trip.calls[0].departure == run.calls[ride.start].departure
            assert ride.start < ride.end
            assert ride.departure <= ride.arrival


@settings(max_examples=30, deadline=None)
@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_the_feed_does_not_matter(day, random):
    shuffled = list(day)
    random.shuffle(shuffled)

    runs, _ = join_through(day, LANDINGS)
    again, _ = join_through(shuffled, LANDINGS)

    assert {(run.ref, run.calls) for run in runs} == {(run.ref, run.calls) for run in again}


@pytest.fixture(scope="module")
def wsf():
    return read_feed(WSF_FEED)


@pytest.fixture(scope="module")
def first_october(wsf):
    return wsf.day_runs(date(2024, 10, 1), THROUGH)


def real_runs(day_runs, group: frozenset[str]) -> list[str]:
    runs = sorted(day_runs[0], key=lambda run: run.calls[0].departure)
    return [
        calls_of(replace(run, calls=tuple(replace(c, stop_id=NAMES[c.stop_id]) for c in run.calls)))
        for run in runs
        if {call.stop_id for call in run.calls} <= group
    ]


def test_the_san_juan_ships_of_2024_10_01(first_october):
    runs = real_runs(first_october, SAN_JUAN_ISLANDS)

    assert len(runs) == 34
    # Put together by hand from the 20 lists of departures and arrivals.
    assert runs[:8] == [
        "ANA 04:15, 05:20 FRI",
        "ANA 05:30, 06:20 ORC 06:45, 07:00 SHA 07:00, 07:30 LOP 07:30, 08:10 ANA",
        "FRI 05:45, 06:30 LOP 06:30, 07:10 ANA",
        "FRI 06:05, 06:50 LOP 06:55, 07:15 SHA 07:15, 07:35 ORC 07:35, 08:15 FRI",
        "ANA 06:20, 07:10 LOP 07:10, 07:40 FRI",
        "ANA 07:30, 08:20 ORC 08:45, 09:00 SHA 09:00, 09:30 LOP 09:30, 10:10 ANA",
        "FRI 08:05, 09:10 ANA",
        "ANA 08:30, 09:35 FRI",
    ]
    assert "FRI 11:35, 12:20 SHA 12:20, 12:40 ORC 12:40, 13:00 LOP 13:05, 14:00 FRI" in runs
    assert "FRI 17:45, 18:45 ORC 18:45, 19:00 SHA 19:00, 19:20 LOP" in runs


def test_the_triangle_ships_of_2024_10_01(first_october):
    runs = real_runs(first_october, TRIANGLE)

    assert "SOU 05:00, 05:10 VAS 05:20, 05:40 FAU" in runs
    assert "FAU 18:15, 18:35 VAS 18:40, 18:50 SOU 19:00, 19:40 FAU" in runs


def test_reports_the_repairs_of_2024_10_01(first_october):
    repairs = [note.text for note in first_october[1] if "exchanged" in note.text]

    assert repairs == [
        "on 2024-10-01: arrivals exchanged, since one ship overtakes the other: "
        "20241001-1013-08 from 10 at 17:45 arrives in 13 at 19:20, "
        "20241001-1013-09 of 18:25 at 19:10",
        "on 2024-10-01: arrivals exchanged, since one ship overtakes the other: "
        "20241001-1310-01 from 13 at 06:55 arrives in 10 at 08:15, "
        "20241001-1310-02 of 07:10 at 07:40",
    ]


def test_every_real_trip_stays_in_exactly_one_run(wsf):
    for day in (date(2024, 9, 28), date(2024, 10, 1), date(2024, 11, 3)):
        runs, _ = wsf.day_runs(day, THROUGH)

        sold = Counter(ride.trip_id for run in runs for ride in run.rides)
        plain, _ = wsf.day_runs(day)
        assert sold == Counter(run.ref for run in plain)
        assert len(runs) < len(plain)
