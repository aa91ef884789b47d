"""A simulated operator, and bookings of its crossings in the state that a test needs."""

from datetime import UTC, datetime, timedelta

from bookings.models import Booking
from bookings.operations.hold import Contact, HoldRequest, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests.makers import CAR, pay, people
from ferries.models import Operator, OperatorStop
from ferries.operators import calls, registry
from ferries.party import Party
from ferries.simulator.controls import Settings
from ferries.tests import makers
from ferries.tests.operators.conftest import remote


def saved_company(url: str, code: str = "KOMP", **values) -> Operator:
    """Return an operator that sells across the lake."""
    company = remote(code, url)
    for name, value in values.items():
        setattr(company, name, value)
    company.save()
    for stop, harbour in (("szantod", "HU-SZA"), ("tihany", "HU-TIH")):
        port = makers.port(harbour, zone="Europe/Budapest", country="HU")
        OperatorStop.objects.create(operator=company, stop_id=stop, port=port)
    return company


def misbehave(simulator, **settings) -> None:
    simulator.controls.settings = Settings(latency_ms=(0, 0), **settings)


def crossing(company: Operator, *, days: int = 30) -> str:
    """Return the id of the first crossing so many days ahead."""
    offers = registry.connector_for(company).search(
        company,
        origin="HU-SZA",
        destination="HU-TIH",
        day=datetime.now(UTC).date() + timedelta(days=days),
        party=Party(adults=1),
    )
    return offers[0].id


def wanted(*offer_ids: str) -> HoldRequest:
    contact = Contact("Jane", "Doe", "jane@example.com")
    return HoldRequest(tuple(LegWish(each) for each in offer_ids), people(2), (CAR,), contact)


def held_at(company: Operator, now: datetime) -> Booking:
    return hold_booking(wanted(crossing(company)), now=now)


def paid_at(company: Operator, now: datetime) -> Booking:
    booking = held_at(company, now)
    assert pay(booking, now=now) == "paid"
    return booking


def state_at_operator(company: Operator, booking: Booking, *, leg: int = 1) -> str:
    return calls.status(company, reference=f"{booking.reference}-{leg}").state
