"""Builds the five e-mails: subject, text, HTML and attachments, from what is true now.

Nothing of it is stored: a mail that waited for an hour says what holds after that hour, and one
that is no longer true is not sent (`is_still_true`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import dateformat

from bookings import tickets
from bookings.models import Booking, JourneyLeg
from bookings.queries import outstanding_amendment, whole_bookings
from maritime.lib import clock, references
from maritime.lib.money import format_minor
from notifications.models import Message
from payments.models import Payment, Refund, Voucher

Kind = Message.Kind
State = Booking.State

UNPAID = {State.HELD, State.PAYMENT_PENDING, State.EXPIRED}
CANCELLED = {State.CANCELLED, State.CANCELLED_BY_OPERATOR}
REFUND_ON_ITS_WAY = {Refund.State.PENDING, Refund.State.SUCCEEDED}
DATE_AND_TIME = "D j M Y, H:i"
# What template tags leave behind.
BLANK_LINES = re.compile(r"\n{3,}")

# At-rules stay in a style element for clients that know dark mode; all else moves into the tags,
# since many clients drop the element. Nothing is ever loaded while a mail is built.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Attachment:
    """A file that travels with a mail."""

    name: str
    content: bytes
    mimetype: str


@dataclass(frozen=True)
class Draft:
    """What differs between the five mails."""

    subject: str
    context: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Crossing:
    """One leg as a mail shows it, in port-local time."""

    route: str
    departs: str
    arrives: str
    vessel: str
    operator: str
    operator_reference: str


def load(message_id: int) -> Message:
    """Return the message with the whole booking, in a fixed number of queries."""
    message = Message.objects.get(pk=message_id)
    message.booking = whole_bookings().get(pk=message.booking_id)
    return message


def is_still_true(message: Message) -> bool:
    """Tell whether what the mail is going to say still holds."""
    state = message.booking.state
    match message.kind:
        case Kind.BOOKING_CONFIRMATION:
            return state == State.CONFIRMED
        case Kind.CANCELLATION:
            return state in CANCELLED
        case Kind.PAYMENT_FAILED:
            return state in UNPAID
        case Kind.REFUND_CONFIRMATION:
            return _refund(message).state in REFUND_ON_ITS_WAY
    return True


def build(message: Message, *, now: datetime) -> EmailMultiAlternatives:
    """Return the mail, ready to be sent: text, HTML, attachments and a stable Message-ID."""
    draft = _DRAFTS[Kind(message.kind)](message, now)
    context = _common(message) | draft.context
    prefix = "Demo: " if context["is_demo"] else ""
    # A line break inside a name would end the header; Django refuses such a mail for ever.
    subject = " ".join(f"{prefix}{draft.subject}".split())
    text = render_to_string(f"notifications/{message.kind}.txt", context)
    html = render_to_string(f"notifications/{message.kind}.html", context | {"subject": subject})
    email = EmailMultiAlternatives(
        subject=subject,
        body=BLANK_LINES.sub("\n\n", text.strip()) + "\n",
        to=[message.booking.contact_email],
        headers={"Message-ID": _message_id(message), "Auto-Submitted": "auto-generated"},
    )
    email.attach_alternative(_inliner.inline(html), "text/html")
    for attachment in draft.attachments:
        email.attach(attachment.name, attachment.content, attachment.mimetype)
    return email


def _booking_confirmation(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    legs = list(booking.legs.all())
    code = booking.reference
    return Draft(
        subject=f"Your tickets: {journey_text(legs)} ({code})",
        context={"lines": _price_lines(booking)},
        attachments=(
            Attachment(f"tickets-{code}.pdf", tickets.ticket_pdf(booking), "application/pdf"),
            Attachment(f"crossings-{code}.ics", tickets.calendar_file(booking), "text/calendar"),
        ),
    )


def _cancellation(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    by_operator = booking.state == State.CANCELLED_BY_OPERATOR
    return Draft(
        subject=f"Your booking {booking.reference} is cancelled",
        context={
            "by_operator": by_operator,
            "charge": format_minor(message.facts["charge"], booking.currency),
            "refund": format_minor(message.facts["refund"], booking.currency),
            "has_refund": message.facts["refund"] > 0,
            "voucher": format_minor(message.facts.get("voucher", 0), booking.currency),
            "has_voucher": message.facts.get("voucher", 0) > 0,
            "was_paid": booking.paid > 0,
        },
    )


def _payment_success(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    payment = Payment.objects.get(pk=message.facts["payment"])
    return Draft(
        subject=f"We have received your payment for {booking.reference}",
        context={
            "amount": format_minor(payment.captured, payment.currency),
            "lines": _price_lines(booking),
            "is_confirmed": booking.state == State.CONFIRMED,
            "is_cancelled": booking.state in CANCELLED,
        },
    )


def _payment_failed(message: Message, now: datetime) -> Draft:
    booking = message.booking
    first = booking.legs.all()[0]
    payment = Payment.objects.get(pk=message.facts["payment"])
    change = outstanding_amendment(booking, now=now)
    held_until = booking.expires_at if booking.state_at(now) != State.EXPIRED else None
    held_until = change.expires_at if change else held_until
    return Draft(
        subject=f"Your payment for {booking.reference} did not go through",
        context={
            "amount": format_minor(payment.amount, payment.currency),
            "is_confirmed": booking.state == State.CONFIRMED,
            "held_until": moment_text(held_until, first.origin_zone) if held_until else "",
            "pay_url": _url("pay", booking),
        },
    )


def _refund_confirmation(message: Message, _now: datetime) -> Draft:
    refund = _refund(message)
    if refund.voucher:
        return _on_voucher(message, refund.voucher, amount=refund.voucher.amount)
    if refund.payment.voucher:
        return _on_voucher(message, refund.payment.voucher, amount=refund.amount)
    amount = format_minor(refund.amount, refund.payment.currency)
    return Draft(
        subject=f"Your refund of {amount} is on its way ({message.booking.reference})",
        # Money that came late or twice goes straight back, and the mail says why.
        context={"amount": amount, "why": "" if refund.payment.counted else refund.reason},
    )


def _on_voucher(message: Message, voucher: Voucher, *, amount: int) -> Draft:
    """Tell of an amount that a new voucher is worth, or that is back on the one that paid."""
    told = format_minor(amount, voucher.currency)
    return Draft(
        subject=f"Your voucher of {told} ({message.booking.reference})",
        context={
            "amount": told,
            "voucher_code": voucher.code,
            "voucher_left": format_minor(voucher.left, voucher.currency),
            "voucher_until": dateformat.format(voucher.expires_at, "j F Y"),
        },
    )


_DRAFTS: dict[Kind, Callable[[Message, datetime], Draft]] = {
    Kind.BOOKING_CONFIRMATION: _booking_confirmation,
    Kind.CANCELLATION: _cancellation,
    Kind.PAYMENT_SUCCESS: _payment_success,
    Kind.PAYMENT_FAILED: _payment_failed,
    Kind.REFUND_CONFIRMATION: _refund_confirmation,
}


def journey_text(legs: list[JourneyLeg]) -> str:
    """Return the journey in a few words: "A to B", "A to B and back", "A to B and C to D"."""
    first = str(legs[0])
    if len(legs) == 1:
        return first
    returns = (legs[1].origin, legs[1].destination) == (legs[0].destination, legs[0].origin)
    return f"{first} and {'back' if returns else legs[1]}"


def moment_text(moment: datetime, zone: str) -> str:
    """Return a moment as a clock in the zone shows it, with the zone's short name."""
    local = clock.local(moment, zone)
    return f"{dateformat.format(local, DATE_AND_TIME)} {local.tzname()}"


