"""Books what happened before there was a ledger: a step of migration 0003.

Keys and entries are those of `payments/ledger.py`. Moments that were never stored are taken from
the rows: money came when its payment was made, and went when its refund was last changed. What
failed or was canceled left no trace in the sums and gets none here.
"""

from collections import defaultdict
from itertools import groupby

from django.db import connection
from django.db.models import Q, Sum

from payments.shares import split

OPERATOR, CUSTOMER, CASH, VOUCHER = "operator", "customer", "cash", "voucher"


def backfill(apps, schema_editor):
    """Write the movements of all payments with money and of their refunds, booking by booking."""
    payments = apps.get_model("payments", "Payment").objects.filter(captured__gt=0)
    payments = payments.select_related("voucher").prefetch_related("refunds")
    rows = payments.order_by("booking_id", "pk").iterator(chunk_size=500)
    for booking_id, group in groupby(rows, key=lambda payment: payment.booking_id):
        _Books(apps, booking_id).write(list(group))
    # What follows in the migration may not change a table whose constraints are still unchecked.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class _Books:
    """The movements of one booking, in the order of time."""

    def __init__(self, apps, booking_id):
        self.transactions = apps.get_model("payments", "LedgerTransaction").objects
        self.entry = apps.get_model("payments", "LedgerEntry")
        self.items = apps.get_model("bookings", "OrderItem").objects.filter(booking=booking_id)
        legs = apps.get_model("bookings", "JourneyLeg").objects.filter(booking=booking_id)
        self.codes = list(legs.order_by("position").values_list("operator__code", flat=True))
        self.booking_id = booking_id
        self.owed = defaultdict(int)

    def write(self, payments):
        steps = [step for payment in payments for step in self._steps(payment)]
        for _, _, move in sorted(steps, key=lambda step: step[:2]):
            move()
        last = max((payment for payment in payments if payment.counted), key=_pk, default=None)
        if last:
            self._share(f"shares:backfill:{self.booking_id}", "shares", last, 0, last.updated_at)

    def _steps(self, payment):
        """Return moments with what happened then; the number keeps those of one moment apart."""
        yield payment.created_at, 0, lambda: self._received(payment)
        for refund in payment.refunds.all():
            if refund.state in ("failed", "canceled"):
                continue
            if payment.counted:
                yield refund.created_at, 1, lambda refund=refund: self._owed(payment, refund)
            if refund.state == "succeeded":
                yield refund.updated_at, 2, lambda refund=refund: self._paid(payment, refund)

    def _received(self, payment):
        amount, at = payment.captured, payment.created_at
        source, kind = (VOUCHER, "voucher_spent") if payment.voucher else (CASH, "captured")
        entries = {(source, ""): amount, (CUSTOMER, ""): -amount}
        self._write(f"captured:{payment.public_id}", kind, payment, at, entries)
        if payment.counted:
            self._share(f"sold:{payment.public_id}", "sold", payment, amount, at)

    def _owed(self, payment, refund):
        key = f"owed:{refund.public_id}"
        self._share(key, "owed", payment, -refund.amount, refund.created_at)

    def _paid(self, payment, refund):
        target, kind = CASH, "refunded"
        if payment.voucher or refund.voucher_id:
            target = VOUCHER
            kind = "voucher_issued" if refund.voucher_id else "voucher_returned"
        entries = {(CUSTOMER, ""): refund.amount, (target, ""): -refund.amount}
        self._write(f"refunded:{refund.public_id}", kind, payment, refund.updated_at, entries)

    def _share(self, key, kind, payment, amount, at):
        live = self.items.filter(Q(cancelled_at=None) | Q(cancelled_at__gt=at))
        sums = live.values_list("leg__operator__code").annotate(sum=Sum("amount")).order_by()
        targets = {**dict.fromkeys(self.codes, 0), **dict(sums)}
        changes = split(amount, owed=self.owed, targets=targets)
        for code, change in changes.items():
            self.owed[code] += change
        entries = {(OPERATOR, code): -change for code, change in changes.items()}
        self._write(key, kind, payment, at, {(CUSTOMER, ""): amount, **entries})

    def _write(self, key, kind, payment, at, entries):
        lines = {line: amount for line, amount in entries.items() if amount}
        if not lines:
            return
        is_demo = payment.voucher.is_demo if payment.voucher else payment.gateway == "demo"
        movement = self.transactions.create(
            key=key,
            kind=kind,
            booking_id=self.booking_id,
            payment=payment,
            currency=payment.currency,
            is_demo=is_demo,
            at=at,
        )
        self.entry.objects.bulk_create(
            self.entry(transaction=movement, account=account, operator=operator, amount=amount)
            for (account, operator), amount in lines.items()
        )


def _pk(row):
    return row.pk
