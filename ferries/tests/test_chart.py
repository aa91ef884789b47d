"""Charts of crossings: distances, coast and labels, without a network."""

import re
from xml.etree import ElementTree

import pytest

from ferries.chart import HEIGHT, WIDTH, Harbour, distance_km, draw
from ferries.coastline import Box, is_land, land_in

PIRAEUS = Harbour("Piraeus", 37.93, 23.62)
HERAKLION = Harbour("Heraklion", 35.33, 25.17)
TIHANY = Harbour("Tihanyrév", 46.886, 17.893)
SZANTOD = Harbour("Szántódrév", 46.871, 17.906)


def chart(start, end):
    return draw(start, end, title="From <here> & there", sketch="Sketch")


def test_measures_the_distance_on_the_globe():
    assert distance_km(PIRAEUS, HERAKLION) == pytest.approx(320.3, abs=0.5)
    assert distance_km(PIRAEUS, PIRAEUS) == 0


@pytest.mark.parametrize(
    ("longitude", "latitude", "expected"),
    [(23.72, 38.1, True), (24.5, 36.0, False), (-122.41, 47.62, False), (17.9, 46.88, True)],
    ids=["Attica", "sea of Crete", "Puget Sound", "a lake counts as land"],
)
def test_knows_land_from_sea(longitude, latitude, expected):
    assert is_land(longitude, latitude) is expected


def test_cuts_the_land_to_the_box():
    box = Box(23.0, 35.0, 27.0, 38.0)

    rings = land_in(box)

    assert len(rings) > 20
    assert all(23 <= x <= 27 and 35 <= y <= 38 for ring in rings for x, y in ring)


@pytest.mark.parametrize(("start", "end"), [(PIRAEUS, HERAKLION), (TIHANY, SZANTOD)])
def test_both_harbours_lie_inside_the_picture(start, end):
    found = ElementTree.fromstring(chart(start, end))

    ports = [each for each in found.iter() if each.get("class") == "port"]
    assert len(ports) == 2
    assert all(0 < float(port.get("cx")) < WIDTH for port in ports)
    assert all(0 < float(port.get("cy")) < HEIGHT for port in ports)


def test_the_title_is_text():
    found = ElementTree.fromstring(chart(PIRAEUS, HERAKLION))

    assert next(iter(found)).text == "From <here> & there"


def test_north_is_up_and_east_is_right():
    found = ElementTree.fromstring(chart(PIRAEUS, HERAKLION))

    athens, crete = (each for each in found.iter() if each.get("class") == "port")
    assert float(athens.get("cy")) < float(crete.get("cy"))
    assert float(athens.get("cx")) < float(crete.get("cx"))


def test_a_lake_is_a_sketch_and_says_so():
    assert "Sketch" in chart(TIHANY, SZANTOD)
    assert "Sketch" not in chart(PIRAEUS, HERAKLION)


def test_is_small_and_has_no_inline_style():
    text = chart(PIRAEUS, HERAKLION)

    assert len(text) < 40_000
    assert not re.search(r"\sstyle=|<script", text)
