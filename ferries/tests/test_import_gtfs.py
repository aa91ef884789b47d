"""The command import_gtfs: what it prints and refuses."""

import io
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ferries.demo.files import DATA, WSF_FEED
from ferries.models import Leg, Sailing
from ferries.tests import makers
from ferries.tests.feeds import FILES, feed_zip, one_hop_trips
from maritime.lib import clock

pytestmark = pytest.mark.django_db

BEFORE = datetime(2030, 5, 1, tzinfo=UTC)


def run(path, *words: str) -> str:
    out = io.StringIO()
    call_command("import_gtfs", str(path), "--operator", "BLUE", *words, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _world():
    makers.operator("BLUE")
    with time_machine.travel(BEFORE, tick=False):
        yield


def test_prints_rows_and_sums(tmp_path):
    text = run(feed_zip(tmp_path))

    assert "stop_times.txt: 3 rows read" in text
    assert "61 runs: sailings created 61, updated 0, unchanged 0, removed 0, kept 0" in text
    assert Sailing.objects.count() == 61


def test_prints_notes_with_file_and_line(tmp_path):
    files = one_hop_trips(
        ("T1", "A", "18:40:00", "B", "18:50:00"),
        ("T2", "A", "18:40:00", "C", "19:00:00"),
        ("T3", "B", "19:00:00", "C", "19:40:00"),
    )

    text = run(feed_zip(tmp_path, files), "--through-stops", "A, B,C")

    assert "stop_times.txt:4: on 2030-06-01: T2 from A at 18:40 to C cannot arrive at 19:00" in text


def test_prints_every_problem_and_fails(tmp_path):
    path = feed_zip(tmp_path, {
        "stops.txt": FILES["stops.txt"] + "A,Again,,\n",
        "stop_times.txt": FILES["stop_times.txt"] + "T1,x,x,A,4\n",
    })  # fmt: skip
    err = io.StringIO()

    with pytest.raises(CommandError, match=r"The feed has errors\. Nothing was imported\."):
        call_command("import_gtfs", str(path), "--operator", "BLUE", stderr=err)

    assert err.getvalue().splitlines() == [
        "stops.txt:5: stop A occurs twice",
        "stop_times.txt:5: arrival_time x is not a time like 25:10:00",
    ]
    assert not Sailing.objects.exists()


def test_a_dry_run_writes_nothing(tmp_path):
    text = run(feed_zip(tmp_path), "--dry-run")

    assert "sailings created 61" in text
    assert "Dry run: nothing was written." in text
    assert not Sailing.objects.exists()


def test_names_the_operators_it_knows(tmp_path):
    with pytest.raises(CommandError, match=r"There is no operator RED\. Known: BLUE\."):
        call_command("import_gtfs", str(feed_zip(tmp_path)), "--operator", "RED")


@pytest.mark.parametrize(
    "words", [("--weeks", "2"), ("--anchor-week", "2030-05-01"), ("--anchor-week", "2030-05-01", "--weeks", "0")]
)  # fmt: skip
def test_anchor_and_weeks_go_together(tmp_path, words):
    with pytest.raises(CommandError, match="go together"):
        run(feed_zip(tmp_path), *words)


def test_imports_a_real_week_of_wsf_on_its_true_dates():
    out = run(
        WSF_FEED, "--anchor-week", "2024-10-01", "--weeks", "1",
        "--through-stops", "1,10,13,15,18", "--through-stops", "9,20,22",
    )  # fmt: skip

    day = clock.day_bounds(datetime(2024, 10, 1, tzinfo=UTC).date(), "America/Los_Angeles")
    crossings = Leg.objects.filter(
        sailing__service_date="2024-10-01", origin__code="BLUE-7", destination__code="BLUE-3"
    ).order_by("departs_at")
    assert "stop_times.txt: 46990 rows read" in out
    assert Leg.objects.count() == 3433
    assert crossings.count() == 23
    assert crossings[0].departs_at == day[0] + (datetime(2024, 1, 1, 5, 30) - datetime(2024, 1, 1))  # noqa: DTZ001
    assert clock.local(crossings[22].departs_at, "America/Los_Angeles").isoformat() == (
        "2024-10-02T01:35:00-07:00"
    )


def test_refuses_the_ended_boston_feed_unless_anchored():
    boston = DATA / "gtfs" / "boston-harbor-islands-2018.zip"

    with pytest.raises(CommandError, match="The feed has ended on 2018-10-08"):
        run(boston)
    assert not Sailing.objects.exists()

    with time_machine.travel(datetime(2018, 5, 1, tzinfo=UTC), tick=False):
        run(boston)
    assert Sailing.objects.filter(service_date="2018-07-04").count() == 46
