"""The ledger: every movement of money as one transaction whose entries sum to zero.

A debit is above zero, a credit below; `docs/ledger.md` has every movement with an example. The
functions run in the transaction of their cause, with the booking locked, and do nothing the second
time: the key of a movement is made of what moved. They raise nothing, and nothing is written for
an amount of 0. Amounts are minor units of the payment's currency.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from bookings.models import Booking
from payments import shares
from payments.models import Dispute, LedgerEntry, LedgerTransaction, Payment, Refund

Kind = LedgerTransaction.Kind
Account = LedgerEntry.Account
# Account and code of the operator; the code is empty on all accounts but that of operators.
Line = tuple[str, str]

# Movements with their entries, each once, in one round trip: two belong to every sale.
WRITE = """
    WITH movement AS (
        INSERT INTO payments_ledgertransaction
            (key, kind, booking_id, payment_id, currency, is_demo, at)
        SELECT new.key, new.kind, %(booking_id)s::bigint, %(payment_id)s::bigint, %(currency)s,
            %(is_demo)s::boolean, %(at)s::timestamptz
        FROM unnest(%(keys)s::text[], %(kinds)s::text[]) AS new (key, kind)
        ON CONFLICT (key) DO NOTHING
        RETURNING id, key
    )
    INSERT INTO payments_ledgerentry (transaction_id, account, operator, amount)
    SELECT movement.id, entry.account, entry.operator, entry.amount
    FROM unnest(%(of)s::text[], %(accounts)s::text[], %(operators)s::text[], %(amounts)s::bigint[])
        WITH ORDINALITY AS entry (key, account, operator, amount, place)
    JOIN movement USING (key) ORDER BY entry.place
"""
# What each operator has of the booking's money, and what it should have: the sum of its live lines.
# Operators that have no leg of the booking have no target.
SHARES = """
    SELECT code, coalesce(sum(owed), 0)::bigint, sum(target)::bigint
    FROM (
        SELECT entry.operator AS code, -entry.amount AS owed, NULL::bigint AS target
        FROM payments_ledgerentry entry
        JOIN payments_ledgertransaction movement ON movement.id = entry.transaction_id
        WHERE movement.booking_id = %(booking_id)s AND movement.currency = %(currency)s
            AND entry.account = 'operator'
        UNION ALL
        SELECT operator.code, NULL, coalesce(sum(item.amount), 0)
        FROM bookings_journeyleg leg
        JOIN ferries_operator operator ON operator.id = leg.operator_id
        LEFT JOIN bookings_orderitem item ON item.leg_id = leg.id AND item.cancelled_at IS NULL
        WHERE leg.booking_id = %(booking_id)s
        GROUP BY operator.code
    ) part
    GROUP BY code
"""

CASH: Line = (Account.CASH, "")
DISPUTED: Line = (Account.DISPUTED, "")
CUSTOMER: Line = (Account.CUSTOMER, "")
VOUCHER: Line = (Account.VOUCHER, "")
CHARGEBACK: Line = (Account.CHARGEBACK, "")


@dataclass(frozen=True)
class _Movement:
    """What is written at once: why, under which key, and the entries, which sum to zero."""

    key: str
    kind: str
    entries: Mapping[Line, int]

    def lines(self) -> list[tuple[str, str, str, int]]:
        """Return key, account, operator and amount of each entry that is not zero."""
        return [(self.key, *line, amount) for line, amount in self.entries.items() if amount]


def money_received(payment: Payment, *, at: datetime) -> None:
    """Book what arrived: by the provider, or from a voucher. It is the customer's until sold."""
    _write(_received(payment), payment=payment, at=at)


def booking_sold(payment: Payment, *, at: datetime) -> None:
    """Book what arrived, and that it pays the booking: it is owed to the operators of its legs."""
    key = f"sold:{payment.public_id}"
    sold = _shared(key, Kind.SOLD, payment=payment, amount=payment.captured)
    _write(_received(payment), sold, payment=payment, at=at)


def refund_owed(refund: Refund, *, at: datetime) -> None:
    """Book that a part goes back to the customer. Money that never paid the booking is theirs."""
    payment = refund.payment
    if payment.counted:
        key = _owed_key(refund)
        owed = _shared(key, Kind.OWED, payment=payment, amount=-refund.amount)
        _write(owed, payment=payment, at=at)


def refund_paid(refund: Refund, *, at: datetime) -> None:
    """Book that the money went back: by the provider, as a new voucher, or to the old one."""
    target, kind = _way_back(refund)
    entries = {CUSTOMER: refund.amount, target: -refund.amount}
    _write(_Movement(_paid_key(refund), kind, entries), payment=refund.payment, at=at)


def refund_dropped(refund: Refund, *, at: datetime, was_paid: bool) -> None:
    """Book that a refund failed or was canceled: what was booked for it is reversed."""
    payment = refund.payment
    if was_paid:
        key = f"refund_lost:{refund.public_id}"
        _reverse(_paid_key(refund), key, Kind.REFUND_LOST, payment=payment, at=at)
    key = f"not_owed:{refund.public_id}"
    _reverse(_owed_key(refund), key, Kind.NOT_OWED, payment=payment, at=at)


def dispute_moved(dispute: Dispute, *, change: int, at: datetime) -> None:
    """Book that the provider holds back more (`change` above 0) or less than before.

    What was given up as lost already and comes back all the same is no longer lost.
    """
    if change > 0:
        kind, entries = Kind.WITHDRAWN, {CASH: -change, DISPUTED: change}
    else:
        held = min(-change, _of_dispute(dispute).get(DISPUTED, 0))
        kind = Kind.REINSTATED
        entries = {CASH: -change, DISPUTED: -held, CHARGEBACK: change + held}
    _write(_Movement(_dispute_key(dispute), kind, entries), payment=dispute.payment, at=at)


