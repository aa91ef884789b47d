"""Wall-clock times of a schedule: how they are written, and what they mean when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries.operations.schedule_calendar import (
    CallTimes,
    WallTime,
    dated,
    days_of,
    moments_of,
    parse_calls,
    parse_pairs,
)

ATHENS = "Europe/Athens"
# Clocks in Greece go from 03:00 to 04:00 on 2026-03-29 and from 04:00 to 03:00 on 2026-10-25.
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
ZONES = {"AAA": ATHENS, "BBB": ATHENS, "LON": "Europe/London"}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def times(found):
    return [(call.arrives_at, call.departs_at) for call in found.calls]


def test_reads_calls_with_one_time_or_two():
    calls = parse_calls(["GRPIR 21:00", "", "GRTIL 23:50 0:10+1", "GRKMI 02:00+1", "GRHER 06:00+1"])

    assert calls == (
        CallTimes("GRPIR", None, WallTime(time(21))),
        CallTimes("GRTIL", WallTime(time(23, 50)), WallTime(time(0, 10), 1)),
        CallTimes("GRKMI", WallTime(time(2), 1), WallTime(time(2), 1)),
        CallTimes("GRHER", WallTime(time(6), 1), None),
    )
    assert [str(call) for call in calls] == [
        "GRPIR 21:00", "GRTIL 23:50 00:10+1", "GRKMI 02:00+1 02:00+1", "GRHER 06:00+1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["A 21:00"], "two calls or more"),
        (["A 21:00", "B 24:00"], "24:00 is no time"),
        (["A 21:00", "B 6.30"], "6.30 is no time"),
        (["A 21:00", "B"], "B: the first and the last call have one time"),
        (["A 20:00 21:00", "B 22:00"], "A: the first and the last call have one time"),
        (["A 21:00+1", "B 22:00+1"], "on the sailing's own day"),
    ],
)
def test_says_what_is_wrong_with_calls(lines, sentence):
    with pytest.raises(ValueError, match=sentence.replace("+", r"\+")):
        parse_calls(lines)


def test_reads_sold_pairs():
    assert parse_pairs(["A B", "", "B  C"]) == (("A", "B"), ("B", "C"))
    with pytest.raises(ValueError, match="this does not: A"):
        parse_pairs(["A"])


@given(
    hour=st.integers(0, 23), minute=st.integers(0, 59), day=st.integers(0, 9),
    later=st.integers(0, 9),
)  # fmt: skip
def test_times_are_written_as_they_are_read(hour, minute, day, later):
    written = f"A {hour:02}:{minute:02}", f"B {hour:02}:{minute:02}" + (f"+{day}" if day else "")

    assert tuple(str(call) for call in parse_calls(written)) == written


def test_picks_days_of_a_season_with_both_ends():
    # 2026-06-01 is a Monday.
    days = days_of(
        date(2026, 6, 1), date(2026, 6, 15),
        weekdays=frozenset({0, 4}), without=frozenset({date(2026, 6, 8)}),
    )  # fmt: skip

    assert [day.day for day in days] == [1, 5, 12, 15]


def test_an_ordinary_moment_comes_once_a_skipped_one_never_a_repeated_one_twice():
    assert moments_of(wall("2026-06-01 21:00"), ATHENS) == [utc(2026, 6, 1, 18)]
    assert moments_of(wall("2026-03-29 03:30"), ATHENS) == []
    assert moments_of(wall("2026-10-25 03:30"), ATHENS) == [
        utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30),
    ]  # fmt: skip


@given(
    moment=st.datetimes(wall("2020-01-01"), wall("2035-01-01"), timezones=st.just(UTC)),
    zone=st.sampled_from(["Europe/Athens", "America/Los_Angeles", "Australia/Lord_Howe", "UTC"]),
)
def test_every_moment_is_among_those_that_its_wall_clock_names(moment, zone):
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert moment in moments_of(shown, zone)


def test_a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn():
    calls = parse_calls(["AAA 21:00", "BBB 06:00+1"])

    lengths = [
        end[0] - start[1]
        for day in (SPRING, AUTUMN, date(2026, 7, 1))
        for start, end in [times(dated(calls, day - timedelta(days=1), ZONES))]
    ]

    assert lengths == [timedelta(hours=8), timedelta(hours=10), timedelta(hours=9)]


def test_each_port_has_its_own_clocks():
    found = dated(parse_calls(["LON 10:00", "AAA 14:00"]), date(2026, 7, 1), ZONES)

    # 10:00 British summer time, 14:00 in Greece: two hours.
    assert times(found) == [(utc(2026, 7, 1, 9),) * 2, (utc(2026, 7, 1, 11),) * 2]


def test_a_skipped_hour_is_a_problem_and_is_not_shifted():
    found = dated(parse_calls(["AAA 01:00", "BBB 03:30"]), SPRING, ZONES)

    assert found.calls == ()
    assert found.problem == (
        "clock_gap", "BBB 03:30 on 2026-03-29 does not exist: the clocks skip it.",
    )  # fmt: skip


def test_of_an_hour_that_comes_twice_the_first_fitting_one_is_taken_and_noted():
    first = dated(parse_calls(["AAA 01:00", "BBB 03:30"]), AUTUMN, ZONES)
    second = dated(parse_calls(["AAA 02:55", "BBB 03:50 03:10", "AAA 05:00"]), AUTUMN, ZONES)

    assert times(first)[1][0] == utc(2026, 10, 25, 0, 30)
    assert first.notes == (
        "BBB 03:30 on 2026-10-25 comes twice, as the clocks go back: the first is meant.",
    )
    # It leaves at 03:10 by the clock after it came at 03:50: twenty minutes later.
    assert times(second)[1] == (utc(2026, 10, 25, 0, 50), utc(2026, 10, 25, 1, 10))
    assert second.notes[1].endswith("the second is meant.")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["AAA 10:00", "BBB 09:00"], "BBB 09:00 on 2026-07-01 is before"),
        (["AAA 10:00", "BBB 12:00 11:50", "AAA 14:00"], "BBB 11:50 on 2026-07-01 is before"),
        (["AAA 21:00", "BBB 06:00"], "BBB 06:00 on 2026-07-01 is before"),
        (["AAA 10:00", "BBB 10:00"], "BBB is reached at the moment of departure"),
    ],
)
def test_calls_come_in_order(lines, sentence):
    found = dated(parse_calls(lines), date(2026, 7, 1), ZONES)

    assert found.problem
    assert found.problem[0] == "call_order"
    assert found.problem[1].startswith(sentence)
