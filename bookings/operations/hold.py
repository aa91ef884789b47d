"""Hold places for one party on one or two legs: all of them or none."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from bookings import queries, states
from bookings.errors import InvalidParty
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger, Vehicle
from bookings.operations import journey
from bookings.operations.journey import QuotedLeg
from ferries import inventory
from ferries.conditions import Band
from ferries.errors import CapacityTaken, NotBookable
from ferries.models import ConditionBand
from ferries.party import CATEGORIES, VEHICLE_KINDS, Party, VehicleSize
from maritime.lib import references
from maritime.ops import idempotency as requests

MAX_TRAVELLERS = 50
TRIES = 3
SCOPE = "hold"


@dataclass(frozen=True)
class Traveller:
    """One human who boards: category is adult, child or infant."""

    category: str
    given_name: str
    surname: str
    age: int | None = None


@dataclass(frozen=True)
class VehicleInput:
    """One vehicle with its trailer; lengths and height in cm."""

    kind: str
    length_cm: int
    height_cm: int
    trailer_length_cm: int = 0
    registration: str = ""


@dataclass(frozen=True)
class Contact:
    """Who buys, and where the tickets go."""

    given_name: str
    surname: str
    email: str
    phone: str = ""


@dataclass(frozen=True)
class HoldRequest:
    """What a customer wants to book: offers of one or two legs, and one party for all of them."""

    offer_ids: tuple[str, ...]
    travellers: tuple[Traveller, ...]
    vehicles: tuple[VehicleInput, ...]
    contact: Contact


@dataclass(frozen=True)
class _Draft:
    """Everything that the transaction writes, known before it begins."""

    request: HoldRequest
    legs: tuple[QuotedLeg, ...]
    reference: str
    expires_at: datetime
    bands: dict[int, list[dict[str, Any]]]


def hold_booking(
    request: HoldRequest, *, now: datetime, idempotency: tuple[str, str] | None = None
) -> Booking:
    """Hold the journey for HOLD_MINUTES and return the booking, priced as the operators say now.

    `idempotency` is a key and the hash of the body: the same pair returns the same booking, also
    when two requests arrive at once. Remote space is reserved before the transaction and ends by
    itself if the booking is not made. One transaction writes the booking, and its last statements
    take the claims, so that hot pools are locked as short as possible. Raises InvalidParty,
    InvalidJourney, NotBookable, UnknownOffer, OperatorUnavailable, OperatorRefused, KeyReused.
    """
    party = party_of(request)
    if idempotency is not None:
        idempotency = _hashed(idempotency)
        earlier = _earlier_booking(idempotency)
        if earlier is not None:
            return earlier
    legs = journey.quote_journey(request.offer_ids, party=party, now=now)
    needs = _plan(legs, party, now)
    reference = references.new_reference()
    hold = timedelta(minutes=settings.HOLD_MINUTES)
    # The operator holds for as long as we can, which includes one extension at payment.
    legs = journey.reserve_remote(legs, party=party, reference=reference, until=now + 2 * hold)
    draft = _Draft(request, legs, reference, now + hold, _bands_of(legs))
    try:
        return _write_and_take(draft, needs, party, now, idempotency)
    except IntegrityError as error:
        earlier = _earlier_booking(idempotency) if idempotency and _is_repeat(error) else None
        if earlier is None:
            raise
        return earlier


def party_of(request: HoldRequest) -> Party:
    """Return who and what travels, or raise InvalidParty with a sentence that says what to mend."""
    travellers, vehicles = request.travellers, request.vehicles
    adults, children, infants = (
        sum(traveller.category == category for traveller in travellers) for category in CATEGORIES
    )
    problems = (
        (not travellers, "At least one person must travel."),
        (len(travellers) > MAX_TRAVELLERS, f"At most {MAX_TRAVELLERS} people fit one booking."),
        (adults + children + infants != len(travellers), "A traveller has an unknown category."),
        (not adults and children + infants, "Children and infants travel with an adult."),
        (len(vehicles) > 1, "One booking takes one vehicle."),
        (any(not _is_vehicle(vehicle) for vehicle in vehicles), "Please check the vehicle."),
    )
    for is_wrong, sentence in problems:
        if is_wrong:
            raise InvalidParty(sentence)
    return Party(adults, children, infants, _size(vehicles[0]) if vehicles else None)


def _is_vehicle(vehicle: VehicleInput) -> bool:
    return (
        vehicle.kind in VEHICLE_KINDS
        and vehicle.length_cm > 0
        and vehicle.height_cm > 0
        and vehicle.trailer_length_cm >= 0
    )


def _size(vehicle: VehicleInput) -> VehicleSize:
    return VehicleSize(
        vehicle.kind, vehicle.length_cm, vehicle.height_cm, vehicle.trailer_length_cm
    )


def _plan(legs: Sequence[QuotedLeg], party: Party, now: datetime) -> list[inventory.Need]:
    """Return what the party takes of the space that was quoted."""
    return [
        need
        for leg in legs
        if leg.local
        for need in inventory.plan_within(leg.spaces, leg.local, party, now=now)
    ]


def _plan_again(legs: Sequence[QuotedLeg], party: Party, now: datetime) -> list[inventory.Need]:
    """Return what the party takes of the space as it is now."""
    return [need for leg in legs if leg.local for need in inventory.plan(leg.local, party, now=now)]


def _write_and_take(
    draft: _Draft,
    needs: list[inventory.Need],
    party: Party,
    now: datetime,
    idempotency: tuple[str, str] | None,
) -> Booking:
    """Try a few times: between plan and claim others may take space, or holds may run out."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                booking = _write(draft, now, idempotency)
                inventory.take(
                    needs, holder=booking.public_id, expires_at=draft.expires_at, now=now
                )
                return booking
        except CapacityTaken:
            inventory.reap(sorted({need.pool_id for need in needs}), now=now)
            needs = _plan_again(draft.legs, party, now)
    raise NotBookable([{"code": CapacityTaken.code, "message": CapacityTaken.user_message}])


