"""The ledger as a table for spreadsheets and book-keeping programs.

One line for each entry. Debit and credit are columns of their own, in major units with a point,
so that no number begins with a minus.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet

from maritime.lib.money import exponent
from maritime.lib.spreadsheets import BOM, Echo, safe
from payments.models import LedgerEntry

CHUNK = 2000
HEADER = (
    "at", "transaction", "kind", "booking", "payment", "account", "operator", "debit", "credit",
    "currency", "money",
)  # fmt: skip


def entries_between(
    since: date, until: date, *, is_demo: bool, operator: str = ""
) -> QuerySet[LedgerEntry]:
    """Return the entries from the start of `since` to the start of `until` (UTC days).

    With an operator's code only what is owed to it. Demo and live money never come together.
    """
    entries = LedgerEntry.objects.filter(
        transaction__at__gte=start_of(since),
        transaction__at__lt=start_of(until),
        transaction__is_demo=is_demo,
    )
    if operator:
        entries = entries.filter(account=LedgerEntry.Account.OPERATOR, operator=operator)
    return entries.order_by("transaction__at", "transaction", "pk")


def lines(entries: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Return the lines of the file, which begins with a byte order mark, one after the other.

    Rows come from the database in chunks: a year of books needs no more memory than a day.
    """
    writer = csv.writer(Echo())
    yield BOM + writer.writerow(HEADER)
    rows = entries.select_related("transaction__booking", "transaction__payment")
    for entry in rows.iterator(chunk_size=CHUNK):
        yield writer.writerow(safe(_cells(entry)))


def default_is_demo() -> bool:
    """Tell which money is meant when nobody says: the demo gateway's only while it is in use."""
    return bool(settings.PAYMENTS_DEMO)


def start_of(day: date) -> datetime:
    """Return the moment at which a day of the books begins."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _cells(entry: LedgerEntry) -> list[str]:
    movement = entry.transaction
    amount = _major(abs(entry.amount), movement.currency)
    return [
        movement.at.astimezone(UTC).isoformat(timespec="seconds"),
        movement.key,
        movement.kind,
        movement.booking.reference,
        str(movement.payment.public_id) if movement.payment else "",
        entry.account,
        entry.operator,
        amount if entry.amount > 0 else "",
        amount if entry.amount < 0 else "",
        movement.currency,
        "demo" if movement.is_demo else "live",
    ]


def _major(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"
