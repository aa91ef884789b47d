"""The shapes of the payments API."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from bookings.api.serializers import utc
from bookings.models import Booking
from payments.models import Payment, Refund, Voucher
from payments.operations.start import Started
from payments.queries import vouchers_of
from payments.telling import told_refunds

KEY_LENGTH = 80


class RefundInput(serializers.Serializer[Any]):
    """What staff send to give money back."""

    amount = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2_147_483_647,
        help_text="minor units; all that is left when absent",
    )  # fmt: skip
    reason = serializers.CharField(max_length=100)
    request_key = serializers.CharField(
        required=False, max_length=KEY_LENGTH, help_text="the same key refunds once"
    )


class DemoOutcomeInput(serializers.Serializer[Any]):
    """What lets a script play the customer of a demo payment."""

    client_secret = serializers.CharField(max_length=200)


class VoucherInput(serializers.Serializer[Any]):
    """The body of POST /bookings/{reference}/voucher."""

    code = serializers.CharField(max_length=40)


def vouchers_json(booking: Booking) -> dict[str, Any]:
    """Return what the JSON of a booking says of vouchers that its cancellations issued; 1 query."""
    return {"vouchers": [voucher_json(voucher) for voucher in vouchers_of(booking)]}


def voucher_json(voucher: Voucher) -> dict[str, Any]:
    """Return a voucher; the code is as good as money, so only for those who may see its booking."""
    return {
        "code": voucher.code,
        "amount": voucher.amount,
        "left": voucher.left,
        "currency": voucher.currency,
        "expires_at": utc(voucher.expires_at),
    }


def spent_json(payment: Payment) -> dict[str, Any]:
    """Return what a voucher has paid, and what is left on it."""
    return {
        "gateway": payment.gateway,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.booking.state,
        "left": payment.voucher.left if payment.voucher else 0,
    }


def started_json(started: Started, booking: Booking) -> dict[str, Any]:
    """Return what a client needs to pay; a free booking has neither intent nor secret."""
    payment = started.payment
    return {
        "gateway": started.gateway,
        "payment_intent": payment.intent_id if payment else None,
        "client_secret": started.client_secret or None,
        "amount": payment.amount if payment else 0,
        "currency": booking.currency,
    }


def refunds_json(booking: Booking, refunds: Sequence[Refund]) -> dict[str, Any]:
    """Return one request's refunds: usually one, several if several payments were needed."""
    states = {refund.state for refund in refunds}
    return {
        "reference": booking.reference,
        "amount": sum(refund.amount for refund in refunds),
        "currency": booking.currency,
        "state": states.pop() if len(states) == 1 else Refund.State.PENDING,
        "refunds": [
            {
                "id": str(refund.public_id),
                "amount": refund.amount,
                "state": refund.state,
                "waits_for": refund.waits_for,
                "reason": refund.reason,
            }
            for refund in refunds
        ],
    }


def history_json(booking: Booking) -> dict[str, Any]:
    """Return what the JSON of a booking says of its refunds; 1 query.

    `state` is what a traveller may rely on: on_its_way, waiting, sent_back, came_back (the bank
    returned it and staff take care), voucher.
    """
    return {
        "refunds": [
            {
                "id": str(refund.public_id),
                "amount": refund.amount,
                "currency": refund.payment.currency,
                "state": told.code,
                "text": str(told.text),
                "opened_at": utc(refund.created_at),
            }
            for refund, told in told_refunds(booking)
        ]
    }
