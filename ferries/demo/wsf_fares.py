"""Washington State Ferries' fare table as tariffs: one for each of the 38 pairs that it sells.

The lines are WSF's single fares, which are collected in one direction on most routes (Seattle to
Bainbridge Island costs an adult 11.05, the way back 0). Every vehicle fare includes the driver:
the names of the short bands say so, and the long ones are multiples of them (on the San Juan
routes each ten feet add 61.35, which is "under 22 feet & driver" without its surcharge of 1.00).
Seniors, passes and multi-ride cards are left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ferries.demo.files import wsf_json
from ferries.models import FareRule, Operator, OperatorStop, Route, Tariff
from maritime.lib import money

# WSF published them for 2025-11-15 to 2026-03-20; the demo goes on using them.
NAME = "WSF fares of winter 2025/26 (demo: for all dates)"
VALID_FROM, VALID_UNTIL = date(2024, 1, 1), date(2099, 12, 31)
CURRENCY = "USD"
CM_PER_FOOT = 30.48
ROAD_VEHICLES = ("car", "van", "motorhome")
# Under 7'2" (218.44 cm), in whole cm.
TALL_FROM_CM = 219
# A started foot, rounded in the traveller's favour.
FOOT_CM = 31


@dataclass(frozen=True)
class Line:
    """How one of WSF's numbered fare lines becomes rules; lengths in feet, heights in cm."""

    number: int
    kind: str
    categories: tuple[str, ...]
    label: str
    from_feet: int = 0
    under_feet: int | None = None
    from_height: int = 0
    under_height: int | None = None
    per_foot: bool = False
    includes_driver: bool = False


def _road(number: int, label: str, from_feet: int, under_feet: int, **heights: int) -> Line:
    return Line(
        number,
        "vehicle",
        ROAD_VEHICLES,
        label,
        from_feet=from_feet,
        under_feet=under_feet,
        from_height=heights.get("from_height", 0),
        under_height=heights.get("under_height"),
        includes_driver=True,
    )


LINES = (
    Line(1, "passenger", ("adult",), "Adult (19 and over)"),
    Line(3, "passenger", ("child", "infant"), "Youth (18 and under)"),
    Line(6, "vehicle", ("bicycle",), "Bicycle surcharge"),
    Line(13, "vehicle", ("motorcycle",), "Motorcycle and driver", includes_driver=True),
    _road(168, "Vehicle under 14 ft and driver", 0, 14),
    _road(178, "Vehicle under 22 ft and driver", 14, 22),
    _road(
        19, "Vehicle under 30 ft, under 7'2\" high, and driver", 22, 30, under_height=TALL_FROM_CM
    ),
    _road(20, "Vehicle under 30 ft, over 7'2\" high, and driver", 22, 30, from_height=TALL_FROM_CM),
    _road(21, "Vehicle under 40 ft and driver", 30, 40),
    _road(22, "Vehicle under 50 ft and driver", 40, 50),
    _road(23, "Vehicle under 60 ft and driver", 50, 60),
    _road(24, "Vehicle under 70 ft and driver", 60, 70),
    _road(25, "Vehicle under 80 ft and driver", 70, 80),
    Line(26, "vehicle", ROAD_VEHICLES, "foot over 80 ft", from_feet=80, per_foot=True),
)
# Between the islands WSF collects nothing of passengers and bicycles and lists no line for them.
FREE_WHERE_MISSING = frozenset({1, 3, 6})


def load_fares(operator: Operator) -> None:
    """Add a tariff to each of the operator's routes that has none of this name."""
    stops = OperatorStop.objects.filter(operator=operator)
    terminals = {port: int(stop) for port, stop in stops.values_list("port_id", "stop_id")}
    amounts = amounts_of_pairs()
    routes = Route.objects.filter(operator=operator).exclude(tariffs__name=NAME)
    rules: list[FareRule] = []
    for route in routes:
        pair = terminals.get(route.origin_id), terminals.get(route.destination_id)
        if pair not in amounts:
            continue
        tariff = Tariff.objects.create(
            route=route,
            name=NAME,
            currency=CURRENCY,
            valid_from=VALID_FROM,
            valid_until=VALID_UNTIL,
        )
        rules += _rules(tariff, amounts[pair])
    FareRule.objects.bulk_create(rules)


def amounts_of_pairs() -> dict[tuple[int | None, int | None], dict[int, int]]:
    """Return the single fares in cents by WSF's line number, for each pair of terminals."""
    table = wsf_json("fares")
    combos, lists = table["TerminalComboVerbose"], table["LineItems"]
    found: dict[tuple[int | None, int | None], dict[int, int]] = {}
    for entry in table["LineItemLookup"]:
        combo = combos[entry["TerminalComboIndex"]]
        pair = combo["DepartingTerminalID"], combo["ArrivingTerminalID"]
        found[pair] = _amounts(lists[entry["LineItemIndex"]])
    return found


def _amounts(items: list[dict[str, Any]]) -> dict[int, int]:
    return {
        item["FareLineItemID"]: money.parse_major(str(Decimal(str(item["Amount"]))), CURRENCY)
        for item in items
    }


def _rules(tariff: Tariff, amounts: dict[int, int]) -> Iterator[FareRule]:
    for line in LINES:
        amount = amounts.get(line.number)
        label = line.label
        if amount is None:
            if line.number not in FREE_WHERE_MISSING:
                continue
            amount, label = 0, f"{line.label}: not collected here"
        for category in line.categories:
            yield FareRule(
                tariff=tariff,
                code=str(line.number),
                kind=line.kind,
                category=category,
                label=label,
                amount=amount,
                min_length_cm=_cm(line.from_feet),
                max_length_cm=_cm(line.under_feet) if line.under_feet else None,
                min_height_cm=line.from_height,
                max_height_cm=line.under_height,
                per_started_cm=FOOT_CM if line.per_foot else None,
                includes_driver=line.includes_driver,
            )


def _cm(feet: int) -> int:
    """Return the first whole cm that is not under so many feet."""
    return math.ceil(feet * CM_PER_FOOT)
