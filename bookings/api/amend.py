"""The API of amendments: read the input, call one operation, answer."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import queries
from bookings.api.serializers import (
    LegInput,
    TravellerInput,
    VehicleBody,
    booking_json,
    utc,
)
from bookings.api.views import EXAMPLES, PROOF, BookingAPIView, checked, guests_booking
from bookings.models import Amendment
from bookings.operations import amend
from bookings.operations.amend_request import AmendRequest, TravellerWish
from bookings.operations.hold import VehicleInput
from bookings.operations.journey import LegWish
from maritime.lib import clock
from maritime.lib.openapi import documented

MAX_TOKEN = 20_000


class AmendedLegInput(LegInput):
    """A crossing that changes; without `accommodation` it keeps its cabins."""

    leg = serializers.IntegerField(min_value=1, help_text="number of the crossing")


class AmendedTravellerInput(TravellerInput):
    """A traveller of the party as it shall be."""

    item = serializers.RegexField(
        r"^p\d{1,3}$", required=False, help_text="p0 ... of the booking; none: a new traveller"
    )


class AmendInput(serializers.Serializer[Any]):
    """The body of POST /bookings/{reference}/amendment-quotes; what is left out stays as it is."""

    legs = AmendedLegInput(many=True, required=False)
    passengers = AmendedTravellerInput(many=True, required=False)
    vehicles = VehicleBody(many=True, required=False)

    def as_request(self) -> AmendRequest:
        """Return what the operations take; call it after is_valid."""
        values = self.validated_data
        legs, people, vehicles = (values.get(name) for name in ("legs", "passengers", "vehicles"))
        return AmendRequest(
            legs=None if legs is None else {leg["leg"]: _wish(leg) for leg in legs},
            travellers=None if people is None else tuple(TravellerWish(**one) for one in people),
            vehicles=None if vehicles is None else tuple(VehicleInput(**one) for one in vehicles),
        )


class CommitInput(serializers.Serializer[Any]):
    """The body of POST /bookings/{reference}/amendments: a quote's token and the sums agreed to."""

    token = serializers.CharField(max_length=MAX_TOKEN)
    due = serializers.IntegerField(min_value=0, help_text="minor units")
    refund = serializers.IntegerField(min_value=0, help_text="minor units")


class AmendmentQuoteView(BookingAPIView):
    """Say what a change costs now."""

    @documented(
        "Price a change",
        {200: "AmendmentQuote"},
        request=AmendInput,
        example=EXAMPLES["change"],
        parameters=PROOF,
        answer_example=EXAMPLES["change_quote"],
    )
    def post(self, request: Request, reference: str) -> Response:
        body = checked(AmendInput(data=request.data))
        booking = guests_booking(request, reference)
        quote = amend.quote_amendment(booking, body.as_request(), now=clock.now())
        return Response(quote.as_dict())


class AmendmentView(BookingAPIView):
    """Make the change of a quote, or take back the one that waits for payment."""

    @documented(
        "Change a booking",
        {200: "Amendment", 202: "Amendment"},
        request=CommitInput,
        example=EXAMPLES["commit"],
        parameters=PROOF,
        answer_example=EXAMPLES["amendment"],
    )
    def post(self, request: Request, reference: str) -> Response:
        body = checked(CommitInput(data=request.data))
        booking = guests_booking(request, reference)
        made = amend.commit_amendment(
            booking.pk, actor="customer", now=clock.now(), **body.validated_data
        )
        is_open = made.state == Amendment.State.AWAITING_PAYMENT
        return Response(_answer(made, reference), status=202 if is_open else 200)

    @documented(
        "Take back a change that waits for payment",
        {204: OpenApiResponse(None, "It is taken back.")},
        parameters=PROOF,
    )
    def delete(self, request: Request, reference: str) -> Response:
        booking = guests_booking(request, reference)
        amend.withdraw_amendment(booking.pk, actor="customer", now=clock.now())
        return Response(status=204)


def _answer(made: Amendment, reference: str) -> dict[str, Any]:
    is_open = made.state == Amendment.State.AWAITING_PAYMENT
    return {
        "state": made.state,
        "difference": made.difference,
        "fee": made.fee,
        "due": queries.due_of(made) if is_open else 0,
        "currency": made.booking.currency,
        "expires_at": utc(made.expires_at),
        "booking": booking_json(queries.booking_by_reference(reference), for_owner=True),
    }


def _wish(leg: dict[str, Any]) -> LegWish:
    return LegWish(leg["offer"], tuple(leg.get("accommodation", ())))
