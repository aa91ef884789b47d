"""Port-local time on the two nights when the clock changes, on both sides of the Atlantic."""

from datetime import UTC, date, datetime, timedelta

import pytest

from maritime.lib import clock

LOS_ANGELES, BUDAPEST = "America/Los_Angeles", "Europe/Budapest"


def utc(*values: int) -> datetime:
    return datetime(*values, tzinfo=UTC)


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("day", "zone", "start", "hours"),
    [
        (date(2024, 10, 1), LOS_ANGELES, utc(2024, 10, 1, 7), 24),
        (date(2024, 3, 10), LOS_ANGELES, utc(2024, 3, 10, 8), 23),
        (date(2024, 11, 3), LOS_ANGELES, utc(2024, 11, 3, 7), 25),
        (date(2026, 3, 29), BUDAPEST, utc(2026, 3, 28, 23), 23),
        (date(2026, 10, 25), BUDAPEST, utc(2026, 10, 24, 22), 25),
        (date(2028, 2, 29), BUDAPEST, utc(2028, 2, 28, 23), 24),
        (date(2026, 12, 31), BUDAPEST, utc(2026, 12, 30, 23), 24),
    ],
)
def test_a_local_day_has_its_true_length(day: date, zone: str, start: datetime, hours: int) -> None:
    begins, ends = clock.day_bounds(day, zone)

    assert (begins, ends - begins) == (start, timedelta(hours=hours))
    assert clock.start_of_day(day, zone) == start


@pytest.mark.parametrize(
    ("day", "zone", "time", "moment"),
    [
        # Real sailings: Anacortes 2024-11-03 04:15 = 12:15 UTC, Seattle 01:35 of the next day.
        (date(2024, 11, 3), LOS_ANGELES, "04:15", utc(2024, 11, 3, 12, 15)),
        (date(2024, 10, 1), LOS_ANGELES, "25:35", utc(2024, 10, 2, 8, 35)),
        (date(2024, 3, 10), LOS_ANGELES, "04:15", utc(2024, 3, 10, 11, 15)),
        (date(2026, 3, 29), BUDAPEST, "07:00", utc(2026, 3, 29, 5)),
        (date(2026, 10, 25), BUDAPEST, "07:00", utc(2026, 10, 25, 6)),
        # Noon minus 12 h: on a night of 23 hours, 00:30 of the service day is 23:30 of the day
        # before; on a night of 25 hours it is 01:30 before the clock goes back.
        (date(2024, 3, 10), LOS_ANGELES, "00:30", utc(2024, 3, 10, 7, 30)),
        (date(2024, 11, 3), LOS_ANGELES, "00:30", utc(2024, 11, 3, 8, 30)),
    ],
)
def test_timetable_times_count_from_noon_minus_twelve_hours(
    day: date, zone: str, time: str, moment: datetime
) -> None:
    hours, minutes = map(int, time.split(":"))

    assert clock.service_time(day, hours * 3600 + minutes * 60, zone) == moment


@pytest.mark.parametrize(
    ("moment", "zone", "shown"),
    [
        # The hour that comes twice: 01:30 first in summer time, then in standard time.
        (utc(2024, 11, 3, 8, 30), LOS_ANGELES, "2024-11-03 01:30 PDT"),
        (utc(2024, 11, 3, 9, 30), LOS_ANGELES, "2024-11-03 01:30 PST"),
        (utc(2026, 10, 25, 0, 30), BUDAPEST, "2026-10-25 02:30 CEST"),
        (utc(2026, 10, 25, 1, 30), BUDAPEST, "2026-10-25 02:30 CET"),
        # The hour that is missing.
        (utc(2024, 3, 10, 9, 59), LOS_ANGELES, "2024-03-10 01:59 PST"),
        (utc(2024, 3, 10, 10, 0), LOS_ANGELES, "2024-03-10 03:00 PDT"),
        (utc(2026, 3, 29, 0, 59), BUDAPEST, "2026-03-29 01:59 CET"),
        (utc(2026, 3, 29, 1, 0), BUDAPEST, "2026-03-29 03:00 CEST"),
    ],
)
def test_local_shows_the_wall_clock(moment: datetime, zone: str, shown: str) -> None:
    assert f"{clock.local(moment, zone):%Y-%m-%d %H:%M %Z}" == shown
