"""Service days, frequencies, times past midnight, the two nights, and who may board where."""

from datetime import UTC, date, datetime

from ferries.gtfs.anchor import Anchor, anchored_days
from ferries.gtfs.reader import read_feed
from ferries.tests.feeds import FILES, HEADER, feed_zip, one_hop_trips


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def dates(feed) -> list[date]:
    return sorted(
        {run.service_date for run in feed.runs(first=date(2030, 5, 1), last=date(2030, 8, 31))}
    )


def departures(feed, day: date) -> list[datetime]:
    return sorted(run.calls[0].departs_at for run in feed.runs(first=day, last=day))


def test_exceptions_win_over_the_weekly_pattern(tmp_path):
    feed = read_feed(feed_zip(tmp_path, {
        "calendar.txt": FILES["calendar.txt"].replace(",1,1,1,1,1,1,1,20300601,20300731", ",0,0,0,0,0,0,1,20300601,20300616"),
        "calendar_dates.txt": "service_id,date,exception_type\nDAILY,20300609,2\nDAILY,20300612,1\n",
    }))  # fmt: skip

    assert dates(feed) == [date(2030, 6, 2), date(2030, 6, 12), date(2030, 6, 16)]
    assert (feed.first_date, feed.last_date) == (date(2030, 6, 2), date(2030, 6, 16))


def test_a_feed_may_have_single_dates_only(tmp_path):
    feed = read_feed(feed_zip(tmp_path, {
        "calendar.txt": None,
        "calendar_dates.txt": "service_id,date,exception_type\nDAILY,20300612,1\n",
    }))  # fmt: skip

    assert feed.problems == ()
    assert dates(feed) == [date(2030, 6, 12)]


def test_refuses_unknown_and_repeated_exceptions(tmp_path):
    rows = "service_id,date,exception_type\nDAILY,20300612,3\nDAILY,20300613,1\nDAILY,20300613,2\n"

    feed = read_feed(feed_zip(tmp_path, {"calendar_dates.txt": rows}))

    assert [str(problem) for problem in feed.errors] == [
        "calendar_dates.txt:2: exception_type 3 is neither 1 nor 2",
        "calendar_dates.txt:4: 2030-06-13 occurs twice for this service",
    ]


def test_the_end_of_a_frequency_is_not_a_departure(tmp_path):
    rows = (
        "trip_id,start_time,end_time,headway_secs,exact_times\n"
        "T1,10:00:00,11:00:00,1800,0\nT1,11:00:00,11:30:01,1800,1\n"
    )

    runs = list(
        read_feed(feed_zip(tmp_path, {"frequencies.txt": rows})).runs(
            first=date(2030, 6, 1), last=date(2030, 6, 1)
        )
    )

    assert [run.ref for run in runs] == ["T1@10:00", "T1@10:30", "T1@11:00", "T1@11:30"]
    assert {run.trip_id for run in runs} == {"T1"}
    assert runs[1].calls[2].arrives_at == utc(2030, 6, 1, 19, 0)


def test_times_past_midnight_belong_to_the_service_day(tmp_path):
    feed = read_feed(feed_zip(tmp_path, one_hop_trips(("T1", "A", "25:10:00", "B", "26:00:00"))))

    assert departures(feed, date(2030, 6, 1)) == [utc(2030, 6, 2, 8, 10)]


def test_counts_from_noon_on_the_night_when_clocks_go_back(tmp_path):
    # America/Los_Angeles, Sunday 2030-11-03: 04:15 standard time is 12:15 UTC.
    feed = read_feed(feed_zip(tmp_path, {
        "calendar.txt": FILES["calendar.txt"].replace("20300731", "20301231"),
        **one_hop_trips(
            ("T1", "A", "04:15:00", "B", "05:00:00"), ("T2", "A", "25:30:00", "B", "26:00:00")
        ),
    }))  # fmt: skip

    # Saturday's 25:30 is 01:30 in summer time, for Saturday's noon is still summer time.
    assert departures(feed, date(2030, 11, 2)) == [
        utc(2030, 11, 2, 11, 15),
        utc(2030, 11, 3, 8, 30),
    ]
    assert departures(feed, date(2030, 11, 3)) == [
        utc(2030, 11, 3, 12, 15),
        utc(2030, 11, 4, 9, 30),
    ]


