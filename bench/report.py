"""What a run says: each figure with its goal, and whether it was met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One figure of a goal of `performance.md` section 9; `at_least` turns the limit round."""

    goal: str
    what: str
    found: float
    limit: float
    unit: str = "x"
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def verdict(self) -> str:
        """Return met, or missed with the factor that is missing."""
        if self.met:
            return "met"
        low, high = sorted((self.found, self.limit))
        return f"missed by {high / low:.1f} x" if low > 0 else "missed"


def print_findings(findings: Iterable[Finding]) -> None:
    print_table(
        ("goal", "what", "found", "limit", "", "from"),
        [
            (
                each.goal,
                each.what,
                f"{_number(each.found)} {each.unit}",
                f"{'>=' if each.at_least else '<='} {_number(each.limit)} {each.unit}",
                each.verdict,
                each.note,
            )
            for each in findings
        ],
    )


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n| {' | '.join(titles)} |")
    print("|" + " --- |" * len(titles))
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.3g}"
