"""A small world in which everything is short: ships, sailings, parties. No rule of the product.

The ships are written down here in plain numbers, from which the checks work out by themselves
what a party takes; the rows of the database are made from the same numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bookings.operations.hold import VehicleInput
from ferries.models import (
    AccommodationType,
    ConditionBand,
    DeckArea,
    PetSpace,
    Sailing,
    Vessel,
    VesselConfiguration,
)
from ferries.tests import makers

GAP_CM = 50
GROUP = "residents"


@dataclass(frozen=True)
class Area:
    """A deck area: cm of lanes (or places of a bay), and its limits; 0 is none."""

    amount: int
    clear_cm: int
    lane_width_cm: int = 0
    total_kg: int = 0
    is_bay: bool = False


@dataclass(frozen=True)
class Room:
    """An accommodation type: how many units, and for how many people one is."""

    units: int
    most: int
    pets_ok: bool = False


@dataclass(frozen=True)
class Ship:
    """How a ship is fitted out; `foot` is None where foot passengers are not counted."""

    persons: int
    foot: int | None
    areas: Mapping[str, Area]
    rooms: Mapping[str, Room]
    kennels: int = 0

    def resources(self) -> Iterator[tuple[str, int]]:
        """Return what a sailing of the ship has of everything, on each sector."""
        yield "persons", self.persons
        if self.foot is not None:
            yield "foot", self.foot
        for code, area in self.areas.items():
            yield f"deck:{code}", area.amount
            if area.total_kg:
                yield f"weight:{code}", area.total_kg
        yield from ((f"acc:{code}", room.units) for code, room in self.rooms.items())
        if self.kennels:
            yield "pet:kennel", self.kennels


STANDARD = Ship(
    persons=6,
    foot=4,
    areas={
        "low": Area(1100, 220),
        "tall": Area(1600, 450, lane_width_cm=250, total_kg=6000),
        "bay": Area(2, 220, is_bay=True),
    },
    rooms={"inside": Room(2, 2), "suite": Room(1, 4, pets_ok=True)},
    kennels=1,
)
SHIPS = {
    "standard": STANDARD,
    "bigger": Ship(
        persons=9,
        foot=None,
        areas={
            "low": Area(1600, 230),
            "tall": Area(2600, 450, lane_width_cm=260, total_kg=12_000),
            "bay": Area(4, 220, is_bay=True),
        },
        rooms={"inside": Room(3, 2), "suite": Room(2, 4, pets_ok=True)},
        kennels=2,
    ),
    "smaller": Ship(
        persons=4,
        foot=2,
        areas={"low": Area(600, 220), "tall": Area(700, 400, total_kg=4000)},
        rooms={"inside": Room(1, 2), "suite": Room(1, 4, pets_ok=True)},
    ),
    # As many heads as before, but the suites are on the ship's other side: no cabins at all.
    "bare": replace(STANDARD, foot=6, rooms={}, kennels=0),
}

CAR = VehicleInput("car", 450, 150, width_cm=180, weight_kg=1500)
LONG_CAR = VehicleInput("car", 560, 150, width_cm=180, weight_kg=1900)
TOWING = VehicleInput("car", 450, 150, trailer_length_cm=300, width_cm=180, weight_kg=2300)
VAN = VehicleInput("van", 600, 260, width_cm=200, weight_kg=2800)
CAMPER = VehicleInput("motorhome", 640, 300, width_cm=260, weight_kg=3400)
BIKE = VehicleInput("motorcycle", 220, 130, width_cm=90, weight_kg=250)

# Categories of the travellers, and the vehicle.
PARTIES: Mapping[str, tuple[tuple[str, ...], VehicleInput | None]] = {
    "one": (("adult",), None),
    "two": (("adult", "adult"), None),
    "mother": (("adult", "infant"), None),
    "family": (("adult", "adult", "child"), CAR),
    "driver": (("adult",), CAR),
    "towing": (("adult", "adult"), TOWING),
    "van": (("adult",), VAN),
    "camper": (("adult", "adult"), CAMPER),
    "biker": (("adult",), BIKE),
}
# Names of sailings with the calls from which to which a leg goes.
TRIPS: Mapping[str, tuple[tuple[str, int, int], ...]] = {
    "a-b": (("out", 0, 1),),
    "b-c": (("out", 1, 2),),
    "a-c": (("out", 0, 2),),
    "a-b-c": (("out", 0, 1), ("out", 1, 2)),
    "later": (("later", 0, 2),),
    "return": (("out", 0, 2), ("back", 0, 2)),
    "there": (("out", 0, 1), ("back", 1, 2)),
}
ROOMS = {"none": (), "inside": ("inside",), "insides": ("inside", "inside"), "suite": ("suite",)}
SECTORS = 2


@dataclass(frozen=True)
class World:
    """The keys of what was made; `begins` is the moment at which every story starts."""

    begins: datetime
    sailings: Mapping[str, Sailing]
    configurations: Mapping[str, int]
    ships: Mapping[int, Ship] = field(default_factory=dict)


def make_world(begins: datetime) -> World:
    """Make three sailings of the standard ship over three ports, and the ships that may replace it.

    The outbound one departs 30 hours after the story begins, another 24 hours later, and the way
    back the day after.
    """
    company = makers.operator()
    ConditionBand.objects.create(
        operator=company, code="change", action="amend", from_hours=0, charge="flat", amount=300,
        per="booking", sentence="3.00 for each change",
    )  # fmt: skip
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    configurations = {name: _configuration(name, ship) for name, ship in SHIPS.items()}
    sailings = {
        "out": makers.sailing(*ports, departs_at=begins + timedelta(hours=30)),
        "later": makers.sailing(*ports, departs_at=begins + timedelta(hours=54)),
        "back": makers.sailing(*reversed(ports), departs_at=begins + timedelta(hours=78)),
    }
    for run in sailings.values():
        run.pools.all().delete()
        run.configuration_id = configurations["standard"]
        run.accommodation_required = run is sailings["later"]
        run.save()
        for resource, amount in STANDARD.resources():
            makers.pools(run, resource, amount)
    for run in (sailings["out"], sailings["back"]):
        _prices(run)
    makers.group(company, GROUP)
    ships = {configurations[name]: ship for name, ship in SHIPS.items()}
    return World(begins, sailings, configurations, ships)


def _configuration(name: str, ship: Ship) -> int:
    vessel = Vessel.objects.create(operator=makers.operator(), name=f"The {name}")
    made = VesselConfiguration.objects.create(
        vessel=vessel, certified_persons=ship.persons, foot_persons=ship.foot
    )
    for code, area in ship.areas.items():
        size = {"places": area.amount} if area.is_bay else {"lane_cm": area.amount}
        DeckArea.objects.create(
            configuration=made, code=code, name=code, clear_height_cm=area.clear_cm,
            lane_width_cm=area.lane_width_cm, total_kg=area.total_kg, **size,
        )  # fmt: skip
    for code, room in ship.rooms.items():
        AccommodationType.objects.create(
            configuration=made, code=code, name=code, kind="cabin", units=room.units,
            berths=room.most, max_occupancy=room.most, pets_ok=room.pets_ok,
        )  # fmt: skip
    if ship.kennels:
        PetSpace.objects.create(configuration=made, kind="kennel", places=ship.kennels)
    return made.pk


def _prices(run: Sailing) -> None:
    vehicles = {"van": 4000, "motorhome": 6000, "motorcycle": 1200}
    for category, amount in vehicles.items():
        makers.price(run, "vehicle", category, amount)
    makers.price(run, "trailer", "all", 900)
    makers.price(run, "accommodation", "inside", 3000)
    makers.price(run, "accommodation", "suite", 7000)
    makers.price(run, "pet", "kennel", 500)
