"""Small GTFS zips for tests; `feed_zip(tmp_path, {"trips.txt": "..."})` replaces single files."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

# Three landings, one trip a day from A by B to C in June and July 2030 (a Saturday begins June).
FILES = {
    "agency.txt": (
        "agency_name,agency_url,agency_timezone\n"
        "Blue Ferries,https://blue.example,America/Los_Angeles\n"
    ),
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,48.5,-122.6\nB,Beta,,\nC,Gamma,,\n",
    "routes.txt": "route_id,route_type\nR,4\n",
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "DAILY,1,1,1,1,1,1,1,20300601,20300731\n"
    ),
    "trips.txt": "route_id,service_id,trip_id\nR,DAILY,T1\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,08:00:00,08:00:00,A,1\n"
        "T1,08:40:00,08:50:00,B,2\n"
        "T1,09:30:00,09:30:00,C,3\n"
    ),
}
HEADER = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"


def feed_zip(
    folder: Path, changes: Mapping[str, str | bytes | None] | None = None, name: str = "feed.zip"
) -> Path:
    """Write a feed with some files replaced, added, or left out (None); return its path."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in {**FILES, **(changes or {})}.items():
            if content is not None:
                archive.writestr(file, content)
    return path


def one_hop_trips(*trips: tuple[str, str, str, str, str]) -> dict[str, str]:
    """Return trips.txt and stop_times.txt for (trip, from, departure, to, arrival)."""
    rows = [f"R,DAILY,{trip[0]}\n" for trip in trips]
    times = [
        f"{trip},{departs},{departs},{origin},1\n{trip},{arrives},{arrives},{destination},2\n"
        for trip, origin, departs, destination, arrives in trips
    ]
    return {
        "trips.txt": "route_id,service_id,trip_id\n" + "".join(rows),
        "stop_times.txt": HEADER + "".join(times),
    }
