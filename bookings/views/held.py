"""The places that this browser holds already: going back or a second tab books nothing twice.

A signed cookie, for as long as a hold can last, names the newest booking and what was asked for.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from bookings.errors import BookingNotFound
from bookings.models import Booking
from bookings.operations.hold import HoldRequest
from bookings.queries import booking_by_public_id
from bookings.states import UNPAID
from maritime.lib.references import access_token, booking_of_token
from maritime.ops.idempotency import body_hash

COOKIE = "held"
SALT = "held-places"
# The hold, and the one time by which the start of a payment makes it longer.
LIFE = timedelta(minutes=2 * settings.HOLD_MINUTES)


@dataclass(frozen=True)
class Held:
    """A booking that is held and not paid, the digest of its request, and its token."""

    booking: Booking
    digest: str
    token: str

    def is_of(self, sailings: list[str]) -> bool:
        """Tell whether it is for these sailings."""
        return [leg.sailing_ref for leg in self.booking.legs.all()] == sailings


def digest_of(hold: HoldRequest) -> str:
    """Return what makes two requests the same: all but the moment at which the price was shown."""
    plain = json.dumps(asdict(replace(hold, quote="")), default=str)
    return body_hash(json.loads(plain))


def remember(response: HttpResponse, booking: Booking, digest: str) -> None:
    """Let the browser know what it holds."""
    response.set_signed_cookie(
        COOKIE,
        f"{access_token(booking.public_id)} {digest}",
        salt=SALT,
        max_age=int(LIFE.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def held_by(request: HttpRequest, *, now: datetime) -> Held | None:
    """Return what the browser still holds: 1 query with the cookie, else none."""
    value = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=LIFE) or ""
    token, _, digest = value.partition(" ")
    if not digest:
        return None
    try:
        booking = booking_by_public_id(booking_of_token(token))
    except BookingNotFound:
        return None
    return Held(booking, digest, token) if booking.state_at(now) in UNPAID else None
