"""The PDF of a booking's tickets: one A4 page each, drawn by Typst from plain data.

What people typed travels as JSON in `sys.inputs` and is never read as markup.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.errors import WrongState
from bookings.models import Booking, JourneyLeg, Ticket, Vehicle
from bookings.telling import CATEGORIES
from bookings.tickets import signature
from bookings.tickets.qr import qr_svg
from bookings.tickets.typeset import typeset
from ferries.vehicle_aids import KIND_CHOICES
from maritime.lib import clock
from maritime.lib.local import zone_text

TEMPLATE = Path(__file__).with_name("ticket.typ")
# Light modules around a QR code, as its standard wants.
QUIET_ZONE = 4


def ticket_pdf(booking: Booking) -> bytes:
    """Return the valid tickets of a booking as an accessible PDF (PDF/UA-1), in its language.

    Needs the booking as `bookings.queries` loads it. Raises WrongState when no ticket is valid.
    """
    with translation.override(booking.contact_language):
        pages = [
            _page(booking, leg, ticket)
            for leg in booking.legs.all()
            for ticket in leg.tickets.all()
            if ticket.voided_at is None
        ]
        if not pages:
            raise WrongState("This booking has no valid tickets.", state=booking.state)
        document = {
            "title": _("Ferry tickets %(reference)s") % {"reference": booking.reference},
            "reference": booking.reference,
            "demo": demo_note(),
            "words": _words(),
            "pages": pages,
        }
        return typeset(TEMPLATE, document, made_at=booking.updated_at)


def demo_note() -> str:
    """Return what stands on papers of a demonstration; nothing where money moves."""
    if not settings.PAYMENTS_DEMO:
        return ""
    return _("Demo payment: no money moved. Not valid for travel.")


def _words() -> dict[str, str]:
    """Return the words of the template."""
    return {
        "reference": _("Booking reference"),
        "from": pgettext("on a ticket, before a port", "From"),
        "to": pgettext("on a ticket, before a port", "To"),
        "category": _("Category"),
        "ship": _("Ship"),
        "journey": _("Journey"),
        "operator_reference": _("Operator's reference"),
        "code": _("QR code of ticket"),
        "ticket": _("Ticket"),
    }


def _page(booking: Booking, leg: JourneyLeg, ticket: Ticket) -> dict[str, Any]:
    numbers = {"number": leg.position + 1, "count": len(booking.legs.all())}
    return {
        "operator": leg.operator.name,
        "operator_reference": leg.operator_ref,
        "vessel": leg.vessel,
        "crossing": _("Crossing %(number)d of %(count)d") % numbers,
        "origin": _end(leg.origin_name, leg.departs_at, leg.origin_zone),
        "destination": _end(leg.destination_name, leg.arrives_at, leg.destination_zone),
        "holder": _holder(booking, ticket),
        "serial": str(ticket.serial),
        "qr": qr_svg(signature.sign(ticket), border=QUIET_ZONE),
        "check_in": _check_in(leg, is_vehicle=ticket.vehicle_id is not None),
        "note": leg.timetable_note,
    }


def _check_in(leg: JourneyLeg, *, is_vehicle: bool) -> str:
    """Return until when to be where: the operator's time, or a usual one where it names none."""
    if leg.check_in_closes_at:
        at = clock.local(leg.check_in_closes_at, leg.origin_zone)
        text = _("Check-in closes at %(time)s. Show this code there.")
        return text % {"time": f"{at:%H:%M}"}
    if is_vehicle:
        return _("Be at the vehicle check-in 30 minutes before departure and show this code.")
    return _("Be at the terminal 20 minutes before departure and show this code.")


def _end(port: str, moment: datetime, zone: str) -> dict[str, str]:
    local = clock.local(moment, zone)
    return {
        "port": port,
        "time": f"{local:%H:%M}",
        "date": date_format(local, pgettext("format of a long day", "l j F Y")),
        "zone": f"{zone_text(local)}, {zone}",
    }


def _holder(booking: Booking, ticket: Ticket) -> dict[str, str]:
    if ticket.passenger_id:
        passenger = _of(booking.passengers.all(), ticket.passenger_id)
        return {
            "kind": _("Traveller"),
            "name": str(passenger),
            "detail": str(CATEGORIES[passenger.category]).capitalize(),
        }
    vehicle = _of(booking.vehicles.all(), ticket.vehicle_id)
    kind = str(KIND_CHOICES.get(vehicle.kind, vehicle.kind))
    return {
        "kind": _("Vehicle"),
        "name": vehicle.registration or kind,
        "detail": ", ".join([kind, *_sizes(vehicle)]),
    }


def _sizes(vehicle: Vehicle) -> list[str]:
    words = [
        _("%(length)s m long") % {"length": _metres(vehicle.length_cm)},
        _("%(height)s m high") % {"height": _metres(vehicle.height_cm)},
    ]
    if vehicle.trailer_length_cm:
        words.append(_("trailer %(length)s m") % {"length": _metres(vehicle.trailer_length_cm)})
    return words


def _metres(centimetres: int) -> str:
    return number_format(Decimal(centimetres) / 100, decimal_pos=2, use_l10n=True)


def _of(rows: Any, pk: int | None) -> Any:
    return next(row for row in rows if row.pk == pk)
