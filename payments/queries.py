"""Reading payments, and locking them in the one order: booking, payment, refund, voucher."""

from django.db import connection
from django.db.models import QuerySet

from bookings.models import Booking
from maritime.lib import references, rows, sql
from payments import states
from payments.errors import VoucherUnknown
from payments.models import Dispute, Payment, Refund, Voucher

# What a settlement reads twice, before and under its locks; the ORM takes three statements for it.
WITH_BOOKING = (
    f"SELECT {sql.columns('payment', rows.column_names(Payment))},"  # noqa: S608 - our own names
    f" {sql.columns('booking', rows.column_names(Booking))}"
    " FROM payments_payment payment JOIN bookings_booking booking"
    " ON booking.id = payment.booking_id WHERE payment.id = %s"
)
OPEN_OF_BOOKING = (
    f"SELECT {sql.columns('payment', rows.column_names(Payment))}"  # noqa: S608
    " FROM payments_payment payment WHERE booking_id = %s AND state = ANY(%s) ORDER BY id LIMIT 1"
)
WIDTH = len(rows.column_names(Payment))


def payment_of(booking: Booking) -> Payment | None:
    """Return the payment that matters for the booking now, or None.

    That is the one that holds its money, else the open one, else the newest.
    """
    rows = list(Payment.objects.filter(booking=booking).order_by("-pk"))
    for wanted in (_holds_money, _is_open):
        for payment in rows:
            if wanted(payment):
                return payment
    return rows[0] if rows else None


def refunds_of(booking: Booking) -> list[Refund]:
    """Return the refunds of the booking, oldest first, each with its payment and new voucher."""
    refunds = Refund.objects.filter(payment__booking=booking)
    return list(refunds.select_related("payment", "voucher").order_by("pk"))


def vouchers_of(booking: Booking) -> list[Voucher]:
    """Return the vouchers that cancellations of the booking issued, oldest first."""
    return list(Voucher.objects.filter(booking=booking).order_by("pk"))


def voucher_by_code(code: str, *, is_demo: bool) -> Voucher:
    """Return the voucher that somebody typed; raises VoucherUnknown, also for the other money."""
    typed = references.normalise(code)
    voucher = Voucher.objects.filter(code=typed, is_demo=is_demo).first()
    if voucher is None:
        raise VoucherUnknown
    return voucher


def payments_taken(booking: Booking) -> list[Payment]:
    """Return the payments of the booking that brought money, oldest first."""
    return list(Payment.objects.filter(booking=booking, captured__gt=0).order_by("pk"))


def payments_with_money(booking: Booking) -> list[Payment]:
    """Return the payments of the booking with money that can be given back, oldest first."""
    held = Payment.objects.filter(booking=booking, state__in=states.HOLDS_MONEY)
    return [payment for payment in held.order_by("pk") if payment.left > 0]


def open_disputes(payment: Payment) -> QuerySet[Dispute]:
    """Return the disputes of the payment that are not over, and the inquiries."""
    return payment.disputes.exclude(state__in=states.CLOSED_DISPUTE)


def is_disputed(payment: Payment) -> bool:
    """Tell whether nothing of the payment may be given back: a dispute is open, no mere inquiry."""
    return open_disputes(payment).filter(refundable=False).exists()


def has_open_refunds(payment: Payment) -> bool:
    """Tell whether the end of any refund of the payment is still unknown."""
    return payment.refunds.filter(state__in=states.OPEN_REFUND).exists()


def payment_with_booking(payment_id: int) -> Payment:
    """Return the payment and its booking, not locked; raises Payment.DoesNotExist."""
    return _read(WITH_BOOKING, payment_id)


def lock_payment(payment_id: int) -> Payment:
    """Return the payment, locked after its booking until the end of the caller's transaction.

    PostgreSQL locks rows in the order in which the statement names their tables, and reads both
    again if it had to wait for one. Raises Payment.DoesNotExist.
    """
    return _read(f"{WITH_BOOKING} FOR UPDATE OF booking, payment", payment_id)


def lock_voucher(voucher_id: int) -> Voucher:
    """Return the voucher, locked until the end of the caller's transaction."""
    return Voucher.objects.select_for_update().get(pk=voucher_id)


def open_payment_of(booking: Booking) -> Payment | None:
    """Return the payment of the booking that may still succeed, if any."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_OF_BOOKING, [booking.pk, list(states.OPEN_PAYMENT)])
        row = cursor.fetchone()
    return rows.from_row(Payment, row) if row else None


def _read(statement: str, payment_id: int) -> Payment:
    with connection.cursor() as cursor:
        cursor.execute(statement, [payment_id])
        row = cursor.fetchone()
    if row is None:
        raise Payment.DoesNotExist
    payment = rows.from_row(Payment, row[:WIDTH])
    payment.booking = rows.from_row(Booking, row[WIDTH:])
    return payment


def _holds_money(payment: Payment) -> bool:
    return payment.state in states.HOLDS_MONEY and payment.counted


def _is_open(payment: Payment) -> bool:
    return payment.state in states.OPEN_PAYMENT
