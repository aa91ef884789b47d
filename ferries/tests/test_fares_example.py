"""The example of docs/fares.md: the page shows what the code computes."""

from datetime import date
from pathlib import Path

from ferries import pricing
from ferries.discounts import DiscountFacts, LegPrice, discounted
from ferries.party import Party, VehicleSize
from ferries.pricing import FareLine
from maritime.lib import money

PAGE = Path(__file__).parents[2] / "docs" / "fares.md"

TARIFF = (
    FareLine("ADT", "passenger", "adult", "Adult", 4200, vat_bp=1000),
    FareLine("SEN", "passenger", "adult", "Senior", 3150, vat_bp=1000, min_age=65),
    FareLine("CHD", "passenger", "child", "Child 4 to 11", 2100, vat_bp=1000, min_age=4, max_age=12),
    FareLine("CAR", "vehicle", "car", "Car up to 5 m", 9900, vat_bp=1000, max_length_cm=500),
    FareLine("TRL", "trailer", "all", "Trailer up to 4 m", 4000, vat_bp=1000, max_length_cm=400),
    FareLine(
        "TRM", "trailer", "all", "metre beyond 4 m", 1250, vat_bp=1000,
        min_length_cm=400, per_started_cm=100,
    ),
    FareLine("C4I", "accommodation", "cabin-4-inside", "Inside cabin for four", 12900, vat_bp=1000),
    FareLine("PKN", "pet", "kennel", "Kennel", 1500, vat_bp=2400),
    FareLine("ETS", "surcharge", "all", "Emissions 4.5 %", 0, percent_bp=450, vat_bp=1000),
    FareLine("PRT", "tax", "passenger", "Port tax", 350),
)  # fmt: skip
DISCOUNTS = (
    DiscountFacts("DEMO", "return", "RETURN", "Return journey", percent_bp=1000),
    DiscountFacts("DEMO", "offer", "SPRING", "Spring offer", percent_bp=800),
)
PARTY = Party(
    adults=2,
    children=1,
    ages=(38, 67, 9),
    vehicle=VehicleSize("car", length_cm=460, height_cm=170, trailer_length_cm=550),
    accommodation=("cabin-4-inside",),
    pets=("kennel",),
)


def table(head, rows):
    """Return a table in Markdown; figures stand on the right."""
    marks = ["---:" if name in ("Amount", "VAT", "Percent") else "---" for name in head]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows)) + "\n"


def major(amount):
    return money.format_minor(amount, "EUR").removeprefix("EUR ")


def percent(basis_points):
    return f"{basis_points / 100:g} %" if basis_points else ""


def band(fare):
    if fare.has_ages:
        return (
            f"age {fare.min_age or 0} to under {fare.max_age}"
            if fare.max_age
            else f"age {fare.min_age} on"
        )
    if fare.per_started_cm:
        return f"each started {fare.per_started_cm} cm beyond {fare.min_length_cm} cm"
    return f"under {fare.max_length_cm} cm" if fare.max_length_cm else ""


def legs():
    """Return both legs of the journey with all their lines."""
    lines = pricing.price(PARTY, TARIFF)
    ways = [
        LegPrice("DEMO", "", origin, destination, day, lines)
        for origin, destination, day in (
            ("AAA", "BBB", date(2030, 6, 1)),
            ("BBB", "AAA", date(2030, 6, 8)),
        )
    ]
    return discounted(ways, DISCOUNTS, group="", offer_code="SPRING", booked_on=date(2030, 1, 10))


def tariff_table():
    rows = [
        (fare.code, fare.kind, fare.category, band(fare), major(fare.amount), percent(fare.percent_bp), percent(fare.vat_bp))
        for fare in TARIFF
    ]  # fmt: skip
    return table(("Rule", "Kind", "Category", "Band", "Amount", "Percent", "VAT"), rows)


def price_table(lines):
    rows = [
        (line.item, line.kind, line.label, line.rule, major(line.amount), major(line.vat))
        for line in lines
    ]
    whole = sum(line.amount for line in lines), sum(line.vat for line in lines)
    rows.append(("", "", "**Each way**", "", *(f"**{major(each)}**" for each in whole)))
    return table(("Item", "Kind", "Line", "Rule", "Amount", "VAT"), rows)


def test_the_page_shows_the_tariff_the_lines_and_the_total():
    out, back = legs()

    assert out == back
    page = PAGE.read_text()
    for part in (tariff_table(), price_table(out)):
        assert part in page, f"docs/fares.md needs:\n\n{part}"
    total = sum(line.amount for line in (*out, *back))
    assert f"Both ways: {money.format_minor(total, 'EUR')}." in page


def test_the_figures_of_the_example_are_those_worked_out_by_hand():
    lines = legs()[0]

    fares = {line.item: line.amount for line in lines if line.kind not in ("surcharge", "tax", "discount")}  # fmt: skip
    off = [(line.item, line.rule, line.amount) for line in lines if line.kind == "discount"]
    assert fares == {
        "p0": 4200, "p1": 3150, "p2": 2100, "v0": 9900, "t0": 6500, "a0": 12900, "x0": 1500,
    }  # fmt: skip
    # A tenth of each fare, then 8 % of the rest: 3780, 2835, 1890, 8910, 5850.
    assert off == [
        ("p0", "RETURN", -420), ("p1", "RETURN", -315), ("p2", "RETURN", -210),
        ("v0", "RETURN", -990), ("t0", "RETURN", -650),
        ("p0", "SPRING", -302), ("p1", "SPRING", -227), ("p2", "SPRING", -151),
        ("v0", "SPRING", -713), ("t0", "SPRING", -468),
    ]  # fmt: skip
    # 4.5 %: 189 + 142 + 95 + 446 + 293 + 581 + 68 and three port taxes of 3.50.
    assert sum(line.amount for line in lines) == 40250 + 1814 + 1050 - 2585 - 1861
