"""The ledger against the rows that it tells of: payments, refunds, disputes, bookings, vouchers.

Rows are read in batches while the world goes on, so what seems to differ is looked at again with
its booking locked: every writer of money holds that lock.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from bookings.models import Booking
from payments import queries, states
from payments.findings import Finding, Kind
from payments.models import Dispute, LedgerEntry, Payment, Refund, Voucher

Account = LedgerEntry.Account
Sums = dict[str, int]
BATCH = 500
# Held back or lost is one thing here: the provider has it and we do not.
HELD = {Account.CHARGEBACK: Account.DISPUTED}


def audit_ledger(*, since: datetime) -> list[Finding]:
    """Return what differs for payments that changed since then, and for vouchers as a whole."""
    changed = sorted(_changed(since))
    found = []
    for start in range(0, len(changed), BATCH):
        found += _audit(changed[start : start + BATCH])
    return [*found, *_of_vouchers()]


def _changed(since: datetime) -> set[int]:
    """Return the ids of payments that changed themselves, or whose refunds, disputes, books did."""
    payments = Payment.objects.filter(captured__gt=0)
    lookups = ("updated_at", "refunds__updated_at", "disputes__updated_at", "ledger__at")
    ids: set[int] = set()
    for lookup in lookups:
        ids |= set(payments.filter(**{f"{lookup}__gte": since}).values_list("pk", flat=True))
    return ids


def _audit(ids: Sequence[int]) -> list[Finding]:
    payments = Payment.objects.filter(pk__in=ids).select_related("booking")
    payments = payments.prefetch_related("refunds", "disputes")
    books = _books(ids)
    suspects = [row.pk for row in payments if any(_of_payment(row, books[row.pk]))]
    bookings = {row.booking_id for row in payments}
    found = [finding for pk in suspects for finding in _look_again(pk)]
    wrong = [row.pk for row in Booking.objects.filter(pk__in=bookings) if _of_booking(row)]
    return found + [finding for pk in wrong for finding in _look_at_booking(pk)]


@transaction.atomic
def _look_again(payment_id: int) -> list[Finding]:
    payment = queries.lock_payment(payment_id)
    return list(_of_payment(payment, _books([payment_id])[payment_id]))


@transaction.atomic
def _look_at_booking(booking_id: int) -> list[Finding]:
    return _of_booking(Booking.objects.select_for_update().get(pk=booking_id))


def _books(ids: Sequence[int]) -> dict[int, Sums]:
    """Return the accounts of each payment by the ledger."""
    entries = LedgerEntry.objects.filter(transaction__payment__in=ids)
    rows = entries.values_list("transaction__payment", "account").annotate(sum=Sum("amount"))
    books: dict[int, Sums] = defaultdict(lambda: defaultdict(int))
    for payment_id, account, amount in rows.order_by():
        books[payment_id][HELD.get(account, account)] += amount
    return books


def _of_payment(payment: Payment, books: Sums) -> Iterator[Finding]:
    refunds, disputes = list(payment.refunds.all()), list(payment.disputes.all())
    reserved = _sum(refund for refund in refunds if refund.state not in states.LOST_REFUND)
    if payment.refunded != reserved:
        text = "The payment's sum of refunds is not that of its refunds."
        yield _finding(payment, Kind.PAYMENT_SUM, text, payment.refunded, reserved)
    wanted = _accounts(payment, refunds, disputes, reserved=reserved)
    for account, amount in wanted.items():
        if books.get(account, 0) != amount:
            text = f"Account {account} of the payment is not what its rows say."
            yield _finding(payment, Kind.LEDGER_ACCOUNT, text, books.get(account, 0), amount)


def _accounts(
    payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute], *, reserved: int
) -> Sums:
    """Return what the accounts of the payment must be; they sum to zero."""
    done = [refund for refund in refunds if refund.state == Refund.State.SUCCEEDED]
    issued = _sum(refund for refund in done if refund.voucher_id)
    gone = _sum(done)
    held = sum(dispute.withdrawn for dispute in disputes)
    by_voucher = payment.voucher_id is not None
    cash = 0 if by_voucher else payment.captured - (gone - issued) - held
    voucher = payment.captured - gone if by_voucher else -issued
    operator = reserved - payment.captured if payment.counted else 0
    return {
        Account.CASH: cash,
        Account.VOUCHER: voucher,
        Account.DISPUTED: held,
        Account.OPERATOR: operator,
        Account.CUSTOMER: -(cash + voucher + held + operator),
    }


def _of_booking(booking: Booking) -> list[Finding]:
    """Compare the sums of the booking with those of the payments that count."""
    counted = Payment.objects.filter(booking=booking, counted=True)
    totals = counted.aggregate(paid=Sum("captured"), lost=Sum("charged_back"))
    refunds = Refund.objects.filter(payment__in=counted, state=Refund.State.SUCCEEDED)
    returned = refunds.aggregate(sum=Sum("amount"))["sum"] or 0
    found = []
    for name, ours, rows in (
        ("paid", booking.paid, totals["paid"] or 0),
        ("refunded", booking.refunded, returned + (totals["lost"] or 0)),
    ):
        if ours != rows:
            text = f"What the booking has {name} is not the sum of its payments."
            found.append(
                Finding(
                    kind=Kind.BOOKING_SUM,
                    text=text,
                    reference=booking.reference,
                    ours=ours,
                    theirs=rows,
                    currency=booking.currency,
                )
            )
    return found


@transaction.atomic
def _of_vouchers() -> list[Finding]:
    """Compare what all vouchers still are worth with the ledger, for each currency and money."""
    vouchers = Voucher.objects.values_list("currency", "is_demo")
    left = vouchers.annotate(sum=Sum(F("amount") - F("used"))).order_by()
    entries = LedgerEntry.objects.filter(account=Account.VOUCHER)
    booked = entries.values_list("transaction__currency", "transaction__is_demo")
    sums = {(row[0], row[1]): -row[2] for row in booked.annotate(sum=Sum("amount")).order_by()}
    rows = {(currency, is_demo): amount for currency, is_demo, amount in left}
    return [
        Finding(
            kind=Kind.VOUCHER_SUM,
            text=f"All {'demo' if key[1] else 'live'} vouchers are not worth what the ledger says.",
            reference="",
            ours=sums.get(key, 0),
            theirs=rows.get(key, 0),
            currency=key[0],
        )
        for key in sorted({*sums, *rows})
        if sums.get(key, 0) != rows.get(key, 0)
    ]


def _sum(refunds: Iterator[Refund] | Sequence[Refund]) -> int:
    return sum(refund.amount for refund in refunds)


def _finding(payment: Payment, kind: Kind, text: str, ours: int, theirs: int) -> Finding:
    return Finding(
        kind=kind,
        text=text,
        reference=payment.booking.reference,
        ours=ours,
        theirs=theirs,
        currency=payment.currency,
        payment_id=payment.pk,
    )
