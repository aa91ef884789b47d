"""Washington State Ferries: the operator, its ports, its fleet and its routes."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from ferries.demo.files import wsf_json
from ferries.models import (
    ConditionBand,
    DeckArea,
    Operator,
    OperatorStop,
    Port,
    Route,
    Vessel,
    VesselConfiguration,
)

ZONE = "America/Los_Angeles"
NOTE = "demo timetable, based on Washington State Ferries, autumn 2024 (WSDOT via MonTransit)"
# Landings between which one crossing of one ship is several trips of the feed.
SAN_JUAN_ISLANDS = frozenset({"1", "10", "13", "15", "18"})
TRIANGLE = frozenset({"9", "20", "22"})
THROUGH = (SAN_JUAN_ISLANDS, TRIANGLE)
# UN/LOCODE 2024-2, matched by name and state; ferries/data/ports/unlocode_wsf.csv has the rows.
UNLOCODES = {1: "USOTS", 4: "USPWT", 7: "USSEA", 8: "USEOW", 10: "USFRD", 14: "USMKI", 17: "USTWD"}
# WSF counts car spaces, we sell lane length. A space takes a car of 5.0 m, which is long for a
# car, and the 0.5 m left between two: 18 feet. More (a "standard vehicle" of WSF's fares may have
# 22 feet) would sell more ordinary cars than WSF counts spaces for.
CAR_SPACE_CM = 550
# WSF's fares call what is over 7'2" tall; the spaces outside the tall lanes take what is lower.
MAIN_CLEAR_HEIGHT_CM = 218
CM_PER_INCH = 2.54
# Demo values in the spirit of WSF's rule: free until the day before, a no-show loses its deposit.
BANDS = (
    ("day-before", 24, None, 0, "Free until 24 hours before departure."),
    ("last-day", 0, 24, 25, "25 % of the price from 24 hours before departure."),
)


def load_network() -> Operator:
    """Add what is missing of the operator, its ports, ships, routes and conditions."""
    operator, _ = Operator.objects.get_or_create(
        code="WSF",
        defaults={
            "name": "Washington State Ferries",
            "currency": "USD",
            "zone": ZONE,
            "timetable_note": NOTE,
        },
    )
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
    ports, ships = _load_ports(operator), _load_fleet(operator)
    sailed = ships_of_pairs()
    for origin, destination in sold_pairs():
        Route.objects.get_or_create(
            operator=operator,
            origin_id=ports[origin],
            destination_id=ports[destination],
            defaults={"configuration_id": ships[sailed[origin, destination]]},
        )
    return operator


def sold_pairs() -> list[tuple[int, int]]:
    """Return the pairs of terminals (WSF's ids) that have fares."""
    combos = wsf_json("fares")["TerminalComboVerbose"]
    return [(combo["DepartingTerminalID"], combo["ArrivingTerminalID"]) for combo in combos]


def ships_of_pairs() -> dict[tuple[int, int], str]:
    """Return for each pair the ship that was most often seen on it in November 2025.

    A pair nobody was seen on gets the ship of the way back, or else of a route at its ends.
    """
    seen: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    around: dict[int, Counter[str]] = defaultdict(Counter)
    for origin, destination, ship in _sightings():
        seen[origin, destination][ship] += 1
        around[origin][ship] += 1
        around[destination][ship] += 1
    return {
        (origin, destination): _most_often(
            seen[origin, destination]
            or seen[destination, origin]
            or around[origin] + around[destination]
        )
        for origin, destination in sold_pairs()
    }


def _sightings() -> Iterator[tuple[int, int, str]]:
    for name in ("schedule_by_route", "schedule_today_by_route"):
        for combo in wsf_json(name)["TerminalCombos"]:
            for time in combo["Times"]:
                yield combo["DepartingTerminalID"], combo["ArrivingTerminalID"], time["VesselName"]
    for terminal in wsf_json("terminal_sailing_space"):
        for sailing in terminal["DepartingSpaces"]:
            for space in sailing["SpaceForArrivalTerminals"]:
                for arriving in space["ArrivalTerminalIDs"]:
                    yield terminal["TerminalID"], arriving, sailing["VesselName"]
    for ship in wsf_json("vessel_locations"):
        if ship["InService"] and ship["ArrivingTerminalID"]:
            yield ship["DepartingTerminalID"], ship["ArrivingTerminalID"], ship["VesselName"]


def _most_often(ships: Counter[str]) -> str:
    return min(ships, key=lambda ship: (-ships[ship], ship))


def _load_ports(operator: Operator) -> dict[int, int]:
    """Return the port's primary key for each of WSF's terminal ids."""
    sold = {terminal for pair in sold_pairs() for terminal in pair}
    ports = {}
    for terminal in wsf_json("terminals"):
        number = terminal["TerminalID"]
        if number not in sold:
            continue
        unlocode = UNLOCODES.get(number, "")
        port, _ = Port.objects.get_or_create(
            code=unlocode or f"WSF-{terminal['TerminalAbbrev']}",
            defaults={
                "unlocode": unlocode,
                "name": terminal["TerminalName"].strip(),
                "country": "US",
                "zone": ZONE,
                "latitude": terminal["Latitude"],
                "longitude": terminal["Longitude"],
            },
        )
        stop, _ = OperatorStop.objects.get_or_create(
            operator=operator, stop_id=str(number), defaults={"port": port}
        )
        ports[number] = stop.port_id
    return ports


def _load_fleet(operator: Operator) -> dict[str, int]:
    """Return the primary key of each ship's configuration, by the ship's name."""
    configurations = {}
    for facts in wsf_json("vessels"):
        vessel, _ = Vessel.objects.get_or_create(operator=operator, name=facts["VesselName"])
        configuration, is_new = VesselConfiguration.objects.get_or_create(
            vessel=vessel,
            name="standard",
            defaults={"certified_persons": facts["MaxPassengerCount"]},
        )
        configurations[vessel.name] = configuration.pk
        if not is_new:
            continue
        tall = facts["TallDeckSpace"]
        tall_height_cm = int(facts["TallDeckClearance"] * CM_PER_INCH)
        for code, name, spaces, height_cm in (
            ("main", "main deck", facts["RegDeckSpace"] - tall, MAIN_CLEAR_HEIGHT_CM),
            ("tall", "tall vehicle lanes", tall, tall_height_cm),
        ):
            DeckArea.objects.create(
                configuration=configuration,
                code=code,
                name=name,
                lane_cm=spaces * CAR_SPACE_CM,
                clear_height_cm=height_cm,
            )
    return configurations
