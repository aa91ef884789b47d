"""The sheet of a month and the different days of its timetable."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ferries.discovery import months
from ferries.discovery.months import Departure, Month

SEATTLE, PARIS = "America/Los_Angeles", "Europe/Paris"


def departure(text, *, minutes=60, zones=(PARIS, PARIS), operator="BLUE"):
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    arrives = moment + timedelta(minutes=minutes)
    return Departure(moment, arrives, *zones, operator, operator.title(), "Ship", None, False)


def days(*numbers):
    return [date(2026, 6, number) for number in numbers]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-12", Month(2026, 12)),
        ("2026-1", None),
        ("2026-13", None),
        ("2026-00", None),
        ("1999-12", None),
        ("2200-01", None),
        ("٢٠٢٦-12", Month(2026, 12)),
        ("2026-12-01", None),
        ("", None),
    ],
)
def test_reads_a_month(text, month):
    assert Month.read(text) == month


def test_months_follow_each_other_over_the_year():
    assert Month(2026, 12).following == Month(2027, 1)
    assert Month(2027, 1).previous == Month(2026, 12)
    assert Month(2026, 12) < Month(2027, 1)
    assert str(Month(2027, 1)) == "2027-01"


@pytest.mark.parametrize(("first_weekday", "before"), [(0, 1), (1, 0), (6, 2)])
def test_a_sheet_begins_with_the_weekday_of_the_language(first_weekday, before):
    sheet = months.weeks(Month(2026, 6), first_weekday=first_weekday)

    assert all(len(week) == 7 for week in sheet)
    assert sheet[0].index(date(2026, 6, 1)) == before
    assert [day for week in sheet for day in week if day] == days(*range(1, 31))


def test_departures_belong_to_the_local_day_of_the_port():
    late = departure("2026-06-03T05:30", zones=(SEATTLE, SEATTLE))

    assert months.by_day([late]) == {date(2026, 6, 2): [late]}


def test_times_are_those_of_the_wall_clocks():
    times = departure("2026-06-02T20:00", minutes=300, zones=(PARIS, "Europe/Athens")).times

    assert (times.departs, times.arrives, times.days_later) == ("22:00", "04:00", 1)


def test_days_with_the_same_departures_are_one_pattern():
    found = months.patterns(
        months.by_day(
            departure(f"2026-06-{day:02}T{hour}:00")
            for day, hours in ((1, (8, 16)), (2, (8,)), (3, (16, 8)))
            for hour in (f"{each:02}" for each in hours)
        )
    )

    assert [pattern.days for pattern in found] == [tuple(days(1, 3)), tuple(days(2))]
    assert [len(pattern.times) for pattern in found] == [2, 1]


def test_another_operator_is_another_pattern():
    found = months.patterns(
        months.by_day(
            [departure("2026-06-01T08:00"), departure("2026-06-02T08:00", operator="RED")]
        )
    )

    assert len(found) == 2


@pytest.mark.parametrize(
    ("chosen", "runs"),
    [
        # June 2026 begins on a Monday.
        ((1, 2, 3, 8, 9, 10), [[0, 1, 2]]),
        ((6, 7, 13, 14), [[5, 6]]),
        ((1, 5, 8, 12), [[0], [4]]),
        ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), [[0, 1, 2, 3, 4, 5, 6]]),
        ((1, 2), None),
        ((1, 2, 3, 8, 9), None),
    ],
)
def test_weekdays_stand_for_days_only_if_they_are_all(chosen, runs):
    assert months.weekdays_of(days(*chosen), among=days(*range(1, 15))) == runs


def test_daily_is_without_a_gap():
    assert months.is_daily(days(3, 4, 5), among=days(3, 4, 5))
    assert not months.is_daily(days(3, 5), among=days(3, 5))
    assert not months.is_daily(days(3, 4), among=days(3, 4, 5))
