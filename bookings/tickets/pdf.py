"""The PDF of a booking's tickets: one A4 page each, drawn by Typst from plain data.

What people typed travels as JSON in `sys.inputs` and is never read as markup.
"""

import json
import logging
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

from bookings.errors import WrongState
from bookings.models import Booking, JourneyLeg, Ticket
from bookings.tickets import signature
from bookings.tickets.qr import qr_svg
from maritime.lib import clock

log = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("ticket.typ")
DEMO_NOTE = "Demo payment: no money moved. Not valid for travel."
# Light modules around a QR code, as its standard wants.
QUIET_ZONE = 4
CHECK_IN = {
    "passenger": "Be at the terminal 20 minutes before departure and show this code.",
    "vehicle": "Be at the vehicle check-in 30 minutes before departure and show this code.",
}


def ticket_pdf(booking: Booking) -> bytes:
    """Return the valid tickets of a booking as an accessible PDF (PDF/UA-1).

    Needs the booking as `bookings.queries` loads it. Raises WrongState when no ticket is valid.
    """
    pages = [
        _page(booking, leg, ticket)
        for leg in booking.legs.all()
        for ticket in leg.tickets.all()
        if ticket.voided_at is None
    ]
    if not pages:
        raise WrongState("This booking has no valid tickets.", state=booking.state)
    document = {
        "title": f"Ferry tickets {booking.reference}",
        "reference": booking.reference,
        "demo": DEMO_NOTE if settings.PAYMENTS_DEMO else "",
        "pages": pages,
    }
    inputs = {"document": json.dumps(document)}
    made_at = int(booking.updated_at.timestamp())
    try:
        return _compile(inputs, made_at, standard="ua-1")
    except typst.TypstError:
        # A name in a script that no font here has: readable signs missing beat no ticket at all.
        log.warning("ticket is not PDF/UA: booking=%s", booking.reference)
        return _compile(inputs, made_at, standard=None)


def _compile(inputs: dict[str, str], made_at: int, *, standard: Literal["ua-1"] | None) -> bytes:
    document: bytes = typst.compile(
        TEMPLATE,
        font_paths=_fonts(),
        sys_inputs=inputs,
        pdf_standards=standard,
        timestamp=made_at,
    )
    return document


@cache
def _fonts() -> typst.Fonts:
    """Return Typst's own fonts, which the design uses, and the system's for rarer scripts."""
    return typst.Fonts(include_system_fonts=True)


def _page(booking: Booking, leg: JourneyLeg, ticket: Ticket) -> dict[str, Any]:
    kind = "passenger" if ticket.passenger_id else "vehicle"
    return {
        "operator": leg.operator.name,
        "operator_reference": leg.operator_ref,
        "vessel": leg.vessel,
        "crossing": f"Crossing {leg.position + 1} of {len(booking.legs.all())}",
        "origin": _end(leg.origin_name, leg.departs_at, leg.origin_zone),
        "destination": _end(leg.destination_name, leg.arrives_at, leg.destination_zone),
        "holder": _holder(booking, ticket),
        "serial": str(ticket.serial),
        "qr": qr_svg(signature.sign(ticket), border=QUIET_ZONE),
        "check_in": CHECK_IN[kind],
        "note": leg.timetable_note,
    }


def _end(port: str, moment: datetime, zone: str) -> dict[str, str]:
    local = clock.local(moment, zone)
    return {
        "port": port,
        "time": f"{local:%H:%M}",
        "date": f"{local:%A} {local.day} {local:%B %Y}",
        "zone": f"{local:%Z}, {zone}",
    }


def _holder(booking: Booking, ticket: Ticket) -> dict[str, str]:
    if ticket.passenger_id:
        passenger = _of(booking.passengers.all(), ticket.passenger_id)
        return {
            "kind": "Traveller",
            "name": str(passenger),
            "detail": passenger.get_category_display().capitalize(),
        }
    vehicle = _of(booking.vehicles.all(), ticket.vehicle_id)
    size = f"{vehicle.length_cm / 100:.2f} m long, {vehicle.height_cm / 100:.2f} m high"
    trailer = f", trailer {vehicle.trailer_length_cm / 100:.2f} m"
    return {
        "kind": "Vehicle",
        "name": vehicle.registration or vehicle.kind.capitalize(),
        "detail": f"{vehicle.kind.capitalize()}, {size}"
        + (trailer if vehicle.trailer_length_cm else ""),
    }


def _of(rows: Any, pk: int | None) -> Any:
    return next(row for row in rows if row.pk == pk)
