"""Demo Night Line: Piraeus to Heraklion by night, everybody in a cabin, berth or seat; back by day.

MV Knossos Palace did sail this route and may carry 2,190 persons; all else is invented.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ferries.demo.greece import load_operator, load_ports, load_ship
from ferries.demo.night_fares import load_fares
from ferries.demo.weeks import fill_weeks
from ferries.models import (
    AccommodationType,
    AllotmentRule,
    CustomerGroup,
    DeckArea,
    Operator,
    PetSpace,
    Route,
    VesselConfiguration,
)
from ferries.operations.schedule import ScheduleRequest
from ferries.operations.schedule_calendar import parse_calls

CODE, NAME = "NIGHT", "Demo Night Line"
KNOSSOS_PALACE = "9204063"
PIRAEUS, HERAKLION = "GRPIR", "GRHER"
DOWN, UP = "hoistable deck down", "hoistable deck up"
OUT = parse_calls([f"{PIRAEUS} 21:00", f"{HERAKLION} 06:00+1"])
BACK = parse_calls([f"{HERAKLION} 10:00", f"{PIRAEUS} 18:00"])
CHECK_IN_MINUTES = 60
TURNAROUND_MINUTES = 120
# Lane cm, clear height, plugs. With the hoistable deck up its lanes are gone, and the main deck
# is no longer than before: what it gains is height along the sides.
HOISTABLE = ("hoistable", "hoistable car deck", 42_000, 200, 0)
MAIN = ("main", "main deck", 96_000, 450, 8)
TALL_SIDES = ("sides", "sides of the main deck", 18_000, 420, 0)
BIKES, BIKE_PLACES = "bikes", 40
BIKE_HEIGHT_CM = 250
TYPES: tuple[dict[str, object], ...] = (
    {
        "code": "inside-4", "name": "Inside cabin with four beds", "kind": "cabin", "units": 90,
        "berths": 4, "max_occupancy": 4,
    },
    {
        "code": "outside-4", "name": "Outside cabin with four beds", "kind": "cabin", "units": 60,
        "berths": 4, "max_occupancy": 4,
    },
    {
        "code": "outside-2", "name": "Outside cabin with two beds", "kind": "cabin", "units": 40,
        "berths": 2, "max_occupancy": 2,
    },
    {
        "code": "pet-2", "name": "Pet cabin with two beds", "kind": "cabin", "units": 8,
        "berths": 2, "max_occupancy": 2, "pets_ok": True,
    },
    {
        "code": "accessible-2", "name": "Accessible cabin with two beds", "kind": "cabin",
        "units": 4, "berths": 2, "max_occupancy": 2, "accessible": True,
    },
    {
        "code": "berth", "name": "Bed in a shared cabin", "kind": "berth", "units": 120,
        "infants_ok": False,
    },
    {"code": "seat", "name": "Reclining seat", "kind": "seat", "units": 500},
    {"code": "lounge", "name": "Lounge place", "kind": "lounge", "units": 60},
)  # fmt: skip
KENNELS = 12
# What residents keep: per cent of a resource, hours before departure until it is free for all.
SHARES = (("acc:inside-4", 20, 168), ("persons", 5, 168))


def load_night(*, now: datetime, days: tuple[date, date], say: Callable[[str], None]) -> None:
    """Add what is missing of the line: operator, ports, ship, fares, sailings of the days."""
    operator, _ = load_operator(CODE, NAME, check_in_minutes=CHECK_IN_MINUTES)
    ports = load_ports(PIRAEUS, HERAKLION)
    ship = _load_ship(operator)
    ends = ports[PIRAEUS], ports[HERAKLION]
    routes = [
        Route.objects.get_or_create(
            operator=operator,
            origin=origin,
            destination=destination,
            defaults={"persons_list": True},
        )[0]
        for origin, destination in (ends, ends[::-1])
    ]
    residents = _load_residents(operator, routes)
    load_fares(operator, routes, residents=residents, today=now.date())
    fill_weeks(_requests(operator, ship, days), say=say)


def _requests(
    operator: Operator, ship: VesselConfiguration, days: tuple[date, date]
) -> list[ScheduleRequest]:
    first, last = days
    one_day = timedelta(days=1)
    night = ScheduleRequest(
        operator=operator,
        configuration=ship,
        number="night",
        calls=OUT,
        first_day=first,
        last_day=last,
        turnaround_minutes=TURNAROUND_MINUTES,
        accommodation_required=True,
        is_demo=True,
    )
    day = ScheduleRequest(
        operator=operator,
        configuration=ship,
        number="day",
        calls=BACK,
        first_day=first + one_day,
        last_day=last + one_day,
        turnaround_minutes=TURNAROUND_MINUTES,
        is_demo=True,
    )
    return [night, day]


def _load_ship(operator: Operator) -> VesselConfiguration:
    down, is_new = load_ship(operator, KNOSSOS_PALACE, name=DOWN)
    if is_new:
        _fit_out(down, (HOISTABLE, MAIN))
    up, is_new = load_ship(operator, KNOSSOS_PALACE, name=UP)
    if is_new:
        _fit_out(up, (TALL_SIDES, MAIN))
    return down


def _fit_out(ship: VesselConfiguration, areas: tuple[tuple[str, str, int, int, int], ...]) -> None:
    for code, name, lane_cm, height_cm, plugs in areas:
        DeckArea.objects.create(
            configuration=ship,
            code=code,
            name=name,
            lane_cm=lane_cm,
            clear_height_cm=height_cm,
            lane_width_cm=280,
            plugs=plugs,
            admits=["car", "van", "motorhome"],
        )
    DeckArea.objects.create(
        configuration=ship,
        code=BIKES,
        name="motorcycle and bicycle bay",
        places=BIKE_PLACES,
        clear_height_cm=BIKE_HEIGHT_CM,
        admits=["motorcycle", "bicycle"],
    )
    for values in TYPES:
        AccommodationType.objects.create(configuration=ship, **values)
    PetSpace.objects.create(configuration=ship, kind=PetSpace.Kind.KENNEL, places=KENNELS)


def _load_residents(operator: Operator, routes: list[Route]) -> CustomerGroup:
    group, _ = CustomerGroup.objects.get_or_create(
        operator=operator, code="residents", defaults={"name": "Residents of Crete"}
    )
    for route in routes:
        for resource, percent, release_hours in SHARES:
            AllotmentRule.objects.get_or_create(
                route=route,
                group=group,
                resource=resource,
                defaults={"percent": percent, "release_hours": release_hours},
            )
    return group
