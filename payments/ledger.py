"""The ledger: every movement of money as one transaction whose entries sum to zero.

A debit is above zero, a credit below; `docs/ledger.md` has every movement with an example. The
functions run in the transaction of their cause, with the booking locked, and do nothing the second
time: the key of a movement is made of what moved. They raise nothing, and nothing is written for
an amount of 0. Amounts are minor units of the payment's currency.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from bookings.models import Booking, JourneyLeg, OrderItem
from payments import shares
from payments.models import Dispute, LedgerEntry, LedgerTransaction, Payment, Refund

Kind = LedgerTransaction.Kind
Account = LedgerEntry.Account
# Account and code of the operator; the code is empty on all accounts but that of operators.
Line = tuple[str, str]

# A movement and its entries, once, in one round trip: two of them belong to every sale.
WRITE = """
    WITH movement AS (
        INSERT INTO payments_ledgertransaction
            (key, kind, booking_id, payment_id, currency, is_demo, at)
        VALUES (%(key)s, %(kind)s, %(booking_id)s, %(payment_id)s, %(currency)s, %(is_demo)s,
            %(at)s)
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    )
    INSERT INTO payments_ledgerentry (transaction_id, account, operator, amount)
    SELECT movement.id, entry.account, entry.operator, entry.amount
    FROM movement, unnest(%(accounts)s::text[], %(operators)s::text[], %(amounts)s::bigint[])
        AS entry (account, operator, amount)
"""

CASH: Line = (Account.CASH, "")
DISPUTED: Line = (Account.DISPUTED, "")
CUSTOMER: Line = (Account.CUSTOMER, "")
VOUCHER: Line = (Account.VOUCHER, "")
CHARGEBACK: Line = (Account.CHARGEBACK, "")


def money_received(payment: Payment, *, at: datetime) -> None:
    """Book what arrived: by the provider, or from a voucher. It is the customer's until sold."""
    source, kind = (VOUCHER, Kind.VOUCHER_SPENT) if payment.voucher_id else (CASH, Kind.CAPTURED)
    amount = payment.captured
    _write(
        f"captured:{payment.public_id}",
        kind,
        payment=payment,
        at=at,
        entries={source: amount, CUSTOMER: -amount},
    )


def booking_sold(payment: Payment, *, at: datetime) -> None:
    """Book that the money pays the booking: it is owed to the operators of its legs now."""
    _share(f"sold:{payment.public_id}", Kind.SOLD, payment=payment, amount=payment.captured, at=at)


def refund_owed(refund: Refund, *, at: datetime) -> None:
    """Book that a part goes back to the customer. Money that never paid the booking is theirs."""
    if refund.payment.counted:
        _share(_owed_key(refund), Kind.OWED, payment=refund.payment, amount=-refund.amount, at=at)


def refund_paid(refund: Refund, *, at: datetime) -> None:
    """Book that the money went back: by the provider, as a new voucher, or to the old one."""
    target, kind = _way_back(refund)
    _write(
        _paid_key(refund),
        kind,
        payment=refund.payment,
        at=at,
        entries={CUSTOMER: refund.amount, target: -refund.amount},
    )


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
    _write(_dispute_key(dispute), kind, payment=dispute.payment, at=at, entries=entries)


def dispute_lost(dispute: Dispute, *, at: datetime) -> None:
    """Book that what the provider still holds back for the dispute will not come again."""
    amount = dispute.withdrawn - _of_dispute(dispute).get(CHARGEBACK, 0)
    _write(
        _dispute_key(dispute),
        Kind.CHARGED_BACK,
        payment=dispute.payment,
        at=at,
        entries={DISPUTED: -amount, CHARGEBACK: amount},
    )


def shares_moved(booking: Booking, *, cause: str, at: datetime) -> None:
    """Book that the money of a booking belongs to other operators now, without any payment.

    `cause` names the change, once. Amounts are in the currency of the booking.
    """
    payment = Payment.objects.filter(booking=booking, counted=True).order_by("pk").last()
    if payment:
        _share(f"shares:{cause}", Kind.SHARES, payment=payment, amount=0, at=at)


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


def targets_of(booking: Booking) -> dict[str, int]:
    """Return what each operator of the booking's legs should have: the sum of its live lines."""
    legs = JourneyLeg.objects.filter(booking=booking).order_by("position")
    targets = dict.fromkeys(legs.values_list("operator__code", flat=True), 0)
    items = OrderItem.objects.filter(booking=booking, cancelled_at=None)
    sums = items.values_list("leg__operator__code").annotate(sum=Sum("amount")).order_by()
    return {**targets, **dict(sums)}


def _share(key: str, kind: str, *, payment: Payment, amount: int, at: datetime) -> None:
    """Write the customer's money over to operators (`amount` above 0), or back."""
    booking = payment.booking
    owed = {
        operator: -sum_
        for (account, operator), sum_ in balance(booking).items()
        if account == Account.OPERATOR
    }
    changes = shares.split(amount, owed=owed, targets=targets_of(booking))
    entries = {(str(Account.OPERATOR), code): -change for code, change in changes.items()}
    _write(key, kind, payment=payment, at=at, entries={CUSTOMER: amount, **entries})


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
    _write(key, kind, payment=payment, at=at, entries=opposite)


def _write(
    key: str, kind: str, *, payment: Payment, at: datetime, entries: Mapping[Line, int]
) -> None:
    lines = [(*line, amount) for line, amount in entries.items() if amount]
    if not lines:
        return
    accounts, operators, amounts = (list(column) for column in zip(*lines, strict=True))
    movement: dict[str, Any] = {
        "key": key,
        "kind": kind,
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
        cursor.execute(WRITE, movement)


def is_demo(payment: Payment) -> bool:
    """Tell whether no real money stands behind the payment, also by way of a voucher."""
    if payment.voucher:
        return payment.voucher.is_demo
    return payment.gateway == Payment.Gateway.DEMO
