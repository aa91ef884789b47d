"""The calendar file of a journey: one event for each leg."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from bookings.models import Booking, JourneyLeg

CANCELLED = (Booking.State.CANCELLED, Booking.State.CANCELLED_BY_OPERATOR)


def calendar_file(booking: Booking) -> bytes:
    """Return the legs as iCalendar (RFC 5545) with moments in UTC; needs legs and items loaded.

    The UID of a leg never changes and SEQUENCE grows with the booking's version, so a newer file
    replaces the older entry in the traveller's calendar.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Maritime Reservation Platform//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    with translation.override(booking.contact_language):
        for leg in booking.legs.all():
            calendar.add_component(_event(booking, leg))
    text: bytes = calendar.to_ical()
    return text


def _event(booking: Booking, leg: JourneyLeg) -> Event:
    event = Event()
    host = urlsplit(settings.BASE_URL).hostname
    event.add("uid", f"{booking.reference}-{leg.position + 1}@{host}")
    event.add("dtstamp", booking.updated_at)
    event.add("sequence", booking.version)
    event.add("dtstart", leg.departs_at)
    event.add("dtend", leg.arrives_at)
    event.add("summary", _summary(leg))
    event.add("location", leg.origin_name)
    event.add("description", _description(booking, leg))
    event.add("status", "CONFIRMED" if _goes(booking, leg) else "CANCELLED")
    return event


def _summary(leg: JourneyLeg) -> str:
    names = {"origin": leg.origin_name, "destination": leg.destination_name}
    return _("Ferry %(origin)s to %(destination)s") % names


def _goes(booking: Booking, leg: JourneyLeg) -> bool:
    """Tell whether anything of the leg is left; a leg may be cancelled by itself."""
    live = [item for item in booking.items.all() if item.cancelled_at is None]
    return booking.state not in CANCELLED and any(
        item.leg_id == leg.pk and item.kind != "fee" for item in live
    )


def _description(booking: Booking, leg: JourneyLeg) -> str:
    lines = [
        _("Booking %(reference)s") % {"reference": booking.reference},
        f"{leg.operator.name}, {leg.vessel}",
    ]
    if leg.operator_ref:
        lines.append(_("Operator's reference %(code)s") % {"code": leg.operator_ref})
    if leg.timetable_note:
        lines.append(leg.timetable_note)
    return "\n".join(lines)