def dispute_lost(dispute: Dispute, *, at: datetime) -> None:
    """Book that what the provider still holds back for the dispute will not come again."""
    amount = dispute.withdrawn - _of_dispute(dispute).get(CHARGEBACK, 0)
    lost = _Movement(
        _dispute_key(dispute), Kind.CHARGED_BACK, {DISPUTED: -amount, CHARGEBACK: amount}
    )
    _write(lost, payment=dispute.payment, at=at)


def shares_moved(booking: Booking, *, cause: str, at: datetime) -> None:
    """Book that the money of a booking belongs to other operators now, without any payment.

    `cause` names the change, once. Amounts are in the currency of the booking.
    """
    payment = Payment.objects.filter(booking=booking, counted=True).order_by("pk").last()
    if payment:
        moved = _shared(f"shares:{cause}", Kind.SHARES, payment=payment, amount=0)
        _write(moved, payment=payment, at=at)


def balance(booking: Booking) -> dict[Line, int]:
    """Return the booking's accounts that are not at zero, in minor units of its currency.

    The key is the account and, for what is owed to operators, the operator's code.
    """
    return _sums(booking=booking, currency=booking.currency)


def cash_of(payment: Payment) -> int:
    """Return what of the payment is at the provider by the books, in minor units."""
    return _sums(payment=payment).get(CASH, 0)


def cash_of_each(payments: Collection[Payment]) -> dict[int, int]:
    """Return `cash_of` of each payment that has any, by primary key: one query."""
    entries = LedgerEntry.objects.filter(
        account=Account.CASH, transaction__payment__in=[payment.pk for payment in payments]
    )
    sums = entries.values_list("transaction__payment").annotate(sum=Sum("amount")).order_by()
    return dict(sums)


def _received(payment: Payment) -> _Movement:
    source, kind = (VOUCHER, Kind.VOUCHER_SPENT) if payment.voucher_id else (CASH, Kind.CAPTURED)
    amount = payment.captured
    return _Movement(f"captured:{payment.public_id}", kind, {source: amount, CUSTOMER: -amount})


def _shared(key: str, kind: str, *, payment: Payment, amount: int) -> _Movement:
    """Return how the customer's money goes to operators (`amount` above 0), or comes back."""
    booking: dict[str, Any] = {
        "booking_id": payment.booking_id,
        "currency": payment.booking.currency,
    }
    with connection.cursor() as cursor:
        cursor.execute(SHARES, booking)
        found = cursor.fetchall()
    owed = {code: sum_ for code, sum_, _ in found if sum_}
    targets = {code: target for code, _, target in found if target is not None}
    changes = shares.split(amount, owed=owed, targets=targets)
    entries = {(str(Account.OPERATOR), code): -change for code, change in changes.items()}
    return _Movement(key, kind, {CUSTOMER: amount, **entries})


def _way_back(refund: Refund) -> tuple[Line, str]:
    if refund.voucher_id:
        return VOUCHER, Kind.VOUCHER_ISSUED
    if refund.payment.voucher_id:
        return VOUCHER, Kind.VOUCHER_RETURNED
    return CASH, Kind.REFUNDED


def _owed_key(refund: Refund) -> str:
    return f"owed:{refund.public_id}"


def _paid_key(refund: Refund) -> str:
    return f"refunded:{refund.public_id}"


def _dispute_key(dispute: Dispute) -> str:
    """Return the key of the dispute's next movement: money may go forth and back several times."""
    prefix = f"dispute:{dispute.dispute_id}:"
    return f"{prefix}{LedgerTransaction.objects.filter(key__startswith=prefix).count() + 1}"


def _of_dispute(dispute: Dispute) -> dict[Line, int]:
    return _sums(key__startswith=f"dispute:{dispute.dispute_id}:")


def _sums(**transactions: object) -> dict[Line, int]:
    found = LedgerEntry.objects.filter(
        **{f"transaction__{name}": value for name, value in transactions.items()}
    )
    rows = found.values_list("account", "operator").annotate(sum=Sum("amount")).order_by()
    return {(account, operator): sum_ for account, operator, sum_ in rows if sum_}


def _reverse(earlier: str, key: str, kind: str, *, payment: Payment, at: datetime) -> None:
    entries = _sums(key=earlier)
    opposite = {line: -amount for line, amount in entries.items()}
    _write(_Movement(key, kind, opposite), payment=payment, at=at)


def _write(*movements: _Movement, payment: Payment, at: datetime) -> None:
    real = [movement for movement in movements if movement.lines()]
    if not real:
        return
    lines = [line for movement in real for line in movement.lines()]
    keys, accounts, operators, amounts = (list(column) for column in zip(*lines, strict=True))
    values: dict[str, Any] = {
        "keys": [movement.key for movement in real],
        "kinds": [str(movement.kind) for movement in real],
        "of": keys,
        "booking_id": payment.booking_id,
        "payment_id": payment.pk,
        "currency": payment.currency,
        "is_demo": is_demo(payment),
        "at": at,
        "accounts": accounts,
        "operators": operators,
        "amounts": amounts,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)


def is_demo(payment: Payment) -> bool:
    """Tell whether no real money stands behind the payment, also by way of a voucher."""
    if payment.voucher:
        return payment.voucher.is_demo
    return payment.gateway == Payment.Gateway.DEMO
