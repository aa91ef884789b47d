"""Builds the e-mails in the language of their booking: subject, text, HTML and attachments, from what is true now.

Nothing of it is stored: a mail that waited for an hour says what holds after that hour, and one
that is no longer true is not sent (`is_still_true`).
"""

import re
import textwrap
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
from django.utils import translation
from django.utils.translation import gettext as _

from bookings import tickets
from bookings.models import Booking, Disruption, JourneyLeg
from bookings.queries import outstanding_amendment, whole_bookings
from bookings.telling import vehicle_text
from maritime.lib import clock, references
from maritime.lib.local import day_text, moment_text, money_text, zone_text
from notifications.models import Message
from payments.models import Payment, Refund, Voucher
from payments.operations.settle import WHY_BACK

Kind = Message.Kind
State = Booking.State

UNPAID = {State.HELD, State.PAYMENT_PENDING, State.EXPIRED}
CANCELLED = {State.CANCELLED, State.CANCELLED_BY_OPERATOR}
REFUND_ON_ITS_WAY = {Refund.State.PENDING, Refund.State.SUCCEEDED}
LINE_WIDTH = 88
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
    """What differs between the mails."""

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
        case Kind.BOOKING_CONFIRMATION | Kind.SAILING_CHANGE:
            return state == State.CONFIRMED
        case Kind.DEPARTURE_REMINDER:
            departs_at = _leg(message, message.facts["leg"]).departs_at
            return state == State.CONFIRMED and departs_at > clock.now()
        case Kind.CANCELLATION:
            return state in CANCELLED
        case Kind.PAYMENT_FAILED:
            return state in UNPAID
        case Kind.REFUND_CONFIRMATION:
            return _refund(message).state in REFUND_ON_ITS_WAY
    return True


def build(message: Message, *, now: datetime) -> EmailMultiAlternatives:
    """Return the mail, ready to be sent: text, HTML, attachments and a stable Message-ID."""
    with translation.override(message.booking.contact_language):
        draft = _DRAFTS[Kind(message.kind)](message, now)
        context = _common(message) | draft.context
        prefix = _("Demo: ") if context["is_demo"] else ""
        # A line break inside a name would end the header; Django refuses such a mail for ever.
        subject = " ".join(f"{prefix}{draft.subject}".split())
        text = render_to_string(f"notifications/{message.kind}.txt", context)
        html = render_to_string(
            f"notifications/{message.kind}.html", context | {"subject": subject}
        )
    email = EmailMultiAlternatives(
        subject=subject,
        body=_wrapped(BLANK_LINES.sub("\n\n", text.strip())) + "\n",
        to=[message.booking.contact_email],
        headers={
            "Message-ID": _message_id(message),
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.booking.contact_language,
        },
    )
    email.attach_alternative(_inliner.inline(html), "text/html")
    for attachment in draft.attachments:
        email.attach(attachment.name, attachment.content, attachment.mimetype)
    return email


def _wrapped(text: str) -> str:
    """Break long lines between words; addresses stay whole."""
    wrap = textwrap.TextWrapper(LINE_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in text.split("\n"))


