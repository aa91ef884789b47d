"""The car ferry on Lake Balaton: a remote operator, so its sailings are never in our tables."""

from ferries.demo.files import BALATON_FEED
from ferries.gtfs.reader import read_feed
from ferries.models import ConditionBand, Operator, OperatorStop, Port, Route

NOTE = "demo timetable, based on the Balaton ferry GTFS 2026 by Máté Gyöngyösi, CC BY 4.0"
# Neither landing has a UN/LOCODE.
PORT_CODES = {"szantod": "HU-SZANTOD", "tihany": "HU-TIHANY"}
BANDS = (
    ("early", 1, None, 0, "Free until one hour before departure."),
    ("last-hour", 0, 1, 50, "50 % of the price in the last hour before departure."),
)


def load_balaton(*, base_url: str) -> None:
    """Add the operator, its two ports and routes; keep the address of its system up to date."""
    operator, _ = Operator.objects.get_or_create(
        code="BAHART",
        defaults={
            "name": "BAHART",
            "currency": "HUF",
            "zone": "Europe/Budapest",
            "adapter": Operator.Adapter.HTTP,
            "timetable_note": NOTE,
        },
    )
    if operator.base_url != base_url:
        operator.base_url = base_url
        operator.save(update_fields=["base_url"])
    _load_routes(operator)
    for code, from_hours, to_hours, percent, sentence in BANDS:
        ConditionBand.objects.get_or_create(
            operator=operator,
            code=code,
            defaults={
                "from_hours": from_hours,
                "to_hours": to_hours,
                "percent": percent,
                "sentence": sentence,
            },
        )


def _load_routes(operator: Operator) -> None:
    feed = read_feed(BALATON_FEED)
    ports = []
    for stop_id, code in PORT_CODES.items():
        stop = feed.stops[stop_id]
        port, _ = Port.objects.get_or_create(
            code=code,
            defaults={
                "name": stop.name,
                "country": "HU",
                "zone": feed.zone,
                "latitude": stop.latitude,
                "longitude": stop.longitude,
            },
        )
        OperatorStop.objects.get_or_create(
            operator=operator, stop_id=stop_id, defaults={"port": port}
        )
        ports.append(port)
    for origin, destination in (ports, reversed(ports)):
        Route.objects.get_or_create(operator=operator, origin=origin, destination=destination)
