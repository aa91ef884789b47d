"""The command that makes sailings: options, a file of several runs, and what it refuses."""

import pytest
from django.core.management import CommandError, call_command

from ferries.models import Sailing
from ferries.tests import makers

pytestmark = pytest.mark.django_db
FILE = """
[[schedule]]
operator = "BLUE"
vessel = "Ship"
number = "out"
calls = ["AAA 21:00", "BBB 06:00+1"]
first_day = 2026-06-01
last_day = 2026-06-07
weekdays = ["mon", "tue"]
except_days = [2026-06-02]
sold = ["AAA BBB"]
accommodation_required = true
check_in_minutes = 60

[[schedule]]
operator = "BLUE"
vessel = "Ship"
number = "back"
calls = ["BBB 09:00", "AAA 18:00"]
first_day = 2026-06-02
last_day = 2026-06-02
turnaround_minutes = 180
"""


@pytest.fixture(autouse=True)
def ship():
    for code in ("AAA", "BBB"):
        makers.port(code, zone="Europe/Athens", country="GR")
    fitting = makers.configuration(makers.operator())
    fitting.vessel.name = "Ship"
    fitting.vessel.save()
    return fitting


def make(*options: str) -> None:
    call_command(
        "make_sailings", "--operator=BLUE", "--vessel=Ship", "--number=out", "--call=AAA 08:00",
        "--call=BBB 10:00", "--first-day=2026-06-01", "--last-day=2026-06-03", *options,
    )  # fmt: skip


def test_shows_the_plan_and_writes_nothing(capsys):
    make("--weekdays", "mon", "wed")

    assert capsys.readouterr().out.splitlines() == [
        "Mon 2026-06-01 out: Aaa 08:00, Bbb 10:00",
        "Wed 2026-06-03 out: Aaa 08:00, Bbb 10:00",
        "warning, 2026-06-03: Ship would start out of 2026-06-03 from Aaa, but out of 2026-06-01 "
        "ends in Bbb.",
        "2 new, 0 there already, 0 conflicts, 1 warnings",
        "Nothing was written; --write adds the sailings.",
    ]
    assert not Sailing.objects.exists()


def test_writes_once(capsys):
    make("--write", "--except-days", "2026-06-02", "--is-demo", "--check-in-minutes=20")
    make("--write", "--except-days", "2026-06-02")

    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("Sailings added")] == [
        "Sailings added: 2.", "Sailings added: 0.",
    ]  # fmt: skip
    assert set(Sailing.objects.values_list("is_demo", "check_in_minutes")) == {(True, 20)}


def test_reads_there_and_back_from_a_file(tmp_path, capsys):
    file = tmp_path / "night.toml"
    file.write_text(FILE, "utf-8")

    call_command("make_sailings", str(file), "--write")

    assert capsys.readouterr().out.splitlines() == [
        "Mon 2026-06-01 out: Aaa 21:00, Bbb 06:00+1",
        "Tue 2026-06-02 back: Bbb 09:00, Aaa 18:00",
        "2 new, 0 there already, 0 conflicts, 0 warnings",
        "Sailings added: 2.",
    ]
    out = Sailing.objects.get(source_ref="out")
    assert (out.accommodation_required, out.check_in_minutes) == (True, 60)


def test_says_the_conflicts_and_writes_nothing(capsys):
    make("--write", "--number=early")
    before = Sailing.objects.count()

    with pytest.raises(CommandError, match="The schedule has conflicts"):
        make("--write", "--number=second")

    assert capsys.readouterr().err.count("conflict, 2026-06-0") == 3
    assert Sailing.objects.count() == before


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--vessel=Boat"], r"Operator BLUE has no ship Boat \(standard\)"),
        (["--call=CCC 25:00"], "calls: 25:00 is no time"),
        (["--call=CCC 12:00"], "We know no port CCC"),
        (["--first-day=June"], "first_day: Enter a valid date"),
        (["--weekdays", "noday"], "weekdays: Select a valid choice"),
        (["--except-days", "12/25"], "except_days: Write days as 2026-12-25"),
        (["--sold=AAA"], "sold: A sold pair names two ports"),
    ],
)
def test_says_what_is_wrong_with_the_options(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        make(*options)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[schedule", "cannot be read"),
        ("[run]", r"has no \[\[schedule\]\] table"),
        ("[[schedule]]\nship = 'Ship'", "unknown key ship"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path, text, sentence):
    file = tmp_path / "wrong.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(CommandError, match=sentence):
        call_command("make_sailings", str(file))
