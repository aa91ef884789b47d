"""Published cases of the operators' rules, worked out by hand from their texts; and their table.

`python -m ferries.tests.condition_vectors` writes the table into docs/conditions.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from ferries import conditions
from ferries.conditions import Charge, Departures, Line
from ferries.demo.operator_rules import RULE_SETS, RULE_TEXTS
from maritime.lib import money

DOCS = settings.BASE_DIR / "docs" / "conditions.md"
BEGIN, END = "<!-- cases -->\n", "<!-- end of cases -->\n"
OUT = datetime(2027, 7, 10, 8, tzinfo=UTC)
BACK = OUT + timedelta(days=7)

ADULT = Line(0, "p0", "passenger", "adult", 10000)
SECOND = Line(0, "p1", "passenger", "adult", 10000)
CHEAP = Line(0, "p0", "passenger", "adult", 1105)
CAR = Line(0, "v0", "vehicle", "car", 20000)
FUEL = Line(0, "v0", "surcharge", "fuel and ETS", 3000)
CABIN = Line(0, "a0", "accommodation", "cabin", 8000)
TRUCK = Line(0, "v0", "vehicle", "truck", 100_000)
CAR_DISCOUNT = Line(0, "v0", "discount", "offer", -2000)
FREE_CAR = Line(0, "v0", "discount", "offer", -20000)
LEG_DISCOUNT = Line(0, "b0", "discount", "offer", -5000)
SINGLE = (ADULT, CAR)
FUELLED = (ADULT, CAR, FUEL)


def back(*lines: Line) -> tuple[Line, ...]:
    """Return the lines on the way back, seven days later."""
    return tuple(replace(line, leg=1) for line in lines)


RETURN = (*SINGLE, *back(*SINGLE))
FUELLED_RETURN = (*FUELLED, *back(*FUELLED))


def ago(*, days: float = 0, hours: int = 0, late: int = 0) -> timedelta:
    """Return a time before the outbound departure, `late` seconds less of it."""
    return timedelta(days=days, hours=hours, seconds=-late)


@dataclass(frozen=True)
class Case:
    """One published case; `keeps` and `refunds` are what the text says, in minor units.

    `before` counts back from the outbound departure; negative means after it. `feeder` is how much
    earlier than the outbound leg the booking's first leg departs.
    """

    rules: str
    before: timedelta
    lines: tuple[Line, ...]
    keeps: int
    refunds: int
    medium: str = "original"
    action: str = "cancel"
    note: str = ""
    feeder: timedelta = timedelta(0)
    by_agent: bool = False

    @property
    def now(self) -> datetime:
        """Return the moment at which the customer acts."""
        return OUT - self.before


def computed(case: Case) -> list[Charge]:
    """Return what the rules say for each line; of an agent's case, what the agent adds."""
    result = _charges(case, case.rules, case.lines)
    if not case.by_agent:
        return result
    refundable = [Line(each.leg, each.item, each.kind, each.label, each.refund) for each in result]
    return _charges(case, "agents", refundable)


def outcome(case: Case) -> tuple[int, int, str]:
    """Return what is kept, what is refunded, and by which media, as computed."""
    result = computed(case)
    refunded = sum(each.refund for each in result)
    media = sorted({each.medium for each in result if each.refund})
    return sum(line.amount for line in case.lines) - refunded, refunded, ", ".join(media) or "none"


def expected(case: Case) -> tuple[int, int, str]:
    """Return the same as the text has it."""
    return case.keeps, case.refunds, case.medium if case.refunds else "none"


def _charges(case: Case, rules: str, lines: Sequence[Line]) -> list[Charge]:
    first = OUT - case.feeder
    return conditions.charges(
        lines,
        terms=dict.fromkeys((0, 1), RULE_SETS[rules]),
        departures={0: Departures(OUT, first, OUT), 1: Departures(BACK, first, OUT)},
        now=case.now,
        action=case.action,
    )


def _amend(rules, before, lines, keeps, refunds, **values) -> Case:
    return Case(rules, before, lines, keeps, refunds, action="amend", **values)


