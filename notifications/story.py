"""What happened to a booking over all floors: its events, its refunds, its mails."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings.models import Booking, BookingEvent
from bookings.telling import Moment, next_moments, past_moments
from maritime.lib.local import moment_text
from notifications.messages import change_text
from notifications.models import Message
from payments.telling import Money, money_of

Kind = Message.Kind
State = Message.State
WITH_TICKETS = (Kind.BOOKING_CONFIRMATION, Kind.SAILING_CHANGE)
# So long a mail may need, and so long nobody can ask for another one.
RESEND_PAUSE = timedelta(minutes=5)
MOST_RESENDS = 10


@dataclass(frozen=True)
class TicketMail:
    """How the newest mail with the tickets stands, and whether another one may be asked for."""

    message: Message
    may_resend: bool


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, as components/timeline.html wants it."""

    when: str
    at: datetime
    what: str
    is_next: bool


@dataclass(frozen=True)
class Story:
    """The timeline of a booking, its money, and its mail with the tickets."""

    events: list[Entry]
    money: Money
    mail: TicketMail | None


def story_of(booking: Booking, events: Iterable[BookingEvent], *, now: datetime) -> Story:
    """Return what the page of a booking tells: 2 queries, 3 if money has come back."""
    messages = list(Message.objects.filter(booking=booking).order_by("pk"))
    money = money_of(booking)
    past = [
        *(_with_details(moment, messages, booking) for moment in past_moments(events)),
        *money.moments,
        *_mail_moments(booking, messages),
    ]
    # Rows of one transaction have one moment: events come before what follows from them.
    moments = sorted(
        [*past, *next_moments(booking, now=now)], key=lambda moment: (moment.is_next, moment.at)
    )
    return Story(
        events=[_entry(moment, booking) for moment in moments],
        money=money,
        mail=ticket_mail(messages, now=now),
    )


def ticket_mail(messages: Iterable[Message], *, now: datetime) -> TicketMail | None:
    """Return the newest of a booking's mails with tickets; None if there was none yet."""
    mails = [message for message in messages if message.kind == Kind.BOOKING_CONFIRMATION]
    if not mails:
        return None
    newest = mails[-1]
    is_quiet = newest.state != State.QUEUED and newest.created_at <= now - RESEND_PAUSE
    return TicketMail(newest, may_resend=is_quiet and len(mails) <= MOST_RESENDS)


def _entry(moment: Moment, booking: Booking) -> Entry:
    """Write the moment by the clock of the first port."""
    zone = booking.legs.all()[0].origin_zone
    return Entry(moment_text(moment.at, zone), moment.at, moment.text, moment.is_next)


def _with_details(moment: Moment, messages: Iterable[Message], booking: Booking) -> Moment:
    """Say what the operator has changed, which the mail about it knows."""
    event = moment.key.removeprefix("event:")
    wanted = f"sailing-change:{event}:"
    mail = next((one for one in messages if one.key.startswith(wanted)), None)
    if mail is None:
        return moment
    legs = {leg.pk: leg for leg in booking.legs.all()}
    details = [
        change_text(legs[change["leg"]], change)
        for change in mail.facts["changes"]
        if change["leg"] in legs
    ]
    return replace(moment, text=" ".join([f"{moment.text}.", *details]))


def _mail_moments(booking: Booking, messages: Iterable[Message]) -> Iterator[Moment]:
    address = {"address": booking.contact_email}
    for message in messages:
        if message.kind not in WITH_TICKETS:
            continue
        if message.state == State.SENT and message.sent_at:
            yield Moment(message.sent_at, _("Tickets sent to %(address)s") % address)
        if message.state == State.REFUSED:
            text = _("The mail with the tickets could not be delivered to %(address)s")
            yield Moment(message.claimed_at or message.created_at, text % address)
