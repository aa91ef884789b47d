"""Reading a feed: what is tolerated, and that every fault is named with file and line."""

import zipfile

import pytest

from ferries.demo.files import DATA
from ferries.gtfs.reader import read_feed
from ferries.tests.feeds import FILES, HEADER, feed_zip


def problems(path) -> list[str]:
    return [str(problem) for problem in read_feed(path).errors]


def test_reads_a_plain_feed_without_agency_id(tmp_path):
    feed = read_feed(feed_zip(tmp_path))

    assert feed.problems == ()
    assert (feed.agency, feed.zone) == ("Blue Ferries", "America/Los_Angeles")
    assert feed.rows["stop_times.txt"] == 3
    assert [(s.stop_id, s.arrival, s.departure) for s in feed.trips[0].stop_times] == [
        ("A", 28800, 28800), ("B", 31200, 31800), ("C", 34200, 34200),
    ]  # fmt: skip
    assert (feed.stops["A"].latitude, feed.stops["B"].latitude) == (48.5, None)


def test_reads_windows_line_ends_and_a_byte_order_mark(tmp_path):
    files = {
        file: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for file, text in FILES.items()
    }

    feed = read_feed(feed_zip(tmp_path, files))

    assert feed.problems == ()
    assert [stop.stop_id for stop in feed.trips[0].stop_times] == ["A", "B", "C"]


def test_keeps_odd_ids_and_quoted_line_breaks(tmp_path):
    files = {
        "stops.txt": 'stop_id,stop_name\nVV:154:1,"Old\nquay"\nZH44 / NB04,"Say ""hi"", Ltd"\n',
        "stop_times.txt": HEADER
        + "T1,08:00:00,08:00:00,VV:154:1,1\nT1,8:40:00,8:40:00,ZH44 / NB04,2\n",
    }

    feed = read_feed(feed_zip(tmp_path, files))

    assert feed.problems == ()
    assert feed.stops["VV:154:1"].name == "Old\nquay"
    assert feed.stops["ZH44 / NB04"].name == 'Say "hi", Ltd'


def test_reads_files_that_lie_in_a_folder(tmp_path):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in FILES.items():
            archive.writestr(f"blue/{file}", content)

    assert len(read_feed(path).trips) == 1


def test_spreads_the_times_of_stops_without_one(tmp_path):
    rows = "T1,08:00:00,08:00:00,A,1\nT1,,,B,2\nT1,09:00:00,09:00:00,C,3\n"

    feed = read_feed(feed_zip(tmp_path, {"stop_times.txt": HEADER + rows}))

    assert feed.trips[0].stop_times[1].arrival == 8 * 3600 + 1800


def test_sorts_calls_by_their_sequence(tmp_path):
    rows = "T1,09:00:00,09:00:00,C,30\nT1,08:00:00,08:00:00,A,10\n"

    feed = read_feed(feed_zip(tmp_path, {"stop_times.txt": HEADER + rows}))

    assert [stop.stop_id for stop in feed.trips[0].stop_times] == ["A", "C"]


def test_leaves_out_buses_and_says_so(tmp_path):
    files = {
        "routes.txt": "route_id,route_type\nR,4\nBUS,3\n",
        "trips.txt": "route_id,service_id,trip_id\nR,DAILY,T1\nBUS,DAILY,T2\n",
        "stop_times.txt": FILES["stop_times.txt"] + "T2,08:00:00,08:00:00,A,1\n",
    }

    feed = read_feed(feed_zip(tmp_path, files))

    assert [trip.id for trip in feed.trips] == ["T1"]
    assert feed.errors == []
    assert [str(note) for note in feed.problems] == [
        "trips.txt:0: 1 trips of other means of transport were left out"
    ]


@pytest.mark.parametrize(
    ("file", "row", "text"),
    [
        ("stop_times.txt", "T1,8h,08:00:00,A,4", "arrival_time 8h is not a time like 25:10:00"),
        ("stop_times.txt", "T1,08:61:00,09:00:00,A,4", "arrival_time 08:61:00 is not a time like 25:10:00"),
        ("stop_times.txt", "T1,10:00:00,10:00:00,X,4", "stop X is not in stops.txt"),
        ("stop_times.txt", "T9,10:00:00,10:00:00,A,4", "trip T9 is not in trips.txt"),
        ("stop_times.txt", "T1,10:00:00,10:00:00,A,four", "stop_sequence four is not a whole number"),
        ("stop_times.txt", "T1,10:00:00,10:00:00,A,4,x", "has 6 fields where the header has 5"),
        ("stop_times.txt", ",10:00:00,10:00:00,A,4", "trip_id is missing"),
        ("trips.txt", f"R,DAILY,{'T' * 101}", "trip_id is longer than 100 characters"),
        ("trips.txt", "X,DAILY,T2", "route X is not in routes.txt"),
        ("trips.txt", "R,X,T2", "service X is in neither calendar"),
        ("trips.txt", "R,DAILY,T1", "trip T1 occurs twice"),
        ("stops.txt", "D,Delta,91,0", "stop_lat 91 is not between -90 and 90"),
        ("stops.txt", "D,Delta,nan,0", "stop_lat nan is not between -90 and 90"),
        ("stops.txt", "A,Again,,", "stop A occurs twice"),
        ("agency.txt", "Red,https://red.example,Europe/Paris", "agency_timezone Europe/Paris differs from America/Los_Angeles"),
        ("agency.txt", "Red,https://red.example,Mars/Base", "time zone Mars/Base is unknown"),
        ("calendar.txt", "X,1,1,1,1,1,1,2,20300601,20300731", "sunday 2 is neither 0 nor 1"),
        ("calendar.txt", "X,1,1,1,1,1,1,1,20300631,20300731", "start_date 20300631 is not a date like 20261231"),
        ("calendar.txt", "X,1,1,1,1,1,1,1,20300702,20300701", "end_date is before start_date"),
        ("calendar.txt", "DAILY,1,1,1,1,1,1,1,20300601,20300731", "service DAILY occurs twice"),
    ],
)  # fmt: skip
def test_names_a_broken_row_with_file_and_line(tmp_path, file, row, text):
    line = FILES[file].count("\n") + 1

    found = problems(feed_zip(tmp_path, {file: FILES[file] + row + "\n"}))

    assert found[0] == f"{file}:{line}: {text}"


