"""CO2 of a crossing for each traveller, where the ship's reported figures are known.

The figures are grams for each passenger and kilometre as computed from the yearly reports of the
ships (EU MRV; see ferries/data/NOTICE), times the straight distance. Where a ship or a port's
position is not known, nothing is said.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

SHIPS = Path(settings.BASE_DIR) / "ferries" / "data" / "ships"
GRAMS = "annual_computed_average_co2_emissions_per_transport_work_pax_km"


@dataclass(frozen=True)
class Reported:
    """A ship's last report: grams of CO2 for each passenger and kilometre, and its year."""

    grams: float
    year: int


@dataclass(frozen=True)
class Footprint:
    """Kilogrammes of CO2 for one traveller on one crossing, by the report of a year."""

    kilogrammes: int
    year: int


def footprint(vessel: str, distance_km: float | None) -> Footprint | None:
    """Return the CO2 of one traveller on the ship over a distance; None where unknown."""
    reported = _reports().get(_plain(vessel))
    if reported is None or not distance_km:
        return None
    return Footprint(round(reported.grams * distance_km / 1000), reported.year)


@cache
def _reports() -> Mapping[str, Reported]:
    """Return the last report of each ship, by its plain name."""
    with (SHIPS / "ships.csv").open(encoding="utf-8", newline="") as file:
        names = {row["imo"]: row["name"] for row in csv.DictReader(file)}
    found: dict[str, Reported] = {}
    with (SHIPS / "emissions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[GRAMS] and row["imo"] in names]
    for row in sorted(rows, key=lambda row: row["reporting_period"]):
        ship = _plain(names[row["imo"]])
        found[ship] = Reported(float(row[GRAMS]), int(row["reporting_period"]))
    return found


def _plain(vessel: str) -> str:
    """Return a ship's name as it is compared: without the prefix that some write before it."""
    return vessel.casefold().removeprefix("mv ")
