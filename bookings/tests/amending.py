"""Shorthands of the tests that amend bookings, and operators with fare families."""

from dataclasses import replace
from datetime import datetime

from bookings.models import Amendment, Booking, Ticket
from bookings.operations.amend import commit_amendment, quote_amendment
from bookings.operations.amend_request import AmendmentQuote, AmendRequest, TravellerWish
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import hold_booking
from bookings.operations.journey import LegWish
from bookings.queries import booking_by_reference
from bookings.tests.makers import offer_of, pay, request
from ferries.models import (
    CapacityClaim,
    CapacityPool,
    ConditionBand,
    FareFamily,
    FareRule,
    Sailing,
)
from ferries.tests import makers


def fresh(booking: Booking) -> Booking:
    return booking_by_reference(booking.reference)


def moved_to(sailing: Sailing, leg: int = 1, family: str = "") -> AmendRequest:
    offer = offer_of(sailing) + (f"~{family}" if family else "")
    return AmendRequest(legs={leg: LegWish(offer)})


def quoted(booking: Booking, request: AmendRequest, *, now: datetime) -> AmendmentQuote:
    return quote_amendment(fresh(booking), request, now=now)


def committed(booking: Booking, quote: AmendmentQuote, *, now: datetime, **changes) -> Amendment:
    sums = {"token": quote.token, "due": quote.due, "refund": quote.refund, **changes}
    return commit_amendment(booking.pk, actor="customer", now=now, **sums)


def amended(booking: Booking, request: AmendRequest, *, now: datetime) -> Amendment:
    """Quote and commit."""
    return committed(booking, quoted(booking, request, now=now), now=now)


def everybody(booking: Booking) -> list[TravellerWish]:
    """Return the travellers as a request that changes nothing would name them."""
    return [
        TravellerWish(one.category, one.given_name, one.surname, one.age, item=one.item)
        for one in booking.passengers.order_by("position")
    ]


def new_adult(name: str = "New") -> TravellerWish:
    return TravellerWish("adult", name, "Doe")


def confirmed_in(sailing: Sailing, code: str, *, now: datetime, **wishes) -> Booking:
    """Return a confirmed booking in a fare family."""
    wish = request(sailing, **wishes)
    legs = (LegWish(f"{offer_of(sailing)}~{code}"),)
    booking = hold_booking(replace(wish, legs=legs), now=now)
    assert pay(booking, now=now) == "paid"
    confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    return booking


def family(code: str, *, adult: int, bands=(), **terms) -> FareFamily:
    """Return a family of the operator BLUE with fares from AAA to BBB and bands for amendments."""
    company = makers.operator()
    made = FareFamily.objects.create(operator=company, code=code, name=code.title(), **terms)
    path = makers.route(company, makers.port("AAA"), makers.port("BBB"))
    path.tariffs.filter(family=None).delete()
    table = makers.tariff(path, adult=adult)
    table.family, table.name = made, code
    table.save()
    for number, band in enumerate(bands):
        ConditionBand.objects.create(
            operator=company, family=made, action="amend", code=f"amend-{number}",
            sentence=f"Change of {code}", **{"from_hours": 0, **band},
        )  # fmt: skip
    return made


def dearer(sailing: Sailing, amount: int) -> None:
    """Set the adult fare of all routes of the sailing's operator; amount in minor units."""
    FareRule.objects.filter(tariff__route__operator=sailing.operator, code="adult").update(
        amount=amount
    )


def pools(*sailings: Sailing) -> dict[tuple[int, str], int]:
    """Return what is used, and make sure that it is the sum of the claims that count."""
    found = {}
    for pool in CapacityPool.objects.filter(sailing__in=sailings).order_by("pk"):
        claims = CapacityClaim.objects.filter(pool=pool, state__in=["held", "confirmed"])
        assert pool.used == sum(claims.values_list("amount", flat=True))
        found[sailings.index(pool.sailing), pool.resource] = pool.used
    return {name: used for name, used in found.items() if used}


def valid_tickets(booking: Booking) -> list[tuple[int, str, str]]:
    """Return leg, name and ship of each valid ticket."""
    found = Ticket.objects.filter(leg__booking=booking, voided_at=None).order_by("pk")
    return [
        (one.leg.position + 1, str(one.passenger or one.vehicle), one.leg.sailing.source_ref)
        for one in found.select_related("leg__sailing", "passenger", "vehicle")
    ]


def live_lines(booking: Booking) -> list[tuple[str, str, int]]:
    rows = booking.items.filter(cancelled_at=None).order_by("leg", "item", "pk")
    return [(row.item, row.kind, row.amount) for row in rows]
