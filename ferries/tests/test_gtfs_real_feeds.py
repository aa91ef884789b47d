"""The real feeds on their true dates, counted by hand or with another tool."""

from datetime import UTC, date, datetime

import pytest

from ferries.demo.files import BALATON_FEED, DATA, WSF_FEED
from ferries.demo.wsf import THROUGH
from ferries.gtfs.reader import read_feed
from maritime.lib import clock

SEATTLE, BAINBRIDGE, ANACORTES, FRIDAY_HARBOR = "7", "3", "1", "10"


@pytest.fixture(scope="module")
def wsf():
    return read_feed(WSF_FEED)


def departures(feed, day: date, origin: str, destination: str, through=()) -> list[datetime]:
    return sorted(
        ride.departs_at
        for run in feed.runs(first=day, last=day, through=through)
        for ride in run.rides
        if (run.calls[ride.start].stop_id, run.calls[ride.end].stop_id) == (origin, destination)
    )


def test_wsf_has_23495_trips_and_no_error(wsf):
    assert (len(wsf.trips), wsf.problems) == (23_495, ())
    assert (wsf.first_date, wsf.last_date) == (date(2024, 9, 24), date(2024, 11, 10))
    assert wsf.rows["stop_times.txt"] == 46_990


def test_wsf_seattle_to_bainbridge_on_2024_10_01(wsf):
    found = departures(wsf, date(2024, 10, 1), SEATTLE, BAINBRIDGE)

    assert len(found) == 23
    assert clock.local(found[0], wsf.zone).strftime("%d %H:%M") == "01 05:30"
    assert clock.local(found[-1], wsf.zone).strftime("%d %H:%M") == "02 01:35"


@pytest.mark.parametrize("through", [(), THROUGH])
def test_wsf_anacortes_to_friday_harbor_in_the_night_of_the_clock_change(wsf, through):
    found = departures(wsf, date(2024, 11, 3), ANACORTES, FRIDAY_HARBOR, through)

    assert len(found) == 9
    assert found[0] == datetime(2024, 11, 3, 12, 15, tzinfo=UTC)
    assert clock.local(found[0], wsf.zone).strftime("%H:%M %Z") == "04:15 PST"
    before = departures(wsf, date(2024, 11, 2), ANACORTES, FRIDAY_HARBOR, through)
    assert before[0] == datetime(2024, 11, 2, 11, 15, tzinfo=UTC)


def test_balaton_from_szantod_on_2026_07_15():
    feed = read_feed(BALATON_FEED)

    found = departures(feed, date(2026, 7, 15), "szantod", "tihany")

    assert feed.problems == ()
    assert len(found) == 34
    assert [clock.local(at, feed.zone).strftime("%H:%M") for at in (found[0], found[-1])] == [
        "07:00", "23:30",
    ]  # fmt: skip


def test_boston_on_independence_day_2018():
    feed = read_feed(DATA / "gtfs" / "boston-harbor-islands-2018.zip")
    holiday = date(2018, 7, 4)

    runs = list(feed.runs(first=holiday, last=holiday))

    assert feed.problems == ()
    assert len(runs) == 46
    # A Wednesday that runs like a weekend: the exceptions of calendar_dates.txt.
    assert {run.trip_id.split("__")[0] for run in runs} == {"NPS_BOHA_SU18-We"}
