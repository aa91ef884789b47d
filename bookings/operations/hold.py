"""Hold places for one party on one or two legs: all of them or none."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from bookings import queries, states
from bookings.errors import InvalidParty
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger, Pet, Vehicle
from bookings.operations import hold_rows, journey, persons, terms
from bookings.operations.hold_rows import BookingRows
from bookings.operations.journey import LegWish, QuotedLeg
from bookings.operations.quote import require_quote
from ferries import inventory, offer_codes
from ferries.errors import CapacityTaken, NotBookable
from ferries.models import Discount
from ferries.operators.local import leg_of_offer
from ferries.party import CATEGORIES, PET_PLACES, VEHICLE_KINDS, Party, VehicleSize
from maritime.lib import references
from maritime.ops import idempotency as requests

MAX_TRAVELLERS = 50
MAX_ANIMALS = 20
TRIES = 3
SCOPE = "hold"


@dataclass(frozen=True)
class Traveller:
    """One human who boards: category is adult, child or infant.

    The last three are for the list of persons: see `bookings.persons`.
    """

    category: str
    given_name: str
    surname: str
    age: int | None = None
    gender: str | None = None
    nationality: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True)
class VehicleInput:
    """One vehicle with its trailer; lengths in cm, weight in kg with trailer, 0 if not stated."""

    kind: str
    length_cm: int
    height_cm: int
    trailer_length_cm: int = 0
    registration: str = ""
    width_cm: int = 0
    weight_kg: int = 0
    charges: bool = False


@dataclass(frozen=True)
class Contact:
    """Who buys, where the tickets go, and the language (one of LANGUAGES) of mails and tickets."""

    given_name: str
    surname: str
    email: str
    phone: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Wishes:
    """What a party wants beside places: how each pet travels, dogs, an accessible cabin, its group.

    `assistance` are codes of `bookings.assistance`; the note is the traveller's own words.
    """

    pets: tuple[str, ...] = ()
    assistance_dogs: int = 0
    needs_accessible: bool = False
    group: str = ""
    offer_code: str = ""
    assistance: tuple[str, ...] = ()
    assistance_note: str = ""


NO_WISHES = Wishes()


@dataclass(frozen=True)
class HoldRequest:
    """What a customer wants to book: one or two legs, and one party for all of them.

    `quote` is the token of the price that was shown; empty: whatever the price is now.
    """

    legs: tuple[LegWish, ...]
    travellers: tuple[Traveller, ...]
    vehicles: tuple[VehicleInput, ...]
    contact: Contact
    wishes: Wishes = NO_WISHES
    quote: str = ""


@dataclass(frozen=True)
class _Draft:
    """Everything that the transaction writes, known before it begins."""

    request: HoldRequest
    legs: tuple[QuotedLeg, ...]
    reference: str
    expires_at: datetime
    terms: tuple[dict[str, Any], ...]
    offer: Discount | None


@dataclass(frozen=True)
class Held:
    """A held booking and its price lines in their order, each with its leg loaded."""

    booking: Booking
    items: Iterable[OrderItem]


def hold_booking(
    request: HoldRequest, *, now: datetime, idempotency: tuple[str, str] | None = None
) -> Booking:
    """Do as `hold_priced` for callers that need the booking only."""
    return hold_priced(request, now=now, idempotency=idempotency).booking


def hold_priced(
    request: HoldRequest, *, now: datetime, idempotency: tuple[str, str] | None = None
) -> Held:
    """Hold the journey for HOLD_MINUTES and return the booking, priced as the operators say now.

    `idempotency` is a key and the hash of the body: the same pair returns the same booking, also
    when two requests arrive at once. Remote space is reserved before the transaction and ends by
    itself if the booking is not made. One transaction writes the booking, and its last statements
    take the claims, so that hot pools are locked as short as possible. Of what the list of persons
    asks, only what a crossing wants is kept. Raises InvalidParty, PersonsListIncomplete,
    InvalidJourney, PriceChanged (of a quote), NotBookable, UnknownOffer, OperatorUnavailable,
    OperatorRefused, KeyReused.
    """
    request = persons.as_asked(request)
    party = party_of(request)
    if idempotency is not None:
        idempotency = _hashed(idempotency)
        earlier = _earlier(idempotency)
        if earlier is not None:
            return earlier
    legs = journey.quote_journey(
        request.legs, party=party, offer_code=request.wishes.offer_code, now=now
    )
    persons.require_list(request.travellers, legs)
    if request.quote:
        code = request.wishes.offer_code
        require_quote(request.quote, legs, offer_code=code, now=now)
    needs = _plan(legs, now)
    reference = references.new_reference()
    hold = timedelta(minutes=settings.HOLD_MINUTES)
    # The operator holds for as long as we can, which includes one extension at payment.
    legs = journey.reserve_remote(legs, reference=reference, until=now + 2 * hold)
    offer = _offer_of(legs, request.wishes.offer_code)
    draft = _Draft(request, legs, reference, now + hold, terms.terms_of(legs), offer)
    try:
        rows = _write_and_take(draft, needs, now, idempotency)
    except IntegrityError as error:
        earlier = _earlier(idempotency) if idempotency and _is_repeat(error) else None
        if earlier is None:
            raise
        return earlier
    return Held(rows.booking, rows.items)


def party_of(request: HoldRequest) -> Party:
    """Return who and what travels, or raise InvalidParty with a sentence that says what to mend."""
    travellers, vehicles, wishes = request.travellers, request.vehicles, request.wishes
    adults, children, infants = (
        sum(traveller.category == category for traveller in travellers) for category in CATEGORIES
    )
    problems = (
        (not travellers, gettext("At least one person must travel.")),
        (
            len(travellers) > MAX_TRAVELLERS,
            gettext("At most %(most)d people fit one booking.") % {"most": MAX_TRAVELLERS},
        ),
        (
            adults + children + infants != len(travellers),
            gettext("A traveller has an unknown category."),
        ),
        (not adults and children + infants, gettext("Children and infants travel with an adult.")),
        (len(vehicles) > 1, gettext("One booking takes one vehicle.")),
        (
            any(not _is_vehicle(vehicle) for vehicle in vehicles),
            gettext("Please check the vehicle."),
        ),
        (
            len(wishes.pets) + wishes.assistance_dogs > MAX_ANIMALS,
            gettext("That is too many animals."),
        ),
        (any(place not in PET_PLACES for place in wishes.pets), gettext("Please check the pets.")),
    )
    for is_wrong, sentence in problems:
        if is_wrong:
            raise InvalidParty(sentence)
    in_order = sorted(travellers, key=lambda one: CATEGORIES.index(one.category))
    return Party(
        adults=adults,
        children=children,
        infants=infants,
        vehicle=_size(vehicles[0]) if vehicles else None,
        ages=tuple(traveller.age for traveller in in_order),
        pets=wishes.pets,
        assistance_dogs=wishes.assistance_dogs,
        needs_accessible=wishes.needs_accessible,
        group=wishes.group.casefold(),
    )


def _is_vehicle(vehicle: VehicleInput) -> bool:
    return (
        vehicle.kind in VEHICLE_KINDS
        and vehicle.length_cm > 0
        and vehicle.height_cm > 0
        and min(vehicle.trailer_length_cm, vehicle.width_cm, vehicle.weight_kg) >= 0
    )


def _size(vehicle: VehicleInput) -> VehicleSize:
    return VehicleSize(
        kind=vehicle.kind,
        length_cm=vehicle.length_cm,
        height_cm=vehicle.height_cm,
        trailer_length_cm=vehicle.trailer_length_cm,
        width_cm=vehicle.width_cm,
        weight_kg=vehicle.weight_kg,
        charges=vehicle.charges,
    )


def _plan(legs: Sequence[QuotedLeg], now: datetime) -> list[inventory.Need]:
    """Return what the party takes of the space that was quoted."""
    return [
        need
        for leg in legs
        if leg.local
        for need in inventory.plan_within(leg.spaces, leg.local, leg.party, now=now)
    ]


def _read_again(legs: Sequence[QuotedLeg]) -> tuple[QuotedLeg, ...]:
    """Return the legs as they are now: between plan and claim another ship may have come."""
    return tuple(
        replace(leg, local=leg_of_offer(leg.offer.id)) if leg.local else leg for leg in legs
    )


def _plan_again(legs: Sequence[QuotedLeg], now: datetime) -> list[inventory.Need]:
    """Return what the party takes of the space as it is now."""
    return [
        need for leg in legs if leg.local for need in inventory.plan(leg.local, leg.party, now=now)
    ]


def _offer_of(legs: Sequence[QuotedLeg], code: str) -> Discount | None:
    """Return the row of an offer code that has reduced the journey."""
    if not code:
        return None
    operators = [leg.operator.pk for leg in legs]
    return Discount.objects.filter(operator__in=operators, code=code.upper()).first()


def _write_and_take(
    draft: _Draft,
    needs: list[inventory.Need],
    now: datetime,
    idempotency: tuple[str, str] | None,
) -> BookingRows:
    """Try a few times: between plan and claim others may take space, or holds may run out."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                rows = _write(draft, now, idempotency)
                inventory.take(
                    needs, holder=rows.booking.public_id, expires_at=draft.expires_at, now=now
                )
                return rows
        except CapacityTaken:
            inventory.reap(sorted({need.pool_id for need in needs}), now=now)
            needs = _plan_again(_read_again(draft.legs), now)
    raise NotBookable([{"code": CapacityTaken.code, "message": CapacityTaken().message}])