USED = "outbound used, way back cancelled"
CASES = (
    Case("brittany-economy", ago(days=90), SINGLE, 30000, 0),
    _amend("brittany-economy", ago(days=90), SINGLE, 2000, 28000),
    _amend("brittany-economy", ago(days=90), RETURN, 2000, 58000, note="once per booking"),
    _amend("brittany-economy", ago(late=-1), RETURN, 2000, 58000),
    _amend("brittany-economy", ago(), SINGLE, 30000, 0),
    Case("brittany-standard", ago(days=60), SINGLE, 15000, 15000),
    Case("brittany-standard", ago(days=60, late=1), SINGLE, 15000, 15000, "voucher"),
    Case("brittany-standard", ago(days=59), RETURN, 30000, 30000, "voucher", note="66 d before the way back, but the first departure counts"),
    Case("brittany-standard", ago(days=61), SINGLE, 15000, 15000, "voucher", note="first departure 2 d earlier, on a feeder leg", feeder=timedelta(days=2)),
    Case("brittany-standard", ago(days=15), SINGLE, 15000, 15000, "voucher"),
    Case("brittany-standard", ago(days=15, late=1), RETURN, 60000, 0),
    Case("brittany-standard", ago(days=14), SINGLE, 30000, 0),
    Case("brittany-standard", ago(days=-1), back(*SINGLE), 30000, 0, note=USED),
    Case("brittany-flexi", ago(days=90), RETURN, 15000, 45000),
    Case("brittany-flexi", ago(days=1), (CHEAP,), 276, 829, note="276.25 rounded once"),
    Case("brittany-flexi", ago(late=-1), SINGLE, 7500, 22500),
    Case("brittany-flexi", ago(), SINGLE, 30000, 0, note="departed"),
    _amend("brittany-flexi", ago(hours=4), SINGLE, 0, 30000),
    _amend("brittany-flexi", ago(hours=4, late=1), SINGLE, 30000, 0),
    Case("irish-economy", ago(days=30), RETURN, 60000, 0),
    Case("irish-flexible", ago(hours=24, late=-1), SINGLE, 0, 30000),
    Case("irish-flexible", ago(hours=24), RETURN, 0, 60000),
    Case("irish-flexible", ago(hours=24, late=1), RETURN, 60000, 0, note="8 d before the way back, but the outbound departure counts"),
    Case("irish-flexible", ago(days=2), SINGLE, 0, 30000, note="a feeder leg has departed 8 d before, the outbound has not", feeder=timedelta(days=10)),
    Case("irish-flexible", ago(days=-1), back(*SINGLE), 30000, 0, note=USED),
    _amend("irish-flexible", ago(days=5), SINGLE, 1000, 29000),
    _amend("irish-flexible", ago(days=5), RETURN, 2000, 58000, note="two sailings"),
    Case("superfast", ago(days=22), FUELLED, 0, 33000),
    Case("superfast", ago(days=22, late=1), FUELLED, 6000, 27000),
    Case("superfast", ago(days=21), FUELLED, 6000, 27000),
    Case("superfast", ago(days=8), FUELLED, 6000, 27000),
    Case("superfast", ago(days=8, late=1), FUELLED, 15000, 18000),
    Case("superfast", ago(days=7), FUELLED, 15000, 18000),
    Case("superfast", ago(hours=24), FUELLED, 15000, 18000),
    Case("superfast", ago(hours=24, late=1), FUELLED, 30000, 3000, note="surcharge refunded"),
    Case("superfast", ago(late=-1), FUELLED, 30000, 3000),
    Case("superfast", ago(), FUELLED, 33000, 0, note="departed, surcharge too"),
    Case("superfast", ago(days=20), FUELLED_RETURN, 6000, 60000, note="way back 27 d before"),
    Case("superfast", ago(days=5), FUELLED_RETURN, 21000, 45000, note="way back 12 d before"),
    Case("superfast", ago(), FUELLED_RETURN, 48000, 18000, note="outbound just departed"),
    Case("superfast", ago(days=-1), back(*FUELLED), 15000, 18000, note=USED),
    Case("superfast", ago(days=10), FUELLED, 6000, 27000, note="made an open ticket then, cancelled a month later: the day of conversion counts"),
    Case("superfast", ago(days=7), (*FUELLED, CAR_DISCOUNT), 14000, 17000, note="half of 100.00 and of 200.00 - 20.00"),
    Case("superfast", ago(days=7), (*FUELLED, FREE_CAR), 5000, 8000, note="the car was free"),
    Case("superfast", ago(days=7), (*FUELLED, LEG_DISCOUNT), 12501, 15499, note="the 50.00 are off the fares: half of 83.33 and of 166.67, each rounded"),
    Case("greek-domestic", ago(days=14), (ADULT, CABIN), 0, 18000),
    Case("greek-domestic", ago(days=14, late=1), (ADULT, CABIN), 4500, 13500),
    Case("greek-domestic", ago(days=7), (ADULT, CABIN), 4500, 13500),
    Case("greek-domestic", ago(days=7, late=1), (ADULT, CABIN), 9000, 9000),
    Case("greek-domestic", ago(hours=12), (ADULT, CABIN), 9000, 9000),
    Case("greek-domestic", ago(hours=12, late=1), (ADULT, CABIN), 18000, 0),
    Case("greek-domestic", ago(days=13), (CHEAP,), 276, 829),
    Case("greek-domestic", ago(days=-6), back(ADULT), 5000, 5000, note=USED),
    _amend("greek-domestic", ago(hours=24), (ADULT, CABIN), 0, 18000, note="open date"),
    _amend("greek-domestic", ago(hours=24, late=1), (ADULT, CABIN), 18000, 0, note="too late"),
    Case("blue-star-high-season", ago(days=7), SINGLE, 0, 30000),
    Case("blue-star-high-season", ago(days=7, late=1), SINGLE, 15000, 15000),
    Case("blue-star-high-season", ago(hours=4), SINGLE, 15000, 15000),
    Case("blue-star-high-season", ago(hours=4, late=1), SINGLE, 30000, 0),
    Case("blue-star-saronic", ago(days=7), SINGLE, 0, 30000),
    Case("blue-star-saronic", ago(days=7, late=1), SINGLE, 15000, 15000),
    Case("blue-star-saronic", ago(hours=3), SINGLE, 15000, 15000),
    Case("blue-star-saronic", ago(hours=2), SINGLE, 15000, 15000),
    Case("blue-star-saronic", ago(hours=2, late=1), SINGLE, 30000, 0),
    Case("bc-ferries-saver", ago(days=3), (SECOND,), 0, 10000, note="one passenger removed"),
    Case("bc-ferries-saver", ago(late=-1), (SECOND,), 0, 10000),
    Case("bc-ferries-saver", ago(days=3), SINGLE, 20000, 10000),
    _amend("bc-ferries-saver", ago(hours=1), SINGLE, 500, 29500, note="other time"),
    _amend("bc-ferries-saver", ago(hours=1, late=1), (ADULT,), 10000, 0, note="other time"),
    _amend("bc-ferries-saver", ago(hours=1), (CAR,), 0, 20000, note="other vehicle type"),
    Case("wsf", ago(hours=24), SINGLE, 0, 30000),
    Case("wsf", ago(hours=24, late=1), SINGLE, 7500, 22500),
    Case("wsf", ago(late=-1), SINGLE, 7500, 22500),
    Case("wsf", ago(), SINGLE, 30000, 0, note="cancelled too late"),
    Case("wsf", ago(hours=-1), SINGLE, 7500, 22500, action="no_show"),
    _amend("wsf", ago(hours=24), SINGLE, 0, 30000),
    _amend("wsf", ago(hours=24, late=1), SINGLE, 7500, 22500),
    Case("northlink-freight", ago(days=42, late=-1), (TRUCK,), 5000, 95000),
    Case("northlink-freight", ago(days=42), (TRUCK,), 5000, 95000, note="an interval includes its start: see above"),
    Case("northlink-freight", ago(days=42, late=1), (TRUCK,), 20000, 80000),
    Case("northlink-freight", ago(days=14, late=-1), (TRUCK,), 20000, 80000),
    Case("northlink-freight", ago(days=14, late=1), (TRUCK,), 50000, 50000),
    Case("northlink-freight", ago(hours=2), (TRUCK,), 50000, 50000),
    Case("northlink-freight", ago(hours=2, late=1), (TRUCK,), 100_000, 0),
    Case("superfast", ago(days=8), FUELLED, 8700, 24300, by_agent=True, note="10 % of 270.00"),
    Case("brittany-economy", ago(days=8), SINGLE, 30000, 0, by_agent=True, note="nothing to take from"),
    Case("greek-domestic", ago(days=13), (CHEAP,), 359, 746, by_agent=True, note="10 % of 8.29 = 0.829"),
    Case("brittany-economy", ago(days=8), (CHEAP,), 1105, 0, action="amend", by_agent=True, note="£20 is more than the fare"),
    Case("irish-flexible", ago(days=8), SINGLE, 2500, 27500, action="amend", by_agent=True, note="10.00, then 5 % of 290.00, at least 15.00"),
    Case("wsf", ago(days=8), (TRUCK, *SINGLE), 5000, 125_000, action="amend", by_agent=True, note="5 % of 1,300.00, at most 50.00"),
)  # fmt: skip


