"""Where the data files of the demo are; NOTICE in that folder names origins and licences."""

import csv
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"
WSF_FEED = DATA / "gtfs" / "wsf-autumn-2024.zip"
BALATON_FEED = DATA / "gtfs" / "balaton-car-ferry-2026.zip"


def wsf_json(name: str) -> Any:
    """Return an answer of WSF's public web service; its shape is the service's own."""
    return json.loads((DATA / "wsf" / f"{name}.json").read_text("utf-8"))


def sea_ports() -> dict[str, Any]:
    """Return the ports of npm's sea-ports that the demo uses, by UN/LOCODE."""
    found: dict[str, Any] = json.loads((DATA / "ports" / "sea_ports_demo.json").read_text("utf-8"))
    return found


def csv_rows(folder: str, name: str) -> list[dict[str, str]]:
    """Return the rows of a table by their column names."""
    with (DATA / folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
