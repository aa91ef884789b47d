"""What is real of the two demo lines in Greece: ports, ships, how many persons these carry."""

from ferries.demo.files import csv_rows, sea_ports
from ferries.models import Operator, Port, Vessel, VesselConfiguration

# Greece has one zone (zone.tab); the rows of sea-ports say the same.
ZONE = "Europe/Athens"
NOTE = (
    "demo: times, cabins, deck lengths and prices are invented; ship and its capacity are real "
    "(GreenFerries/EMSA)"
)
MINUTES = 60


def load_operator(code: str, name: str, *, check_in_minutes: int) -> tuple[Operator, bool]:
    """Return the demo line's operator, and whether it is new."""
    return Operator.objects.get_or_create(
        code=code,
        defaults={
            "name": name,
            "currency": "EUR",
            "zone": ZONE,
            "check_in_minutes": check_in_minutes,
            "sale_closes_minutes": check_in_minutes,
            "timetable_note": NOTE,
        },
    )


def load_ports(*unlocodes: str) -> dict[str, Port]:
    """Return the ports by UN/LOCODE; adds what is missing."""
    rows = {f"{row['country']}{row['location']}": row for row in csv_rows("ports", "unlocode_demo")}
    positions = sea_ports()
    ports = {}
    for code in unlocodes:
        row = rows[code]
        longitude, latitude = (
            positions[code]["coordinates"] if code in positions else _position(row["coordinates"])
        )
        ports[code], _ = Port.objects.get_or_create(
            code=code,
            defaults={
                "unlocode": code,
                "name": row["name"].partition(" (")[0],
                "country": row["country"],
                "zone": ZONE,
                "latitude": latitude,
                "longitude": longitude,
            },
        )
    return ports


def load_ship(
    operator: Operator, imo: str, *, name: str, foot_persons: int | None = None
) -> tuple[VesselConfiguration, bool]:
    """Return a fit-out of the ship with that IMO number, and whether it is new.

    Name and certified persons are the data's; deck areas and cabins are the caller's to add.
    """
    facts = next(row for row in csv_rows("ships", "ships") if row["imo"] == imo)
    vessel, _ = Vessel.objects.get_or_create(
        operator=operator, name=facts["name"], defaults={"imo": imo}
    )
    return VesselConfiguration.objects.get_or_create(
        vessel=vessel,
        name=name,
        defaults={
            "certified_persons": int(float(facts["capacity_pax"])),
            "foot_persons": foot_persons,
        },
    )


def _position(text: str) -> tuple[float, float]:
    """Return longitude and latitude of UN/LOCODE's degrees and minutes, "3625N 02722E"."""
    north, east = text.split()
    latitude = int(north[:2]) + int(north[2:4]) / MINUTES
    longitude = int(east[:3]) + int(east[3:5]) / MINUTES
    return longitude, latitude
