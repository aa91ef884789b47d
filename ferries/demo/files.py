"""Where the data files of the demo are; NOTICE in that folder names origins and licences."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"
WSF_FEED = DATA / "gtfs" / "wsf-autumn-2024.zip"
BALATON_FEED = DATA / "gtfs" / "balaton-car-ferry-2026.zip"


def wsf_json(name: str) -> Any:
    """Return an answer of WSF's public web service; its shape is the service's own."""
    return json.loads((DATA / "wsf" / f"{name}.json").read_text("utf-8"))