def table() -> str:
    """Return the published table: one section for each rule set, the agent's cases at the end."""
    sections = [
        _section(name, [case for case in CASES if case.rules == name and not case.by_agent])
        for name in RULE_SETS
        if name != "agents"
    ]
    return "\n".join([*sections, _section("agents", [case for case in CASES if case.by_agent])])


def write_table() -> None:
    """Put the table between its marks in docs/conditions.md."""
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}{table()}{END}{after}")


def _section(name: str, cases: Sequence[Case]) -> str:
    head = (
        f"### {name}\n\n{RULE_TEXTS[name]}\n\n"
        "| Case | Lines | Rule met | Expected: kept / refunded | Computed |\n|---|---|---|---|---|\n"
    )
    return head + "".join(f"{_row(case)}\n" for case in cases)


def _row(case: Case) -> str:
    bands = list(dict.fromkeys(each.band for each in computed(case)))
    what = f"{case.rules}, " if case.by_agent else ""
    cells = [
        f"{what}{case.action.replace('_', '-')}, {when(case)}"
        + (f" ({case.note})" if case.note else ""),
        _lines(case.lines),
        ", ".join(bands),
        _sums(expected(case)),
        _sums(outcome(case)),
    ]
    return f"| {' | '.join(cells)} |"


def when(case: Case) -> str:
    """Return the time before the outbound departure in words."""
    if not case.before:
        return "at departure"
    late = -case.before.total_seconds() % 3600
    late = late - 3600 if late > 1800 else late
    hours = round((case.before.total_seconds() + late) / 3600)
    size = f"{abs(hours) // 24} d" if hours % 24 == 0 and abs(hours) > 24 else f"{abs(hours)} h"
    if late:
        size = (
            f"{abs(int(late))} s {'less' if late > 0 else 'more'} than {size}" if hours else "1 s"
        )
    return f"{size} {'before' if case.before > timedelta(0) else 'after'}"


def _lines(lines: Sequence[Line]) -> str:
    legs: dict[int, list[str]] = {}
    for line in lines:
        legs.setdefault(line.leg, []).append(f"{line.label} {_amount(line.amount)}")
    return "; ".join(
        ("back: " if leg else "") + ", ".join(each) for leg, each in sorted(legs.items())
    )


def _sums(sums: tuple[int, int, str]) -> str:
    keeps, refunds, medium = sums
    return f"{_amount(keeps)} / {_amount(refunds)}" + (" voucher" if medium == "voucher" else "")


def _amount(minor: int) -> str:
    return money.format_minor(minor, "EUR").removeprefix("EUR ")


if __name__ == "__main__":
    write_table()
