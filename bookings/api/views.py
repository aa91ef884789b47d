"""The bookings API: read the input, call one operation or query, answer."""

from typing import Any, TypeVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from bookings import queries, tickets
from bookings.api.serializers import (
    CancelInput,
    HoldInput,
    StaffCancelInput,
    booking_json,
    held_json,
)
from bookings.models import Booking
from bookings.operations import cancel, hold
from maritime.lib import clock
from maritime.ops import idempotency

Input = TypeVar("Input", bound=Serializer[Any])
MAX_KEY_LENGTH = 255
PROOF = [
    OpenApiParameter("surname", str, description="of the contact; instead of the Bearer token"),
    OpenApiParameter("email", str, description="of the contact; instead of the Bearer token"),
]


class BookingAPIView(APIView):
    """Answers hold personal data, so nothing between us and the client may keep them."""

    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "lookup"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Forbid caches to keep the answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class HoldView(BookingAPIView):
    """Hold places on one or two sailings."""

    throttle_scope = "hold"

    @extend_schema(
        request=HoldInput,
        responses={201: dict},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    def post(self, request: Request) -> Response:
        body = _checked(HoldInput(data=request.data))
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > MAX_KEY_LENGTH:
            raise ValidationError({"Idempotency-Key": [f"At most {MAX_KEY_LENGTH} characters."]})
        booking = hold.hold_booking(
            body.as_request(),
            now=clock.now(),
            idempotency=(key, idempotency.body_hash(request.data)) if key else None,
        )
        return Response(held_json(booking), status=201)


class BookingView(BookingAPIView):
    """Show one booking."""

    @extend_schema(responses=dict, parameters=PROOF)
    def get(self, request: Request, reference: str) -> Response:
        return Response(booking_json(booking_for_request(request, reference)))


class CancellationQuoteView(BookingAPIView):
    """Say what cancelling costs now."""

    @extend_schema(request=None, responses=dict, parameters=PROOF)
    def post(self, request: Request, reference: str) -> Response:
        booking = _guests_booking(request, reference)
        return Response(cancel.quote_cancellation(booking, now=clock.now()).as_dict())


class CancelView(BookingAPIView):
    """Cancel on the terms of a quote."""

    @extend_schema(request=CancelInput, responses=dict, parameters=PROOF)
    def post(self, request: Request, reference: str) -> Response:
        body = _checked(CancelInput(data=request.data))
        booking = _guests_booking(request, reference)
        cancel.cancel_booking(
            booking.pk, token=body.validated_data["token"], actor="customer", now=clock.now()
        )
        return Response(booking_json(queries.booking_by_reference(reference)))


class TicketsView(BookingAPIView):
    """The tickets as a PDF."""

    @extend_schema(responses={(200, "application/pdf"): bytes}, parameters=PROOF)
    def get(self, request: Request, reference: str) -> HttpResponse:
        booking = booking_for_request(request, reference)
        return _file(tickets.ticket_pdf(booking), "application/pdf", f"{booking.reference}.pdf")


class CalendarView(BookingAPIView):
    """The journey as a calendar file."""

    @extend_schema(responses={(200, "text/calendar"): bytes}, parameters=PROOF)
    def get(self, request: Request, reference: str) -> HttpResponse:
        booking = booking_for_request(request, reference)
        return _file(tickets.calendar_file(booking), "text/calendar", f"{booking.reference}.ics")


class MayCancel(BasePermission):
    """Staff with the permission to cancel for travellers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the signed-in person is such staff."""
        return bool(request.user.is_staff) and request.user.has_perm("bookings.cancel_booking")


class StaffCancelView(BookingAPIView):
    """Cancel for a traveller; needs a staff session and its CSRF token."""

    permission_classes = [MayCancel]

    @extend_schema(request=StaffCancelInput, responses=dict)
    def post(self, request: Request, reference: str) -> Response:
        values = _checked(StaffCancelInput(data=request.data)).validated_data
        booking = queries.booking_by_reference(reference)
        cancel_for_staff = (
            cancel.cancel_in_full if values["refund"] == "full" else cancel.cancel_by_conditions
        )
        cancel_for_staff(
            booking.pk,
            actor=f"staff:{request.user.pk}",
            reason=values["reason"],
            now=clock.now(),
        )
        return Response(booking_json(queries.booking_by_reference(reference)))


def booking_for_request(request: Request, reference: str) -> Booking:
    """Return the booking if the request proves a right to see it; staff with permission may too.

    Raises BookingNotFound, whatever is wrong.
    """
    if request.user.is_staff and request.user.has_perm("bookings.view_booking"):
        return queries.booking_by_reference(reference)
    return _guests_booking(request, reference)


def _guests_booking(request: Request, reference: str) -> Booking:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return queries.booking_for_guest(
        reference,
        token=token.strip() if scheme.lower() == "bearer" else "",
        surname=request.query_params.get("surname", ""),
        email=request.query_params.get("email", ""),
    )


def _checked(serializer: Input) -> Input:
    serializer.is_valid(raise_exception=True)
    return serializer


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
