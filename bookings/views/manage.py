"""After the sale: find a booking, look at it, take the tickets along."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from bookings import telling, tickets
from bookings.again import checkout_again
from bookings.errors import BookingNotFound
from bookings.forms import FindBookingForm
from bookings.models import Amendment, Booking, BookingEvent, JourneyLeg, Ticket
from bookings.operations.cancel import CANCELLABLE
from bookings.queries import (
    booking_by_public_id,
    booking_for_guest,
    due_of,
    outstanding_amendment,
)
from maritime.lib import clock
from maritime.lib.pages import private_page, require_rate
from maritime.lib.references import access_token, booking_of_token

# So long after the last arrival a device keeps the page for a time without network.
KEPT_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class TicketView:
    """One valid ticket as the page shows it: of whom or what, where and when, with its code."""

    leg: JourneyLeg
    name: str
    code: SafeString


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def find_booking(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "bookings/find.html", {"form": FindBookingForm()})
    form = FindBookingForm(request.POST)
    require_rate(request, scope="lookup")
    status = 422
    if form.is_valid():
        try:
            found = booking_for_guest(**form.cleaned_data)
        except BookingNotFound as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            return redirect("booking", token=access_token(found.public_id))
    return render(request, "bookings/find.html", {"form": form}, status=status)


@require_safe
@private_page
def booking(request: HttpRequest, token: str) -> HttpResponse:
    found = booking_by_public_id(booking_of_token(token))
    now = clock.now()
    state = found.state_at(now)
    standing = _standing(found)
    events = list(found.events.order_by("pk"))
    waiting = _waiting(found, events, now)
    context = {
        "booking": found,
        "state": state,
        "token": token,
        "zone": found.legs.all()[0].origin_zone,
        "tickets": _tickets(found),
        "now": now,
        "is_ahead": now < max(leg.arrives_at for leg in found.legs.all()) + KEPT_AFTER,
        "events": events,
        "standing": standing,
        "waiting": waiting,
        "due": due_of(waiting) if waiting else 0,
        "again": checkout_again(found),
        "can_cancel": state in CANCELLABLE
        and any(
            leg.departs_at > now and str(leg.position + 1) in standing for leg in found.legs.all()
        ),
    }
    return render(request, "bookings/booking.html", context)


@require_safe
@private_page
def tickets_pdf(request: HttpRequest, token: str) -> HttpResponse:
    found = booking_by_public_id(booking_of_token(token))
    return _download(tickets.ticket_pdf(found), "application/pdf", f"tickets-{found.reference}.pdf")


@require_safe
@private_page
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    found = booking_by_public_id(booking_of_token(token))
    return _download(tickets.calendar_file(found), "text/calendar", f"{found.reference}.ics")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _waiting(found: Booking, events: Iterable[BookingEvent], now: datetime) -> Amendment | None:
    """Return the change that waits for payment; most bookings were never changed: no query."""
    if not any(event.name == "amendment_requested" for event in events):
        return None
    return outstanding_amendment(found, now=now)


def _standing(found: Booking) -> set[str]:
    """Return the items, and the legs by their numbers, of which a part has not been cancelled."""
    numbers = {leg.pk: str(leg.position + 1) for leg in found.legs.all()}
    live = telling.standing_items(found)
    return {item.item for item in live} | {numbers[item.leg_id] for item in live}


def _tickets(found: Booking) -> list[TicketView]:
    """Return the valid tickets in the order of legs; travellers before vehicles."""
    names = {
        **{("passenger", passenger.pk): str(passenger) for passenger in found.passengers.all()},
        **{("vehicle", each.pk): telling.vehicle_text(each) for each in found.vehicles.all()},
    }
    return [
        TicketView(leg=leg, name=names[_key(ticket)], code=_code(ticket))
        for leg in found.legs.all()
        for ticket in leg.tickets.all()
        if ticket.voided_at is None
    ]


def _key(ticket: Ticket) -> tuple[str, int]:
    if ticket.passenger_id is not None:
        return "passenger", ticket.passenger_id
    assert ticket.vehicle_id is not None  # noqa: S101 - the table's constraint ticket_for_one
    return "vehicle", ticket.vehicle_id


def _code(ticket: Ticket) -> SafeString:
    """Return the signed text of the ticket as a QR code in SVG."""
    svg = tickets.qr_svg(tickets.sign(ticket), border=2)
    # Safe: it has only digits and path letters, never the text.
    return mark_safe(svg)  # noqa: S308
