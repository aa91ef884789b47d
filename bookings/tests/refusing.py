"""Wishes for the evening of 1 June 2027, and what a search and a hold say of them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Booking
from bookings.operations.hold import (
    Contact,
    HoldRequest,
    VehicleInput,
    Wishes,
    hold_booking,
    party_of,
)
from bookings.operations.journey import LegWish
from bookings.tests.makers import people
from ferries.errors import NotBookable
from ferries.models import CapacityClaim, Sailing
from ferries.search import search
from ferries.tests import makers

DAY = date(2027, 6, 1)
# 20:00 on 1 June 2027 in London is 19:00 UTC.
EVENING = datetime(2027, 6, 1, 19, tzinfo=UTC)
BEFORE = datetime(2027, 5, 1, tzinfo=UTC)
RELEASE = datetime(2027, 5, 30, 12, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
HINT = {
    "kind": "allotment_release",
    "message": "Space that is kept for others is released on 30 May 2027 at 12:00 UTC.",
    "at": "2027-05-30T12:00:00Z",
}


def sailing(departs_at=EVENING, *, stops=("AAA", "BBB"), **values):
    ports = [makers.port(code, zone="Europe/London") for code in stops]
    return makers.sailing(*ports, departs_at=departs_at, **values)


def car(length=450, height=150, trailer=0, *, kind="car", **sizes):
    return VehicleInput(kind, length, height, trailer, registration="AB 1", **sizes)


def wish(
    run, adults=1, *, infants=0, vehicle=None, accommodation=(), legs="0-1", family="", **wishes
):
    offer = f"{run.operator.code}~{run.public_id.hex}~{legs}" + (f"~{family}" if family else "")
    return HoldRequest(
        legs=(LegWish(offer, tuple(accommodation)),),
        travellers=people(adults, infants=infants),
        vehicles=(vehicle,) if vehicle else (),
        contact=Contact("Jane", "Doe", "jane@example.com"),
        wishes=Wishes(**wishes),
    )


def offer_for(request, *, day=DAY, to="BBB", now=BEFORE):
    """Return the offer that a search shows for the wish."""
    (leg,) = request.legs
    party = replace(party_of(request), accommodation=leg.accommodation)
    found = search(origin="AAA", destination=to, day=day, party=party, now=now)
    return next(offer for offer in found.offers if offer.id == leg.offer_id)


def refused(request, **where):
    """Return the refusals, which are the same in a search and for a hold that leaves no trace."""
    shown = [refusal.as_dict() for refusal in offer_for(request, **where).refusals]
    with pytest.raises(NotBookable) as caught:
        hold_booking(request, now=where.get("now", BEFORE))
    assert caught.value.details["refusals"] == [{**refusal, "leg": 1} for refusal in shown]
    assert not Booking.objects.exists()
    assert not CapacityClaim.objects.exists()
    return shown


def taken(booking, *, sector=0):
    claims = CapacityClaim.objects.filter(holder=booking.public_id, pool__sector=sector)
    sums: Counter[str] = Counter()
    for item, resource, amount in claims.values_list("item", "pool__resource", "amount"):
        sums[f"{item} {resource}"] += amount
    return dict(sums)


def ship_with(**limits):
    """Return a sailing whose only deck area has the limits."""
    run = sailing(lane_cm=0)
    makers.deck_area(run, "main", **{"lane_cm": 5000, **limits})
    return run


def night(**cabins):
    """Return a sailing on which everybody needs one of the types: (units, places, amount) of each."""
    run = sailing()
    for code, (units, places, amount) in cabins.items():
        makers.accommodation(run, code, units=units, places=places, amount=amount)
    Sailing.objects.update(accommodation_required=True)
    return run