def _crossing(leg: JourneyLeg) -> Crossing:
    departs = clock.local(leg.departs_at, leg.origin_zone)
    arrives = clock.local(leg.arrives_at, leg.destination_zone)
    # Two ports in two zones: each time says whose it is.
    zones = leg.origin_zone != leg.destination_zone
    same_day = departs.date() == arrives.date()
    return Crossing(
        route=str(leg),
        departs=dateformat.format(departs, DATE_AND_TIME)
        + (f" {departs.tzname()}" if zones else ""),
        arrives=dateformat.format(arrives, "H:i" if same_day else DATE_AND_TIME)
        + (f" {arrives.tzname()}" if zones else ""),
        vessel=leg.vessel,
        operator=leg.operator.name,
        operator_reference=leg.operator_ref,
    )


def _price_lines(booking: Booking) -> list[tuple[str, str]]:
    return [
        (item.label, format_minor(item.amount, booking.currency))
        for item in booking.items.all()
        if item.cancelled_at is None
    ]


def _common(message: Message) -> dict[str, Any]:
    booking = message.booking
    legs = list(booking.legs.all())
    is_demo = settings.PAYMENTS_DEMO or any(
        payment.gateway == Payment.Gateway.DEMO for payment in booking.payments.all()
    )
    return {
        "reference": booking.reference,
        "name": f"{booking.contact_given_name} {booking.contact_surname}",
        "crossings": [_crossing(leg) for leg in legs],
        "travellers": [str(passenger) for passenger in booking.passengers.all()],
        "vehicles": [str(vehicle) for vehicle in booking.vehicles.all()],
        "total": format_minor(booking.total, booking.currency),
        "booking_url": _url("booking", booking),
        "site_url": settings.BASE_URL,
        "notes": list(dict.fromkeys(leg.timetable_note for leg in legs if leg.timetable_note)),
        "is_demo": is_demo,
    }


def _url(name: str, booking: Booking) -> str:
    path = reverse(name, args=[references.access_token(booking.public_id)])
    return f"{settings.BASE_URL}{path}"


def _refund(message: Message) -> Refund:
    return Refund.objects.select_related("payment__voucher", "voucher").get(
        pk=message.facts["refund"]
    )


def _message_id(message: Message) -> str:
    """Return an id that stays the same in every attempt, so that receivers can fold doubles."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{message.public_id}@{address.rpartition('@')[2] or 'localhost'}>"
