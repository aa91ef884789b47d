"""Sums of the ledger for people: what each account holds, and each operator's month."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from maritime.lib.money import format_minor
from payments.models import LedgerEntry


@dataclass(frozen=True)
class Balance:
    """What an account (of one operator) holds in one currency, minor units, debits above zero."""

    account: str
    operator: str
    currency: str
    amount: int

    @property
    def meaning(self) -> str:
        """Return what the account is, in words."""
        return LedgerEntry.Account(self.account).label

    @property
    def side(self) -> str:
        """Return the amount as people read books: a sum on one of two sides, never a minus."""
        side = "debit" if self.amount > 0 else "credit"
        return (
            f"{format_minor(abs(self.amount), self.currency)} {side if self.amount else ''}".strip()
        )


@dataclass(frozen=True)
class Month:
    """What became owed to an operator in a month (UTC): sold, less given back; minor units."""

    first_day: date
    operator: str
    currency: str
    sold: int
    returned: int

    @property
    def shown(self) -> tuple[str, str, str]:
        """Return sold, returned, and the rest, as people read them."""
        sums = (self.sold, self.returned, self.sold - self.returned)
        sold, returned, rest = (format_minor(each, self.currency) for each in sums)
        return sold, returned, rest


def balances(*, is_demo: bool, operator: str = "") -> list[Balance]:
    """Return all accounts that have entries, or only that of one operator."""
    entries = LedgerEntry.objects.filter(transaction__is_demo=is_demo)
    if operator:
        entries = entries.filter(account=LedgerEntry.Account.OPERATOR, operator=operator)
    columns = ("account", "operator", "transaction__currency")
    rows = entries.values_list(*columns).annotate(sum=Sum("amount")).order_by(*columns)
    return [Balance(*row) for row in rows]


def months(*, is_demo: bool) -> list[Month]:
    """Return what became owed to each operator in each month, the newest month first."""
    entries = LedgerEntry.objects.filter(
        transaction__is_demo=is_demo, account=LedgerEntry.Account.OPERATOR
    )
    named = entries.annotate(month=TruncMonth("transaction__at"))
    columns = ("month", "operator", "transaction__currency")
    rows = named.values_list(*columns).annotate(
        sold=-Sum("amount", filter=Q(amount__lt=0), default=0),
        returned=Sum("amount", filter=Q(amount__gt=0), default=0),
    )
    return [
        Month(first_day=month.date(), operator=code, currency=currency, sold=sold, returned=back)
        for month, code, currency, sold, back in rows.order_by(
            "-month", "operator", "transaction__currency"
        )
    ]
