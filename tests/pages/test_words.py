"""How pages write time, money and space."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ferries.templatetags import travel

SEATTLE, QINGDAO, TASHKENT = "America/Los_Angeles", "Asia/Shanghai", "Asia/Tashkent"


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (35, "35 min"), (120, "2 h"), (65, "1 h 5 min")]
)
def test_writes_durations(minutes, words):
    assert travel.duration(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("month", "zone", "words"),
    [(11, SEATTLE, "PST"), (7, SEATTLE, "PDT"), (7, QINGDAO, "CST"), (7, TASHKENT, "UTC+05")],
)
def test_names_the_zone_as_it_is_on_that_day(month, zone, words):
    assert travel.zone_at(datetime(2026, month, 24, 12, tzinfo=UTC), zone) == words


def test_a_duration_over_the_change_of_clocks_is_real_time():
    before = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    after = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)

    assert travel.clock_at(before, SEATTLE) == travel.clock_at(after, SEATTLE) == "01:30"
    assert travel.lasts(before, after) == "1 h"


def test_counts_the_days_on_the_calendars_of_the_two_ports():
    crossing = SimpleNamespace(
        departs_at=datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
        arrives_at=datetime(2026, 11, 25, 17, 30, tzinfo=UTC),
        origin_zone=SEATTLE,
        destination_zone=QINGDAO,
    )

    assert travel.days_later(crossing) == 2


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"persons": 0}, "No places left"),
        ({"persons": 1}, "1 place left"),
        ({"persons": 49, "lane_cm": 0}, "49 places left, no room for another vehicle"),
        ({"persons": 50, "lane_cm": 540}, "Plenty of space, room for a vehicle up to 5.4 m"),
        ({"persons": 900, "lane_cm": 3000}, "Plenty of space, plenty of room for vehicles"),
    ],
)
def test_says_what_is_left(left, words):
    assert travel.space_left(left) == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"), [(1105, "USD", "11.05"), (1200, "JPY", "1,200")]
)
def test_writes_amounts_for_tables_without_the_currency(amount, currency, words):
    assert travel.figures(amount, currency) == words
