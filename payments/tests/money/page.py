"""Writes docs/payment-scenarios.md: `.venv/bin/python -m payments.tests.money.page`."""

from pathlib import Path

from payments.tests.money.rows import Row
from payments.tests.money.table import CHAPTERS, ROWS

PATH = Path(__file__).resolve().parents[3] / "docs" / "payment-scenarios.md"
HEAD = f"""# Scenarios of payments

Written by `python -m payments.tests.money.page` from the table in `payments/tests/money/rows_*.py`;
a test fails while this page says something else. `payments/tests/money/steps.py` tells what each
step does.

Each of the {len(ROWS)} rows runs three times against a stand-in for Stripe (`payments/tests/provider`)
over real HTTP: as written; with every delivery, visit of the return page and job of money doubled at
the same moment; and with the events of each delivery reversed. Besides what the row says, every end
is checked by `payments/tests/money/checks.py`: our sums and the ledger are the provider's, nobody
travels without money, no money is kept of who does not travel, nothing is charged or refunded twice,
each mail went out once, no job failed with an error that does not say what it is. As written, a day
with all its sweeps follows, and the checks hold again.

Sums are minor units: a booking costs 1000 unless the steps say more. `1000 back 400` means that 400
of 1000 went back or are on their way; `lost` went to the cardholder's bank, `held` is with the
provider for a dispute. Mails are those to the customer; staff are the tasks that stay open.
"""
COLUMNS = ("Situation", "Steps", "Booking", "Payments", "Refunds, disputes", "Mails", "Staff")


def text() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, rows in CHAPTERS.items():
        parts += [f"\n## {title}\n", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        parts += [_line(_cells(row)) for row in rows]
    return "\n".join(parts) + "\n"


def _cells(row: Row) -> list[str]:
    returned = "; ".join(part for part in (row.refunds, row.disputes) if part)
    dead = f"dead letters: {row.dead}" if row.dead else ""
    staff = ", ".join(part for part in (row.staff, dead) if part)
    return [row.situation, row.steps, row.booking, row.payments, returned, row.mails, staff]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PATH.write_text(text())
