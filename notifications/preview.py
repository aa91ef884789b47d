"""A mail as it would be written now, without sending it: about a real booking or an invented one."""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from bookings.models import Booking
from bookings.queries import booking_by_reference, whole_bookings
from maritime.lib import clock
from notifications import messages, trial
from notifications.errors import NothingToTell
from notifications.models import Message
from payments.queries import payment_of, refunds_of
from payments.states import LOST_REFUND

Kind = Message.Kind


def of_booking(kind: str, reference: str, *, language: str = "") -> EmailMultiAlternatives:
    """Return a mail of the kind about a booking, in its language or another one.

    Raises BookingNotFound, and NothingToTell where the booking has no payment or refund.
    """
    booking = booking_by_reference(reference)
    return _built(Message(kind=kind, booking=booking, facts=_facts(kind, booking)), language)


def of_example(kind: str, *, language: str = "") -> EmailMultiAlternatives:
    """Return a mail of the kind about a booking that exists only while it is written."""
    now = clock.now()
    with transaction.atomic():
        message = trial.queue_mail(
            kind, operator=trial.new_operator(), email="traveller@example.com", now=now
        )
        message.booking = whole_bookings().get(pk=message.booking_id)
        email = _built(message, language)
        # Neither the booking nor the job of its mail may stay.
        transaction.set_rollback(True)
    return email


def _built(message: Message, language: str) -> EmailMultiAlternatives:
    message.booking.contact_language = language or message.booking.contact_language
    return messages.build(message, now=clock.now())


def _facts(kind: str, booking: Booking) -> dict[str, Any]:
    """Return what the mail would be about, from the booking's newest payment and refund."""
    if kind == Kind.CANCELLATION:
        return _cancellation_facts(booking)
    if kind in trial.PREVIEWED_ONLY:
        return trial.crossing_facts(kind, booking)
    if kind in {Kind.PAYMENT_SUCCESS, Kind.PAYMENT_FAILED}:
        payment = payment_of(booking)
        if payment is None:
            raise NothingToTell("The booking has no payment.")
        return {"payment": payment.pk}
    if kind == Kind.REFUND_CONFIRMATION:
        refunds = refunds_of(booking)
        if not refunds:
            raise NothingToTell("The booking has no refund.")
        return {"refund": refunds[-1].pk}
    return {}


def _cancellation_facts(booking: Booking) -> dict[str, int]:
    """Return what was kept and what went back, by card and as a voucher."""
    given = [each for each in refunds_of(booking) if each.state not in LOST_REFUND]
    voucher = sum(each.amount for each in given if each.voucher_id)
    refund = sum(each.amount for each in given) - voucher
    charge = max(0, booking.paid - refund - voucher)
    return {"charge": charge, "refund": refund, "voucher": voucher}