def test_collects_every_problem_of_a_feed(tmp_path):
    files = {
        "stops.txt": FILES["stops.txt"] + ",Nameless,,\nA,Again,,\n",
        "stop_times.txt": FILES["stop_times.txt"] + "T1,x,x,A,4\nT1,10:00:00,10:00:00,Z,5\n",
    }

    assert [text.split(": ")[0] for text in problems(feed_zip(tmp_path, files))] == [
        "stops.txt:5", "stops.txt:6", "stop_times.txt:5", "stop_times.txt:6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ("T1,08:00:00,08:00:00,A,1\n", "2: trip T1: the trip has only one stop"),
        ("T1,08:00:00,08:00:00,A,1\nT1,07:00:00,07:00:00,B,2\n", "3: trip T1: time runs backwards on this trip"),
        ("T1,08:00:00,08:00:00,A,1\nT1,09:00:00,08:30:00,B,2\n", "3: trip T1: time runs backwards on this trip"),
        ("T1,08:00:00,08:00:00,A,1\nT1,09:00:00,09:00:00,B,1\n", "3: trip T1: stop_sequence 1 occurs twice"),
        ("T1,08:00:00,08:00:00,A,1\nT1,,,B,2\n", "3: trip T1: the first and the last stop need a time"),
    ],
)  # fmt: skip
def test_names_a_broken_trip_with_its_line(tmp_path, rows, text):
    path = feed_zip(tmp_path, {"stop_times.txt": HEADER + rows})

    assert problems(path) == [f"stop_times.txt:{text}"]


def test_refuses_an_end_before_the_start_of_a_frequency(tmp_path):
    rows = "trip_id,start_time,end_time,headway_secs\nT1,08:00:00,08:00:00,600\nT1,08:00:00,09:00:00,0\n"

    assert problems(feed_zip(tmp_path, {"frequencies.txt": rows})) == [
        "frequencies.txt:2: end_time is not after start_time",
        "frequencies.txt:3: headway_secs is not positive",
    ]


def test_names_every_mandatory_file_that_is_missing(tmp_path):
    path = feed_zip(tmp_path, {"stops.txt": None, "calendar.txt": None})

    assert problems(path) == ["stops.txt:0: is missing", "calendar.txt:0: is missing"]


def test_names_a_missing_column(tmp_path):
    path = feed_zip(tmp_path, {"trips.txt": "route_id,trip_id\nR,T1\n"})

    assert problems(path)[0] == "trips.txt:1: has no column service_id"


def test_says_where_text_stops_being_utf8(tmp_path):
    path = feed_zip(tmp_path, {"stops.txt": b"stop_id,stop_name\nA,Sz\xe1nt\xf3d\n"})

    assert problems(path)[0].startswith("stops.txt:1: cannot be read further: 'utf-8' codec")


def test_refuses_what_is_no_zip(tmp_path):
    path = tmp_path / "feed.zip"
    path.write_text("stop_id,stop_name\n")

    assert problems(path) == [
        "feed.zip:0: is not a zip file that can be read: File is not a zip file"
    ]


def test_refuses_a_file_that_is_not_there(tmp_path):
    assert problems(tmp_path / "none.zip")[0].startswith("none.zip:0: is not a zip file that can")


def test_refuses_a_zip_bomb_before_unpacking_it(tmp_path):
    path = feed_zip(tmp_path, {"stops.txt": b"0" * 10_000_000})

    assert problems(path) == ["feed.zip:0: stops.txt is compressed more than 200:1"]


def test_notes_a_damaged_member(tmp_path):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file, content in FILES.items():
            archive.writestr(file, content)
    path.write_bytes(path.read_bytes().replace(b"B,Beta", b"B,Bota"))

    assert problems(path)[0].startswith("stops.txt:")
    assert "Bad CRC-32" in problems(path)[0]


def test_reads_a_large_and_odd_feed_and_finds_its_one_fault():
    feed = read_feed(DATA / "gtfs" / "dutch-ferries.zip")

    assert [str(problem) for problem in feed.errors] == [
        "stop_times.txt:862: trip b5d5af40-4137-42b4-8a9c-cd91c2ef74b6_trip: "
        "the trip has only one stop"
    ]
    assert (len(feed.trips), feed.zone, feed.rows["agency.txt"]) == (550, "Europe/Amsterdam", 257)
