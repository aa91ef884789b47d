"""What the database refuses, and the books of what happened before there was a ledger."""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from bookings.operations.confirm import confirm_with_operator
from bookings.tests.cancel_worlds import cancel
from bookings.tests.makers import held
from ferries.tests import makers
from maritime.lib import clock
from payments import ledger
from payments.migrations._ledger_backfill import backfill
from payments.models import LedgerEntry, LedgerTransaction, Refund, Voucher
from payments.operations.send import send_refund, settle_refunds
from payments.operations.spend import spend_voucher
from payments.operations.vouchers import issue_voucher
from payments.tests.back.worlds import asked, sent
from payments.tests.books.worlds import DAY, journey, movements, wrong

pytestmark = pytest.mark.django_db


@contextmanager
def committed():
    """Check at the end of the block what a commit checks, and undo the block if that fails."""
    with transaction.atomic():
        yield
        check_now()


def check_now():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def write(payment, *amounts):
    movement = LedgerTransaction.objects.create(
        key="k", kind="captured", booking=payment.booking, payment=payment, currency="USD",
        at=clock.now(),
    )  # fmt: skip
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=movement, account="cash", amount=amount) for amount in amounts
    )


@pytest.mark.parametrize("amounts", [(), (5,), (5, -4), (5, 5)])
def test_a_transaction_that_does_not_sum_to_zero_is_refused(provider, amounts):
    payment = journey(provider)

    with pytest.raises(IntegrityError, match="entries that sum to"), committed():
        write(payment, *amounts)

    assert LedgerTransaction.objects.filter(key="k").count() == 0


def test_an_entry_more_in_an_old_transaction_is_refused(provider):
    movement = journey(provider).ledger.first()

    with pytest.raises(IntegrityError, match="3 entries that sum to 1"), committed():
        LedgerEntry.objects.create(transaction=movement, account="cash", amount=1)


def test_a_transaction_that_sums_to_zero_is_taken(provider):
    payment = journey(provider)

    with committed():
        write(payment, 5, 6, -11)

    assert LedgerTransaction.objects.filter(key="k").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: LedgerEntry.objects.filter(account="cash").update(amount=1),
        lambda: LedgerEntry.objects.filter(account="cash").update(operator="RED"),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: LedgerTransaction.objects.update(kind="sold"),
        lambda: LedgerTransaction.objects.all()._raw_delete("default"),
    ],
)
def test_nothing_that_was_written_is_changed_or_deleted(provider, change):
    payment = journey(provider)
    before = movements(payment.booking)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()

    assert movements(payment.booking) == before


def test_an_entry_of_nothing_is_refused(provider):
    payment = journey(provider)

    with pytest.raises(IntegrityError, match="ledger_entry_not_zero"), transaction.atomic():
        write(payment, 0)


def forget():
    """Empty the ledger as a database of an older version has it."""
    check_now()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE payments_ledgerentry, payments_ledgertransaction")


def test_the_past_is_booked_as_if_the_ledger_had_always_been_there(provider):
    payment = journey(provider)
    confirm_with_operator(payment.booking_id, now=clock.now())
    refund = sent(payment, 100)
    asked(payment, 50, key="not sent yet")
    cancel(payment.booking, legs=[2], now=clock.now())
    provider.books.refund_status = "pending"
    failed = send_refund(Refund.objects.latest("pk").pk, now=clock.now())
    provider.controls.end_refund(failed.refund_id, "failed")
    settle_refunds(payment.pk)
    voucher = issue_voucher(payment.booking, amount=400, reason="storm", now=clock.now())
    second = held(makers.sailing(departs_at=clock.now() + 5 * DAY), now=clock.now())
    Voucher.objects.filter(pk=voucher.pk).update(amount=1000)
    spent = spend_voucher(second.pk, code=voucher.code, now=clock.now())
    send_refund(asked(spent, 300).pk, now=clock.now())
    balances = [ledger.balance(payment.booking), ledger.balance(second)]
    cash = ledger.cash_of(payment)
    forget()

    backfill(apps, None)

    assert [ledger.balance(payment.booking), ledger.balance(second)] == balances
    assert ledger.cash_of(payment) == cash == 2401
    assert movements(second) == [
        ("voucher_spent", {"voucher": 1000, "customer": -1000}),
        ("sold", {"customer": 1000, "BLUE": -1000}),
        ("owed", {"customer": -300, "BLUE": 300}),
        ("voucher_returned", {"customer": 300, "voucher": -300}),
    ]
    # The voucher was made dearer by hand above.
    assert wrong() == ["voucher_sum"]
    ledger.refund_paid(refund, at=clock.now())
    assert ledger.cash_of(payment) == 2401


def test_an_empty_past_has_no_books():
    backfill(apps, None)

    assert LedgerTransaction.objects.count() == 0