def _booking_confirmation(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    legs = list(booking.legs.all())
    return Draft(
        subject=_("Your tickets: %(journey)s (%(reference)s)")
        % {"journey": journey_text(legs), "reference": booking.reference},
        context={"lines": _price_lines(booking)},
        attachments=_files(booking),
    )


def _files(booking: Booking) -> tuple[Attachment, ...]:
    code = booking.reference
    return (
        Attachment(f"tickets-{code}.pdf", tickets.ticket_pdf(booking), "application/pdf"),
        Attachment(f"crossings-{code}.ics", tickets.calendar_file(booking), "text/calendar"),
    )


def _cancellation(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    by_operator = booking.state == State.CANCELLED_BY_OPERATOR
    return Draft(
        subject=_("Your booking %(reference)s is cancelled") % {"reference": booking.reference},
        context={
            "by_operator": by_operator,
            "charge": money_text(message.facts["charge"], booking.currency),
            "refund": money_text(message.facts["refund"], booking.currency),
            "has_refund": message.facts["refund"] > 0,
            "voucher": money_text(message.facts.get("voucher", 0), booking.currency),
            "has_voucher": message.facts.get("voucher", 0) > 0,
            "was_paid": booking.paid > 0,
        },
    )


def _payment_success(message: Message, _now: datetime) -> Draft:
    booking = message.booking
    payment = Payment.objects.get(pk=message.facts["payment"])
    return Draft(
        subject=_("We have received your payment for %(reference)s")
        % {"reference": booking.reference},
        context={
            "amount": money_text(payment.captured, payment.currency),
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
        subject=_("Your payment for %(reference)s did not go through")
        % {"reference": booking.reference},
        context={
            "amount": money_text(payment.amount, payment.currency),
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
    amount = money_text(refund.amount, refund.payment.currency)
    return Draft(
        subject=_("Your refund of %(amount)s is on its way (%(reference)s)")
        % {"amount": amount, "reference": message.booking.reference},
        # Money that came late or twice goes straight back, and the mail says why.
        context={"amount": amount, "why": "" if refund.payment.counted else _why(refund.reason)},
    )


def _why(reason: str) -> str:
    """Return why money goes straight back; what staff wrote stays as it is."""
    return _(reason) if reason in WHY_BACK else reason


def _on_voucher(message: Message, voucher: Voucher, *, amount: int) -> Draft:
    """Tell of an amount that a new voucher is worth, or that is back on the one that paid."""
    told = money_text(amount, voucher.currency)
    return Draft(
        subject=_("Your voucher of %(amount)s (%(reference)s)")
        % {"amount": told, "reference": message.booking.reference},
        context={
            "amount": told,
            "voucher_code": voucher.code,
            "voucher_left": money_text(voucher.left, voucher.currency),
            "voucher_until": day_text(voucher.expires_at),
        },
    )


def _departure_reminder(message: Message, _now: datetime) -> Draft:
    leg = _leg(message, message.facts["leg"])
    closes = leg.check_in_closes_at
    return Draft(
        subject=_("You sail soon: %(route)s (%(reference)s)")
        % {"route": route_text(leg), "reference": message.booking.reference},
        context={
            "route": route_text(leg),
            "origin": leg.origin_name,
            "departs": moment_text(leg.departs_at, leg.origin_zone),
            "check_in": moment_text(closes, leg.origin_zone) if closes else "",
        },
        attachments=_files(message.booking),
    )


def _sailing_change(message: Message, _now: datetime) -> Draft:
    changes = message.facts["changes"]
    legs = list(dict.fromkeys(_leg(message, change["leg"]) for change in changes))
    route = ", ".join(route_text(leg) for leg in legs)
    return Draft(
        subject=_("Your crossing has changed: %(route)s (%(reference)s)")
        % {"route": route, "reference": message.booking.reference},
        context={
            "route": route,
            "changes": [change_text(_leg(message, each["leg"]), each) for each in changes],
            "has_disruption": Disruption.objects.filter(leg__in=legs, resolved_at=None).exists(),
        },
        attachments=_files(message.booking),
    )


def change_text(leg: JourneyLeg, change: dict[str, Any]) -> str:
    """Return one change as a sentence: what holds now, and what held before."""
    if change["what"] == "vessel":
        return _("%(route)s: the ship is now %(vessel)s, no longer %(before)s.") % {
            "route": route_text(leg),
            "vessel": leg.vessel,
            "before": change["before"],
        }
    before = datetime.fromisoformat(change["before"])
    return _("%(route)s: departs on %(now)s, no longer on %(before)s.") % {
        "route": route_text(leg),
        "now": moment_text(leg.departs_at, leg.origin_zone),
        "before": moment_text(before, leg.origin_zone),
    }


_DRAFTS: dict[Kind, Callable[[Message, datetime], Draft]] = {
    Kind.BOOKING_CONFIRMATION: _booking_confirmation,
    Kind.CANCELLATION: _cancellation,
    Kind.PAYMENT_SUCCESS: _payment_success,
    Kind.PAYMENT_FAILED: _payment_failed,
    Kind.REFUND_CONFIRMATION: _refund_confirmation,
    Kind.DEPARTURE_REMINDER: _departure_reminder,
    Kind.SAILING_CHANGE: _sailing_change,
}


def route_text(leg: JourneyLeg) -> str:
    """Return where a leg goes: "A to B"."""
    return _("%(origin)s to %(destination)s") % {
        "origin": leg.origin_name,
        "destination": leg.destination_name,
    }


def journey_text(legs: list[JourneyLeg]) -> str:
    """Return the journey in a few words: "A to B", "A to B and back", "A to B and C to D"."""
    first = route_text(legs[0])
    if len(legs) == 1:
        return first
    if (legs[1].origin, legs[1].destination) == (legs[0].destination, legs[0].origin):
        return _("%(journey)s and back") % {"journey": first}
    return _("%(first)s and %(second)s") % {"first": first, "second": route_text(legs[1])}


def _crossing(leg: JourneyLeg) -> Crossing:
    departs = clock.local(leg.departs_at, leg.origin_zone)
    arrives = clock.local(leg.arrives_at, leg.destination_zone)
    # Two ports in two zones: each time says whose it is.
    zones = leg.origin_zone != leg.destination_zone
    same_day = departs.date() == arrives.date()
    return Crossing(
        route=route_text(leg),
        departs=moment_text(leg.departs_at, leg.origin_zone, names_zone=zones),
        arrives=f"{arrives:%H:%M}" + (f" {zone_text(arrives)}" if zones else "")
        if same_day
        else moment_text(leg.arrives_at, leg.destination_zone, names_zone=zones),
        vessel=leg.vessel,
        operator=leg.operator.name,
        operator_reference=leg.operator_ref,
    )


def _price_lines(booking: Booking) -> list[tuple[str, str]]:
    return [
        (item.told, money_text(item.amount, booking.currency))
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
        "vehicles": [vehicle_text(vehicle) for vehicle in booking.vehicles.all()],
        "total": money_text(booking.total, booking.currency),
        "booking_url": _url("booking", booking),
        "site_url": settings.BASE_URL,
        "search_url": f"{settings.BASE_URL}{reverse('home')}",
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


def _leg(message: Message, leg_id: int) -> JourneyLeg:
    return next(leg for leg in message.booking.legs.all() if leg.pk == leg_id)


def _message_id(message: Message) -> str:
    """Return an id that stays the same in every attempt, so that receivers can fold doubles."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{message.public_id}@{address.rpartition('@')[2] or 'localhost'}>"
