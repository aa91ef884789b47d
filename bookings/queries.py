"""Bookings as other parts read them, with everything that a page or a document shows."""

import hmac
import unicodedata
import uuid
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from bookings import states, whole
from bookings.errors import BookingNotFound
from bookings.models import (
    Amendment,
    Booking,
    JourneyLeg,
    OrderItem,
    Passenger,
    Pet,
    Ticket,
    Vehicle,
)
from maritime.lib import references


def booking_by_reference(reference: str) -> Booking:
    """Return the whole booking for callers that may see it anyway; raises BookingNotFound."""
    code = references.normalise(reference)
    if not references.is_reference(code):
        raise BookingNotFound
    return _found(whole.read_whole("reference", code))


def booking_by_public_id(public_id: uuid.UUID | None) -> Booking:
    """Return the whole booking that an access token names; raises BookingNotFound."""
    if public_id is None:
        raise BookingNotFound
    return _found(whole.read_whole("public_id", public_id))


def booking_for_guest(
    reference: str, *, token: str = "", surname: str = "", email: str = ""
) -> Booking:
    """Return the whole booking to whoever has its reference and its token, surname or e-mail.

    Raises BookingNotFound with the same answer for an unknown reference and a wrong name. The
    surname and e-mail are those of the contact; case, accents' encoding and blanks don't matter.
    """
    booking = booking_by_reference(reference)
    proofs = (
        bool(token) and references.booking_of_token(token) == booking.public_id,
        _same(surname, booking.contact_surname),
        _same(email, booking.contact_email),
    )
    if not any(proofs):
        raise BookingNotFound
    return booking


def booking_for_update(booking_id: int) -> Booking:
    """Return the booking with its row locked until the caller's transaction ends."""
    return _found(whole.read_locked(booking_id))


def booking_with_legs(booking_id: int) -> Booking:
    """Return the booking with its legs and their operators, not locked: 1 query."""
    return _found(whole.read_with_legs(booking_id))


def whole_bookings() -> QuerySet[Booking]:
    """Return bookings with legs, travellers, vehicles, items, pets and tickets: 7 queries in all."""
    tickets = Ticket.objects.order_by("pk")
    return Booking.objects.prefetch_related(
        Prefetch("legs", JourneyLeg.objects.select_related("operator").order_by("position")),
        Prefetch("legs__tickets", tickets),
        Prefetch("passengers", Passenger.objects.order_by("position")),
        Prefetch("vehicles", Vehicle.objects.order_by("position")),
        Prefetch("pets", Pet.objects.order_by("position")),
        Prefetch("items", OrderItem.objects.order_by("pk")),
    )


def outstanding_amendment(booking: Booking, *, now: datetime) -> Amendment | None:
    """Return the change that waits for payment and still has time; a late one counts as ended."""
    waiting = booking.amendments.filter(state=Amendment.State.AWAITING_PAYMENT, expires_at__gt=now)
    return waiting.first() if booking.state == Booking.State.CONFIRMED else None


def due_of(amendment: Amendment) -> int:
    """Return what has to be paid before the change is made, in minor units."""
    return max(0, amendment.difference + amendment.fee)


def amount_due(booking: Booking, *, now: datetime) -> int:
    """Return what the customer has to pay now, in minor units.

    The price of a booking that is not paid (late money may still pay an expired one), or what an
    outstanding change costs; 0 when nothing waits for money.
    """
    if Booking.State.PAID in states.MOVES[booking.state]:
        return booking.total - booking.paid
    amendment = outstanding_amendment(booking, now=now)
    return due_of(amendment) if amendment else 0


def _found(booking: Booking | None) -> Booking:
    if booking is None:
        raise BookingNotFound
    return booking


def _same(given: str, stored: str) -> bool:
    return bool(given.strip()) and hmac.compare_digest(_folded(given), _folded(stored))


def _folded(text: str) -> bytes:
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold().encode()
