"""CO2 of a crossing, from what ships reported."""

import pytest

from ferries.emissions import Footprint, footprint


@pytest.mark.parametrize(
    ("vessel", "kilogrammes"),
    [("Blue Star Patmos", 33), ("BLUE STAR PATMOS", 33), ("MV Knossos Palace", 71)],
)
def test_takes_the_last_report_of_the_ship(vessel, kilogrammes):
    assert footprint(vessel, 100) == Footprint(kilogrammes, 2022)


@pytest.mark.parametrize(("vessel", "distance"), [("Unknown", 100), ("Blue Star Patmos", None)])
def test_says_nothing_where_something_is_not_known(vessel, distance):
    assert footprint(vessel, distance) is None
