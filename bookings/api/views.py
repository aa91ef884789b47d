"""The bookings API: read the input, call one operation or query, answer."""

from pathlib import Path
from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from bookings import queries, tickets
from bookings.api.serializers import (
    HOLD_INPUT,
    QUOTE_INPUT,
    HoldInput,
    QuoteInput,
    booking_json,
    held_json,
    hold_request_of,
)
from bookings.models import Booking
from bookings.operations import hold, quote
from maritime.lib import clock
from maritime.lib.openapi import documented, read_examples
from maritime.lib.throttle import RatedAPIView
from maritime.ops import idempotency

Input = TypeVar("Input", bound=Serializer[Any])
MAX_KEY_LENGTH = 255
EXAMPLES = read_examples(Path(__file__).with_name("examples.json"))
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="the same key and body give the same answer, and do the work once",
)
PROOF = [
    OpenApiParameter("surname", str, description="of the contact; instead of the Bearer token"),
    OpenApiParameter("email", str, description="of the contact; instead of the Bearer token"),
]


class BookingAPIView(RatedAPIView):
    """Answers hold personal data, so nothing between us and the client may keep them."""

    throttle_scope = "lookup"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Forbid caches to keep the answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class HoldView(BookingAPIView):
    """Hold places on one or two sailings."""

    throttle_scope = "hold"

    @documented(
        "Hold places",
        {201: "Held"},
        request=HoldInput,
        example=EXAMPLES["hold"],
        parameters=[KEY],
        answer_example=EXAMPLES["held"],
    )
    def post(self, request: Request) -> Response:
        wish = hold_request_of(HOLD_INPUT, request.data)
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > MAX_KEY_LENGTH:
            raise ValidationError(
                {"Idempotency-Key": [_("At most %(most)d characters.") % {"most": MAX_KEY_LENGTH}]}
            )
        held = hold.hold_priced(
            wish,
            now=clock.now(),
            idempotency=(key, idempotency.body_hash(request.data)) if key else None,
        )
        return Response(held_json(held), status=201)


class QuoteView(BookingAPIView):
    """Price a journey and promise the price for a while."""

    throttle_scope = "hold"

    @documented(
        "Price a journey",
        {200: "Quote"},
        request=QuoteInput,
        example=EXAMPLES["quote"],
        answer_example=EXAMPLES["quoted"],
    )
    def post(self, request: Request) -> Response:
        wish = hold_request_of(QUOTE_INPUT, request.data)
        made = quote.quote_booking(
            wish.legs,
            party=hold.party_of(wish),
            offer_code=wish.wishes.offer_code,
            now=clock.now(),
        )
        return Response(made.as_dict())


class BookingView(BookingAPIView):
    """Show one booking."""

    @documented(
        "Show a booking",
        {200: "Booking"},
        parameters=PROOF,
        answer_example=EXAMPLES["booking"],
    )
    def get(self, request: Request, reference: str) -> Response:
        booking = booking_for_request(request, reference)
        return Response(booking_json(booking, for_owner=not _is_staff(request)))


class TicketsView(BookingAPIView):
    """The tickets as a PDF."""

    @documented(
        "Tickets as PDF",
        {(200, "application/pdf"): OpenApiResponse(bytes, "The tickets.")},
        parameters=PROOF,
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        booking = booking_for_request(request, reference)
        return _file(tickets.ticket_pdf(booking), "application/pdf", f"{booking.reference}.pdf")


class CalendarView(BookingAPIView):
    """The journey as a calendar file."""

    @documented(
        "Journey as calendar file",
        {(200, "text/calendar"): OpenApiResponse(bytes, "The crossings.")},
        parameters=PROOF,
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        booking = booking_for_request(request, reference)
        return _file(tickets.calendar_file(booking), "text/calendar", f"{booking.reference}.ics")


def booking_for_request(request: Request, reference: str) -> Booking:
    """Return the booking if the request proves a right to see it; staff with permission may too.

    Raises BookingNotFound, whatever is wrong.
    """
    if _is_staff(request):
        return queries.booking_by_reference(reference)
    return guests_booking(request, reference)


def _is_staff(request: Request) -> bool:
    return bool(request.user.is_staff) and request.user.has_perm("bookings.view_booking")


def guests_booking(request: Request, reference: str) -> Booking:
    """Return the booking of a guest who proves that it is his; raises BookingNotFound."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return queries.booking_for_guest(
        reference,
        token=token.strip() if scheme.lower() == "bearer" else "",
        surname=request.query_params.get("surname", ""),
        email=request.query_params.get("email", ""),
    )


def checked(serializer: Input) -> Input:
    """Return the serializer with its data checked; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return serializer


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
