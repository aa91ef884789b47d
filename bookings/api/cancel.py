"""The API of cancellations: what it costs, the customer's cancellation, and that of staff."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings import queries
from bookings.api.serializers import booking_json
from bookings.api.views import EXAMPLES, PROOF, BookingAPIView, checked, guests_booking
from bookings.models import Booking
from bookings.operations import cancel
from bookings.operations.cancel import Overrule, Selection
from bookings.operations.journey import MAX_LEGS
from maritime.lib import clock
from maritime.lib.openapi import documented

MAX_ITEMS = 200
MAX_AMOUNT = 2**31 - 1


class SelectionInput(serializers.Serializer[Any]):
    """What shall be cancelled: numbers of crossings and names of items; left out: all of them."""

    legs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_LEGS),
        max_length=MAX_LEGS,
        required=False,
    )
    items = serializers.ListField(
        child=serializers.RegexField(r"^[a-z][0-9]{1,3}\Z"), max_length=MAX_ITEMS, required=False
    )

    def as_selection(self) -> Selection:
        """Return what the operations take; call it after is_valid."""
        values = self.validated_data
        return Selection(tuple(values.get("legs", ())), tuple(values.get("items", ())))


class CancelInput(serializers.Serializer[Any]):
    """The body of POST /bookings/{reference}/cancel: a quote's token, and its sums again."""

    token = serializers.CharField(max_length=4000)
    expected_refund = serializers.IntegerField(min_value=0, max_value=MAX_AMOUNT)
    expected_charge = serializers.IntegerField(min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT)


class StaffCancelInput(SelectionInput):
    """The body of POST /admin/bookings/{reference}/cancel.

    `full` gives back all that is not used and needs an overrule code; it takes no selection.
    """

    reason = serializers.CharField(max_length=200)
    refund = serializers.ChoiceField(choices=("conditions", "full"))
    overrule = serializers.ChoiceField(choices=Overrule.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let a code stand with a full refund, and nothing else."""
        is_full = attrs["refund"] == "full"
        if is_full and "overrule" not in attrs:
            raise ValidationError({"overrule": ["A full refund needs one of the reasons."]})
        if not is_full and "overrule" in attrs:
            raise ValidationError({"overrule": ["A reason to overrule needs a full refund."]})
        if is_full and (attrs.get("legs") or attrs.get("items")):
            raise ValidationError({"refund": ["A part is cancelled by the conditions only."]})
        return attrs


class CancellationQuoteView(BookingAPIView):
    """Say what cancelling costs now."""

    @documented(
        "What cancelling costs",
        {200: "CancellationQuote"},
        request=SelectionInput,
        example=EXAMPLES["selection"],
        parameters=PROOF,
        answer_example=EXAMPLES["cancellation_quote"],
    )
    def post(self, request: Request, reference: str) -> Response:
        booking = guests_booking(request, reference)
        selection = checked(SelectionInput(data=request.data)).as_selection()
        quote = cancel.quote_cancellation(booking, selection=selection, now=clock.now())
        return Response(quote.as_dict())


class CancelView(BookingAPIView):
    """Cancel on the terms of a quote."""

    @documented(
        "Cancel",
        {200: "Booking"},
        request=CancelInput,
        example=EXAMPLES["cancel"],
        parameters=PROOF,
        answer_example=EXAMPLES["cancelled"],
    )
    def post(self, request: Request, reference: str) -> Response:
        booking = guests_booking(request, reference)
        values = checked(CancelInput(data=request.data)).validated_data
        cancel.cancel_booking(booking.pk, **values, actor="customer", now=clock.now())
        return Response(booking_json(queries.booking_by_reference(reference), for_owner=True))


class MayCancel(BasePermission):
    """Staff with the permission to cancel for travellers."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the signed-in person is such staff."""
        return bool(request.user.is_staff) and request.user.has_perm("bookings.cancel_booking")


class StaffCancelView(BookingAPIView):
    """Cancel for a traveller; needs a staff session and its CSRF token."""

    permission_classes = [MayCancel]

    @documented(
        "Cancel for a traveller",
        {200: "Booking"},
        request=StaffCancelInput,
        example=EXAMPLES["staff_cancel"],
        answer_example=EXAMPLES["cancelled"],
    )
    def post(self, request: Request, reference: str) -> Response:
        body = checked(StaffCancelInput(data=request.data))
        booking = queries.booking_by_reference(reference)
        _cancel_for_staff(booking, body, actor=f"staff:{request.user.pk}")
        return Response(booking_json(queries.booking_by_reference(reference)))


def _cancel_for_staff(booking: Booking, body: StaffCancelInput, *, actor: str) -> None:
    values = body.validated_data
    facts: dict[str, Any] = {"actor": actor, "reason": values["reason"], "now": clock.now()}
    if values["refund"] == "full":
        cancel.cancel_in_full(booking.pk, overrule=values["overrule"], **facts)
    else:
        cancel.cancel_by_conditions(booking.pk, selection=body.as_selection(), **facts)
