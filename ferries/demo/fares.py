"""What the tariffs of the demo lines have in common; all of it is invented."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from ferries.models import FareFamily, FareRule, Route, Tariff
from maritime.lib import money

ALWAYS = date(2024, 1, 1), date(2099, 12, 31)
PASSAGE_VAT_BP, VEHICLE_VAT_BP = 1300, 2400
# Heights in whole cm: up to 2.00 m is low, which is what a hoistable deck takes.
LOW_UNDER_CM = 201
HIGH_SEASONS = (("summer", (6, 15), (9, 15)), ("Christmas", (12, 18), (1, 10)))
AHEAD = timedelta(days=365)

Row = dict[str, object]


def passenger(code: str, category: str, label: str, amount: int, **ages: int) -> Row:
    """Return a line for a traveller of a category, perhaps of some ages only."""
    return _row(code, "passenger", category, label, amount, PASSAGE_VAT_BP) | ages


def vehicle(code: str, category: str, label: str, amount: int, **bands: int) -> Row:
    """Return a line for a vehicle of a kind; `bands` are the model's length and height fields."""
    return _row(code, "vehicle", category, label, amount, VEHICLE_VAT_BP) | bands


def other(kind: str, category: str, label: str, amount: int) -> Row:
    """Return a line for a trailer, a cabin or a pet; its code is the category."""
    return _row(f"{kind}-{category}", kind, category, label, amount, PASSAGE_VAT_BP)


def surcharge(code: str, label: str, *, percent_bp: int) -> Row:
    """Return a percentage of everything that has a fare."""
    return _row(code, "surcharge", "all", label, 0, PASSAGE_VAT_BP) | {"percent_bp": percent_bp}


def port_tax(bearer: str, label: str, amount: int) -> Row:
    """Return a tax for each traveller or vehicle; it contains no VAT."""
    return _row(f"port-tax-{bearer}", "tax", bearer, label, amount, 0)


def high_seasons(today: date) -> list[tuple[str, date, date]]:
    """Return name and ends of the high seasons that are on or begin within a year."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        for name, start, end in HIGH_SEASONS:
            first = date(year, *start)
            last = date(year + (end < start), *end)
            if last >= today and first <= today + AHEAD:
                found.append((f"{name} {year}", first, last))
    return sorted(found, key=lambda season: season[1])


def load_tariff(
    route: Route,
    rows: Sequence[Row],
    *,
    name: str,
    travel: tuple[date, date] = ALWAYS,
    family: FareFamily | None = None,
    percent: Decimal = Decimal(100),
) -> None:
    """Add the tariff with so many per cent of the fares (taxes stay); one that is there stays."""
    tariff, is_new = Tariff.objects.get_or_create(
        route=route,
        family=family,
        name=name,
        defaults={
            "currency": route.operator.currency,
            "valid_from": travel[0],
            "valid_until": travel[1],
        },
    )
    if is_new:
        FareRule.objects.bulk_create(
            FareRule(**{**row, "tariff": tariff, "amount": _scaled(row, percent)}) for row in rows
        )


def _scaled(row: Row, percent: Decimal) -> int:
    amount = int(str(row["amount"]))
    return amount if row["kind"] == "tax" else money.percent(amount, percent)


def _row(code: str, kind: str, category: str, label: str, amount: int, vat_bp: int) -> Row:
    return {
        "code": code,
        "kind": kind,
        "category": category,
        "label": label,
        "amount": amount,
        "vat_bp": vat_bp,
    }
