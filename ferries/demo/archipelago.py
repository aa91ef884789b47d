"""Demo Archipelago Line: Rhodes, Tilos, Kálymnos, Astypálaia and back, one ship, one deck.

Blue Star Patmos did sail between these islands and may carry 2,400 persons; all else is invented.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import combinations

from ferries.demo.fares import (
    Row,
    load_tariff,
    other,
    passenger,
    port_tax,
    surcharge,
    vehicle,
)
from ferries.demo.greece import load_operator, load_ports, load_ship
from ferries.demo.night_fares import residents_discount
from ferries.demo.weeks import fill_weeks
from ferries.models import (
    AllotmentRule,
    ConditionBand,
    CustomerGroup,
    DeckArea,
    Discount,
    Operator,
    PetSpace,
    Route,
    VesselConfiguration,
)
from ferries.operations.schedule import ScheduleRequest
from ferries.operations.schedule_calendar import CallTimes, parse_calls

CODE, NAME = "ISLES", "Demo Archipelago Line"
BLUE_STAR_PATMOS = "9565041"
# Rhodes, Tilos, Kálymnos, Astypálaia.
ISLANDS = ("GRRHO", "GRTIL", "GRKMI", "GRJTY")
WEST = parse_calls(["GRRHO 07:00", "GRTIL 09:10 09:30", "GRKMI 11:40 12:00", "GRJTY 14:00"])
EAST = parse_calls(["GRJTY 15:00", "GRKMI 17:00 17:20", "GRTIL 19:30 19:50", "GRRHO 22:00"])
TURNAROUND_MINUTES = 45
CHECK_IN_MINUTES = 30
FOOT_PERSONS = 1800
AREAS = (("low", "car deck", 30_000, 220, 0), ("tall", "lorry deck", 48_000, 450, 4))
BIKE_PLACES, BIKE_HEIGHT_CM = 30, 220
PET_PLACES = ((PetSpace.Kind.KENNEL, 6), (PetSpace.Kind.DECK, 20))
SHARE_PERCENT, SHARE_HOURS = 10, 72
SHARED_RESOURCES = ("persons", "foot", "deck:low")
BANDS: tuple[Row, ...] = (
    {
        "code": "free", "from_hours": 24, "charge": "none",
        "sentence": "Free until 24 hours before departure.",
    },
    {
        "code": "half", "from_hours": 2, "to_hours": 24, "percent": 50,
        "sentence": "50 % of the price from 24 to 2 hours before departure.",
    },
    {
        "code": "all", "from_hours": 0, "to_hours": 2, "percent": 100,
        "sentence": "Nothing is refunded in the last 2 hours.",
    },
)  # fmt: skip
# Per cent of the fares below for a journey over so many sectors.
PERCENT_OF_SECTORS = {1: 100, 2: 160, 3: 210}
ROWS: tuple[Row, ...] = (
    passenger("adult", "adult", "Adult", 1200),
    passenger("senior", "adult", "Senior (65 and over)", 900, min_age=65),
    passenger("child", "child", "Child", 600),
    passenger("infant", "infant", "Infant", 0),
    vehicle("car", "car", "Car up to 5 m", 3200, max_length_cm=500),
    vehicle("car-metre", "car", "metre beyond 5 m", 800, min_length_cm=500, per_started_cm=100),
    vehicle("van", "van", "Van up to 6 m", 4400, max_length_cm=600),
    vehicle("van-metre", "van", "metre beyond 6 m", 900, min_length_cm=600, per_started_cm=100),
    vehicle("home", "motorhome", "Motorhome up to 6 m", 4800, max_length_cm=600),
    vehicle(
        "home-metre", "motorhome", "metre beyond 6 m", 900, min_length_cm=600, per_started_cm=100
    ),
    vehicle("motorcycle", "motorcycle", "Motorcycle", 1100),
    vehicle("bicycle", "bicycle", "Bicycle", 0),
    other("trailer", "all", "Trailer", 2200),
    other("pet", "kennel", "Pet in a kennel", 500),
    other("pet", "vehicle", "Pet in the vehicle", 0),
    other("pet", "deck", "Pet on deck", 0),
    surcharge("fuel", "Fuel surcharge 4 %", percent_bp=400),
    port_tax("passenger", "Port tax", 100),
)  # fmt: skip


def load_archipelago(*, days: tuple[date, date], say: Callable[[str], None]) -> None:
    """Add what is missing of the line: operator, ports, ship, fares, sailings of the days."""
    operator, is_new = load_operator(CODE, NAME, check_in_minutes=CHECK_IN_MINUTES)
    if is_new:
        ConditionBand.objects.bulk_create(
            ConditionBand(**{**band, "operator": operator}) for band in BANDS
        )
    ship = _load_ship(operator)
    routes = _load_routes(operator)
    _load_residents(operator, [routes["GRRHO", "GRJTY"], routes["GRJTY", "GRRHO"]])
    fill_weeks(
        [
            _request(operator, ship, number="west", calls=WEST, days=days),
            _request(operator, ship, number="east", calls=EAST, days=days),
        ],
        say=say,
    )


def _request(
    operator: Operator,
    ship: VesselConfiguration,
    *,
    number: str,
    calls: tuple[CallTimes, ...],
    days: tuple[date, date],
) -> ScheduleRequest:
    return ScheduleRequest(
        operator=operator,
        configuration=ship,
        number=number,
        calls=calls,
        first_day=days[0],
        last_day=days[1],
        turnaround_minutes=TURNAROUND_MINUTES,
        is_demo=True,
    )


def _load_ship(operator: Operator) -> VesselConfiguration:
    ship, is_new = load_ship(operator, BLUE_STAR_PATMOS, name="standard", foot_persons=FOOT_PERSONS)
    if not is_new:
        return ship
    for code, name, lane_cm, height_cm, plugs in AREAS:
        DeckArea.objects.create(
            configuration=ship,
            code=code,
            name=name,
            lane_cm=lane_cm,
            clear_height_cm=height_cm,
            plugs=plugs,
            admits=["car", "van", "motorhome"],
        )
    DeckArea.objects.create(
        configuration=ship,
        code="bikes",
        name="motorcycle and bicycle bay",
        places=BIKE_PLACES,
        clear_height_cm=BIKE_HEIGHT_CM,
        admits=["motorcycle", "bicycle"],
    )
    for kind, places in PET_PLACES:
        PetSpace.objects.create(configuration=ship, kind=kind, places=places)
    return ship


def _load_routes(operator: Operator) -> dict[tuple[str, str], Route]:
    """Return the routes between all islands; those that are new get fares."""
    ports = load_ports(*ISLANDS)
    routes = {}
    for line in (ISLANDS, ISLANDS[::-1]):
        for start, end in combinations(range(len(line)), 2):
            route, _ = Route.objects.get_or_create(
                operator=operator,
                origin=ports[line[start]],
                destination=ports[line[end]],
                defaults={"persons_list": True},
            )
            percent = PERCENT_OF_SECTORS[end - start]
            load_tariff(route, ROWS, name="all year (demo)", percent=Decimal(percent))
            routes[line[start], line[end]] = route
    return routes


def _load_residents(operator: Operator, routes: list[Route]) -> None:
    group, _ = CustomerGroup.objects.get_or_create(
        operator=operator, code="residents", defaults={"name": "Residents of the islands"}
    )
    Discount.objects.get_or_create(
        operator=operator, code="RESIDENTS", defaults=residents_discount(group)
    )
    for route in routes:
        for resource in SHARED_RESOURCES:
            AllotmentRule.objects.get_or_create(
                route=route,
                group=group,
                resource=resource,
                defaults={"percent": SHARE_PERCENT, "release_hours": SHARE_HOURS},
            )
