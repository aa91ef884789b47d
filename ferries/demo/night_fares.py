"""Prices and conditions of Demo Night Line: three fare families, two seasons; all invented."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ferries.demo.fares import (
    LOW_UNDER_CM,
    Row,
    high_seasons,
    load_tariff,
    other,
    passenger,
    port_tax,
    surcharge,
    vehicle,
)
from ferries.models import ConditionBand, CustomerGroup, Discount, FareFamily, Operator, Route

DAY = 24
# Standard's amounts in the low season, in cents.
ROWS: tuple[Row, ...] = (
    passenger("adult", "adult", "Adult", 4400),
    passenger("senior", "adult", "Senior (65 and over)", 3600, min_age=65),
    passenger("child", "child", "Child", 2200),
    passenger("infant", "infant", "Infant", 0),
    vehicle(
        "car-low", "car", "Car up to 2.00 m high", 7800, max_length_cm=500,
        max_height_cm=LOW_UNDER_CM,
    ),
    vehicle(
        "car-tall", "car", "Car over 2.00 m high", 9900, max_length_cm=500,
        min_height_cm=LOW_UNDER_CM,
    ),
    vehicle("car-metre", "car", "metre beyond 5 m", 1600, min_length_cm=500, per_started_cm=100),
    vehicle("van", "van", "Van up to 6 m", 11_900, max_length_cm=600),
    vehicle("van-metre", "van", "metre beyond 6 m", 1900, min_length_cm=600, per_started_cm=100),
    vehicle("home", "motorhome", "Motorhome up to 6 m", 11_900, max_length_cm=600),
    vehicle(
        "home-metre", "motorhome", "metre beyond 6 m", 1900, min_length_cm=600, per_started_cm=100
    ),
    vehicle("motorcycle", "motorcycle", "Motorcycle", 2200),
    vehicle("bicycle", "bicycle", "Bicycle", 500),
    other("trailer", "all", "Trailer up to 4 m", 4500) | {"max_length_cm": 400},
    other("trailer", "all", "metre of trailer beyond 4 m", 1200)
    | {"code": "trailer-metre", "min_length_cm": 400, "per_started_cm": 100},
    other("accommodation", "inside-4", "Inside cabin with four beds", 9000),
    other("accommodation", "outside-4", "Outside cabin with four beds", 12_000),
    other("accommodation", "outside-2", "Outside cabin with two beds", 9800),
    other("accommodation", "pet-2", "Pet cabin with two beds", 10_500),
    other("accommodation", "accessible-2", "Accessible cabin with two beds", 7000),
    other("accommodation", "berth", "Bed in a shared cabin", 2800),
    other("accommodation", "seat", "Reclining seat", 600),
    other("accommodation", "lounge", "Lounge place", 2500),
    other("pet", "kennel", "Pet in a kennel", 1500),
    other("pet", "cabin", "Pet in the cabin", 2000),
    surcharge("fuel", "Fuel surcharge 6 %", percent_bp=600),
    surcharge("emissions", "Emissions surcharge 3.5 %", percent_bp=350),
    port_tax("passenger", "Port tax", 150),
    port_tax("vehicle", "Port tax, vehicle", 300),
)  # fmt: skip
FAMILIES: tuple[tuple[str, int, Row], ...] = (
    (
        "economy", 85,
        {
            "name": "Economy", "order": 1, "always_refunded": ["tax"],
            "sentence": "Cheapest; no change, nothing back but the port tax.",
        },
    ),
    (
        "standard", 100,
        {
            "name": "Standard", "order": 2, "always_refunded": ["tax"], "amend_until_hours": DAY,
            "sentence": "Change for EUR 20 until 24 h before; part of the price back.",
        },
    ),
    (
        "flexi", 130,
        {
            "name": "Flexi", "order": 3, "always_refunded": ["surcharge", "tax"],
            "amend_until_hours": 2, "free_amendments": 99,
            "sentence": "Free change until 2 h and all money back until 4 h before.",
        },
    ),
)  # fmt: skip
HIGH_SEASON_PERCENT = 125


def _band(code: str, sentence: str, **values: object) -> Row:
    return {"code": code, "from_hours": 0, "sentence": sentence, **values}


BANDS: dict[str, tuple[Row, ...]] = {
    "economy": (
        _band("all", "Economy is not refundable.", percent=100),
        _band("no-show", "Who does not show up gets nothing back.", action="no_show", percent=100),
    ),
    "standard": (
        _band(
            "week", "10 % of the price, at least EUR 10, until 7 days before departure.",
            from_hours=7 * DAY, percent=10, minimum=1000, per="booking",
        ),
        _band(
            "half", "50 % of the price from 7 days to 24 hours before departure.",
            from_hours=DAY, to_hours=7 * DAY, percent=50,
        ),
        _band("all", "Nothing is refunded in the last 24 hours.", to_hours=DAY, percent=100),
        _band(
            "change", "A change costs EUR 20 until 24 hours before departure.", action="amend",
            from_hours=DAY, charge="flat", amount=2000, per="booking",
        ),
        _band(
            "change-late", "No change in the last 24 hours.", action="amend", to_hours=DAY,
            percent=100,
        ),
        _band("no-show", "Who does not show up gets nothing back.", action="no_show", percent=100),
    ),
    "flexi": (
        _band("free", "Free until 4 hours before departure.", from_hours=4, charge="none"),
        _band("half", "50 % of the price in the last 4 hours.", to_hours=4, percent=50),
        _band(
            "change", "Changes are free until 2 hours before departure.", action="amend",
            from_hours=2, charge="none",
        ),
        _band(
            "change-late", "No change in the last 2 hours.", action="amend", to_hours=2, percent=100
        ),
        _band("no-show", "50 % of the price for who does not show up.", action="no_show", percent=50),
    ),
}  # fmt: skip
RETURN: Row = {
    "kind": "return", "label": "Return journey: 10 % off the way there and back",
    "percent_bp": 1000,
}  # fmt: skip
OFFER_CODE = "DEMO15"
OFFER: Row = {
    "kind": "offer", "label": "Offer DEMO15: 15 % off", "percent_bp": 1500, "quota": 50,
    "per_customer": 1,
}  # fmt: skip
RESIDENTS_PERCENT_BP = 2000


def load_fares(
    operator: Operator, routes: Sequence[Route], *, residents: CustomerGroup, today: date
) -> None:
    """Add what is missing of families, conditions, tariffs and discounts."""
    for code, percent, values in FAMILIES:
        family, is_new = FareFamily.objects.get_or_create(
            operator=operator, code=code, defaults=values
        )
        if is_new:
            ConditionBand.objects.bulk_create(
                ConditionBand(**{**band, "operator": operator, "family": family})
                for band in BANDS[code]
            )
        for route in routes:
            _load_tariffs(route, family, percent=percent, today=today)
    for code, values in (
        ("RETURN", RETURN),
        (OFFER_CODE, OFFER),
        ("RESIDENTS", residents_discount(residents)),
    ):
        Discount.objects.get_or_create(operator=operator, code=code, defaults=values)


def residents_discount(residents: CustomerGroup) -> Row:
    """Return what members of the group pay less."""
    return {
        "kind": "group",
        "group": residents,
        "label": f"{residents.name}: 20 % off",
        "percent_bp": RESIDENTS_PERCENT_BP,
    }


def _load_tariffs(route: Route, family: FareFamily, *, percent: int, today: date) -> None:
    load_tariff(route, ROWS, name="low season (demo)", family=family, percent=Decimal(percent))
    for season, first, last in high_seasons(today):
        load_tariff(
            route,
            ROWS,
            name=f"high season, {season} (demo)",
            travel=(first, last),
            family=family,
            percent=Decimal(percent * HIGH_SEASON_PERCENT) / 100,
        )
