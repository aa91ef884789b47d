"""Paying with a voucher: no provider, one transaction."""

from datetime import datetime

from django.db import transaction

from bookings.errors import WrongState
from bookings.models import Booking
from bookings.operations.check import space_lost
from bookings.operations.confirm import mark_paid
from bookings.queries import amount_due, booking_for_update, booking_with_legs
from ferries.errors import NotBookable
from payments import ledger, queries, signals
from payments.errors import (
    VoucherCurrency,
    VoucherExpired,
    VoucherTooSmall,
    WrongMove,
)
from payments.gateways import gateway
from payments.models import Payment, Voucher
from payments.operations.start import begin


def spend_voucher(booking_id: int, *, code: str, now: datetime) -> Payment:
    """Pay all that is due of a booking, or of the change it waits for, with one voucher.

    Locks booking, voucher, then the claims. An open payment at the provider is closed afterwards.
    Repeating a request that has done its work returns its payment. Never call it inside a
    transaction. Sends payment_succeeded. Raises VoucherUnknown, VoucherCurrency, VoucherExpired,
    VoucherTooSmall; WrongMove while the bank still works on another payment; and NotBookable,
    HoldExpired, WrongState, OperatorUnavailable as `start_payment` does.
    """
    is_demo = gateway().code == Payment.Gateway.DEMO
    voucher = queries.voucher_by_code(code, is_demo=is_demo)
    booking = booking_with_legs(booking_id)
    # Before the hold is extended for nothing; once more below, where the voucher is locked.
    _require_usable(voucher, booking, due=amount_due(booking, now=now), now=now)
    try:
        begin(booking_id, now=now)
        return _pay(booking_id, voucher.pk, now=now)
    except WrongState:
        earlier = _made_before(booking, voucher)
        if earlier is None:
            raise
        return earlier


@transaction.atomic(durable=True)
def _pay(booking_id: int, voucher_id: int, *, now: datetime) -> Payment:
    booking = booking_for_update(booking_id)
    due = amount_due(booking, now=now)
    if not due:
        raise WrongState(state=booking.state_at(now))
    opened = queries.open_payment_of(booking)
    if opened and opened.state == Payment.State.PROCESSING:
        raise WrongMove
    voucher = queries.lock_voucher(voucher_id)
    _require_usable(voucher, booking, due=due, now=now)
    voucher.used += due
    voucher.save(update_fields=["used"])
    payment = Payment.objects.create(
        booking=booking,
        gateway=Payment.Gateway.VOUCHER,
        state=Payment.State.SUCCEEDED,
        amount=due,
        currency=booking.currency,
        captured=due,
        counted=True,
        voucher=voucher,
    )
    if mark_paid(booking_id, amount=due, now=now) != "paid":
        raise NotBookable([space_lost().as_dict()])
    booking.refresh_from_db()
    ledger.booking_sold(payment, at=now)
    signals.payment_succeeded.send(sender=Payment, payment=payment)
    return payment


def _made_before(booking: Booking, voucher: Voucher) -> Payment | None:
    """Return what the same request has paid before; nothing if it is about a later change."""
    payment = voucher.payments.filter(booking=booking).order_by("pk").last()
    if payment and booking.amendments.filter(created_at__gt=payment.created_at).exists():
        return None
    return payment


def _require_usable(voucher: Voucher, booking: Booking, *, due: int, now: datetime) -> None:
    if voucher.currency != booking.currency:
        raise VoucherCurrency(voucher=voucher.currency, booking=booking.currency)
    if voucher.is_expired(now):
        raise VoucherExpired(voucher.expires_at)
    if voucher.left < due:
        raise VoucherTooSmall(left=voucher.left, due=due, currency=voucher.currency)