def _write(draft: _Draft, now: datetime, idempotency: tuple[str, str] | None) -> Booking:
    if idempotency is not None:
        # First: of two equal requests the second waits here, before it takes any space.
        requests.remember(SCOPE, *idempotency, draft.reference)
    contact = draft.request.contact
    booking = Booking.objects.create(
        reference=draft.reference,
        expires_at=draft.expires_at,
        currency=draft.legs[0].offer.currency,
        total=sum(leg.offer.amount for leg in draft.legs),
        contact_given_name=contact.given_name,
        contact_surname=contact.surname,
        contact_email=contact.email,
        contact_phone=contact.phone,
    )
    _write_party(booking, draft.request)
    _write_items(booking, draft)
    states.begin(booking, actor="customer", now=now)
    return booking


def _write_party(booking: Booking, request: HoldRequest) -> None:
    # Price lines and claims count travellers by category, adults first.
    travellers = sorted(request.travellers, key=lambda one: CATEGORIES.index(one.category))
    Passenger.objects.bulk_create(
        Passenger(booking=booking, position=position, **asdict(traveller))
        for position, traveller in enumerate(travellers)
    )
    Vehicle.objects.bulk_create(
        Vehicle(booking=booking, position=position, **asdict(vehicle))
        for position, vehicle in enumerate(request.vehicles)
    )


def _write_items(booking: Booking, draft: _Draft) -> None:
    legs = JourneyLeg.objects.bulk_create(
        _journey_leg(booking, position, leg, draft.bands[leg.operator.pk])
        for position, leg in enumerate(draft.legs)
    )
    OrderItem.objects.bulk_create(
        OrderItem(booking=booking, leg=leg, **asdict(line))
        for leg, quoted in zip(legs, draft.legs, strict=True)
        for line in quoted.offer.lines
    )


def _journey_leg(
    booking: Booking, position: int, leg: QuotedLeg, bands: list[dict[str, Any]]
) -> JourneyLeg:
    offer = leg.offer
    return JourneyLeg(
        booking=booking,
        position=position,
        operator=leg.operator,
        sailing=leg.local.sailing if leg.local else None,
        offer_id=offer.id,
        sailing_ref=offer.sailing,
        vessel=offer.vessel,
        origin=offer.origin,
        origin_name=offer.origin_name,
        origin_zone=offer.origin_zone,
        destination=offer.destination,
        destination_name=offer.destination_name,
        destination_zone=offer.destination_zone,
        departs_at=offer.departs_at,
        arrives_at=offer.arrives_at,
        timetable_note=offer.timetable_note,
        conditions=bands,
        operator_ref=leg.operator_ref,
    )


def _bands_of(legs: Sequence[QuotedLeg]) -> dict[int, list[dict[str, Any]]]:
    """Return the conditions of each operator as they are today; the booking keeps them."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    operators = {leg.operator.pk for leg in legs}
    for row in ConditionBand.objects.filter(operator__in=operators).order_by("from_hours"):
        band = Band(row.code, row.from_hours, row.to_hours, row.charge_percent, row.sentence)
        found[row.operator_id].append(asdict(band))
    return found


def _hashed(idempotency: tuple[str, str]) -> tuple[str, str]:
    """Hash the client's key: it may hold anything, an e-mail address too."""
    key, body_hash = idempotency
    return hashlib.sha256(key.encode()).hexdigest(), body_hash


def _earlier_booking(idempotency: tuple[str, str]) -> Booking | None:
    reference = requests.earlier_result(SCOPE, *idempotency)
    return queries.booking_by_reference(reference) if reference else None


def _is_repeat(error: IntegrityError) -> bool:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", "") == "idempotent_request_once"