def _write(draft: _Draft, now: datetime, idempotency: tuple[str, str] | None) -> BookingRows:
    if idempotency is not None:
        # First: of two equal requests the second waits here, before it takes any space.
        requests.remember(SCOPE, *idempotency, draft.reference)
    rows = _rows(draft, now)
    hold_rows.insert(rows)
    if draft.offer:
        offer_codes.redeem(
            draft.offer.pk,
            holder=rows.booking.public_id,
            email=rows.booking.contact_email,
            expires_at=draft.expires_at,
            now=now,
        )
    return rows


def _rows(draft: _Draft, now: datetime) -> BookingRows:
    """Return the booking with all that belongs to it, not yet stored."""
    request, booking = draft.request, _booking(draft)
    # Price lines and claims count travellers by category, adults first.
    travellers = sorted(request.travellers, key=lambda one: CATEGORIES.index(one.category))
    legs = [
        _journey_leg(booking, position, leg, conditions)
        for position, (leg, conditions) in enumerate(zip(draft.legs, draft.terms, strict=True))
    ]
    return BookingRows(
        booking=booking,
        event=states.begin(booking, actor="customer", now=now),
        passengers=[
            Passenger(booking=booking, position=position, **vars(traveller))
            for position, traveller in enumerate(travellers)
        ],
        vehicles=[
            Vehicle(booking=booking, position=position, **vars(vehicle))
            for position, vehicle in enumerate(request.vehicles)
        ],
        pets=[
            Pet(booking=booking, position=position, place=place)
            for position, place in enumerate(request.wishes.pets)
        ],
        legs=legs,
        items=[
            OrderItem(booking=booking, leg=leg, **vars(line))
            for leg, quoted in zip(legs, draft.legs, strict=True)
            for line in quoted.offer.lines
        ],
    )