def test_counts_from_noon_on_the_night_when_clocks_go_forward(tmp_path):
    feed = read_feed(feed_zip(tmp_path, {
        "calendar.txt": FILES["calendar.txt"].replace("20300601", "20300301"),
        **one_hop_trips(("T1", "A", "04:15:00", "B", "05:00:00")),
    }))  # fmt: skip

    assert departures(feed, date(2030, 3, 9)) == [utc(2030, 3, 9, 12, 15)]
    assert departures(feed, date(2030, 3, 10)) == [utc(2030, 3, 10, 11, 15)]


def test_sells_only_pairs_with_boarding_and_landing(tmp_path):
    rows = (
        HEADER.replace("\n", ",pickup_type,drop_off_type\n")
        + "T1,08:00:00,08:00:00,A,1,0,1\nT1,08:40:00,08:50:00,B,2,,1\nT1,09:30:00,09:30:00,C,3,1,\n"
    )

    feed = read_feed(feed_zip(tmp_path, {"stop_times.txt": rows}))
    (run,) = feed.runs(first=date(2030, 6, 1), last=date(2030, 6, 1))

    assert [(ride.start, ride.end) for ride in run.rides] == [(0, 2), (1, 2)]


def test_a_round_trip_is_not_sold_to_its_own_start(tmp_path):
    rows = "T1,08:00:00,08:00:00,A,1\nT1,08:40:00,08:50:00,B,2\nT1,09:30:00,09:30:00,A,3\n"

    feed = read_feed(feed_zip(tmp_path, {"stop_times.txt": HEADER + rows}))
    (run,) = feed.runs(first=date(2030, 6, 1), last=date(2030, 6, 1))

    assert [(ride.start, ride.end) for ride in run.rides] == [(0, 1), (1, 2)]


def test_whole_weeks_are_repeated_in_order_with_their_weekdays(tmp_path):
    # 2030-06-01 is a Saturday, so the whole weeks begin on 3, 10 and 17 June.
    calendar = FILES["calendar.txt"].replace("20300731", "20300625")
    feed = read_feed(feed_zip(tmp_path, {"calendar.txt": calendar}))

    days = list(anchored_days(feed, Anchor(date(2030, 7, 3), weeks=4)))

    assert len(days) == 28
    assert [days[week * 7] for week in range(4)] == [
        (date(2030, 7, 1), date(2030, 6, 10)),
        (date(2030, 7, 8), date(2030, 6, 17)),
        (date(2030, 7, 15), date(2030, 6, 3)),
        (date(2030, 7, 22), date(2030, 6, 10)),
    ]
    assert all(day.weekday() == source.weekday() for day, source in days)


def test_a_date_has_the_same_source_whatever_the_anchor(tmp_path):
    feed = read_feed(feed_zip(tmp_path))

    early = dict(anchored_days(feed, Anchor(date(2031, 1, 6), weeks=5)))
    late = dict(anchored_days(feed, Anchor(date(2031, 1, 20), weeks=5)))

    assert early[date(2031, 1, 25)] == late[date(2031, 1, 25)]
    assert dict(anchored_days(feed, Anchor(date(2030, 6, 10), weeks=1)))[date(2030, 6, 12)] == date(
        2030, 6, 12
    )


def test_a_feed_without_a_whole_week_has_no_anchored_days(tmp_path):
    calendar = FILES["calendar.txt"].replace("20300731", "20300608")
    feed = read_feed(feed_zip(tmp_path, {"calendar.txt": calendar}))

    assert list(anchored_days(feed, Anchor(date(2031, 1, 6), weeks=1))) == []