def _booking(draft: _Draft) -> Booking:
    contact, wishes = draft.request.contact, draft.request.wishes
    return Booking(
        reference=draft.reference,
        expires_at=draft.expires_at,
        currency=draft.legs[0].offer.currency,
        total=sum(leg.offer.amount for leg in draft.legs),
        contact_given_name=contact.given_name,
        contact_surname=contact.surname,
        contact_email=contact.email,
        contact_phone=contact.phone,
        contact_language=contact.language,
        group=wishes.group.casefold(),
        offer_code=wishes.offer_code.upper(),
        needs_accessible=wishes.needs_accessible,
        assistance_dogs=wishes.assistance_dogs,
        assistance=list(wishes.assistance),
        assistance_note=wishes.assistance_note,
    )


def _journey_leg(
    booking: Booking, position: int, leg: QuotedLeg, conditions: dict[str, Any]
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
        conditions=conditions,
        family=offer.family,
        family_name=offer.family_name,
        accommodation=list(leg.party.accommodation),
        check_in_minutes=offer.check_in_minutes,
        operator_ref=leg.operator_ref,
    )


def _hashed(idempotency: tuple[str, str]) -> tuple[str, str]:
    """Hash the client's key: it may hold anything, an e-mail address too."""
    key, body_hash = idempotency
    return hashlib.sha256(key.encode()).hexdigest(), body_hash


def _earlier(idempotency: tuple[str, str]) -> Held | None:
    reference = requests.earlier_result(SCOPE, *idempotency)
    if not reference:
        return None
    booking = queries.booking_by_reference(reference)
    return Held(booking, booking.items.select_related("leg").order_by("pk"))


def _is_repeat(error: IntegrityError) -> bool:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", "") == "idempotent_request_once"
