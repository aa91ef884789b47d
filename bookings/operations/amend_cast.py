"""Who and what travels on each leg of a booking: now, and as a change wants it.

A traveller, a cabin or a pet keeps its name (p1, a0, x0) for the life of the booking, so that
lines, claims and tickets stay with their owner; whoever was cancelled leaves a gap. Prices and
plans count from 0 without gaps: `Cast.names` translates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.errors import InvalidParty, NotAmendable
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger, Vehicle
from bookings.operations.amend_request import AmendRequest, TravellerWish
from bookings.operations.hold import Contact, HoldRequest, Traveller, VehicleInput, Wishes, party_of
from ferries.party import CATEGORIES, Party

NOBODY = Contact("", "", "")
VEHICLE = "v0"


@dataclass(frozen=True)
class Rider:
    """A traveller as prices and space see one."""

    item: str
    category: str
    age: int | None


@dataclass(frozen=True)
class Cast:
    """Who and what travels on one leg, each with its name; adults first, as a party counts."""

    riders: tuple[Rider, ...]
    vehicle: VehicleInput | None
    accommodation: tuple[tuple[str, str], ...]
    pets: tuple[tuple[str, str], ...]
    dogs: tuple[str, ...]

    @property
    def items(self) -> set[str]:
        """Return the names of everybody and everything on the leg."""
        units = (*self.accommodation, *self.pets)
        vehicle = {VEHICLE} if self.vehicle else set()
        return {one.item for one in self.riders} | {item for item, _ in units} | vehicle

    @property
    def names(self) -> dict[str, str]:
        """Return the own name of each name that prices and plans use."""
        counted = {
            "p": [one.item for one in self.riders],
            "a": [item for item, _ in self.accommodation],
            "x": [item for item, _ in self.pets],
            "g": list(self.dogs),
        }
        return {
            f"{prefix}{index}": item
            for prefix, items in counted.items()
            for index, item in enumerate(items)
        }

    def party(self, booking: Booking) -> Party:
        """Return the party of the leg; raises InvalidParty if it may not travel like this."""
        wishes = Wishes(
            pets=tuple(place for _, place in self.pets),
            assistance_dogs=len(self.dogs),
            needs_accessible=booking.needs_accessible,
            group=booking.group,
        )
        travellers = tuple(Traveller(one.category, "", "", one.age) for one in self.riders)
        vehicles = (self.vehicle,) if self.vehicle else ()
        party = party_of(HoldRequest((), travellers, vehicles, NOBODY, wishes))
        return replace(party, accommodation=tuple(code for _, code in self.accommodation))

    def touched(self, other: "Cast") -> set[str]:
        """Return the names that are on one leg only, or are something else on the other.

        An age alone is a correction unless the price differs by it.
        """
        own, theirs = self.subjects, other.subjects
        return {item for item in own.keys() | theirs.keys() if own.get(item) != theirs.get(item)}

    @property
    def subjects(self) -> dict[str, object]:
        """Return what each item is, as far as it makes a difference to more than its price."""
        return {
            **{one.item: one.category for one in self.riders},
            **dict(self.accommodation),
            **dict(self.pets),
            **({VEHICLE: self.vehicle} if self.vehicle else {}),
        }


@dataclass(frozen=True)
class Standing:
    """A leg as it stands: its row, its live price lines without fees, and who travels on it."""

    row: JourneyLeg
    lines: tuple[OrderItem, ...]
    cast: Cast

    @property
    def number(self) -> int:
        """Return the number of the leg, from 1."""
        return self.row.position + 1

    def is_ahead(self, now: datetime) -> bool:
        """Tell whether somebody is booked on it and it has not departed."""
        return bool(self.lines) and self.row.departs_at > now


@dataclass(frozen=True)
class Booked:
    """A booking with its legs and people: 6 queries."""

    booking: Booking
    legs: tuple[Standing, ...]
    passengers: Mapping[str, Passenger]
    vehicle: Vehicle | None
    live: tuple[OrderItem, ...]


def read_booked(booking: Booking) -> Booked:
    """Return what the booking consists of now."""
    rows = booking.legs.select_related("operator", "sailing").order_by("position")
    live = tuple(booking.items.filter(cancelled_at=None).select_related("leg").order_by("pk"))
    passengers = {one.item: one for one in booking.passengers.order_by("position")}
    vehicle = booking.vehicles.order_by("position").first()
    pets = {one.item: one.place for one in booking.pets.order_by("position")}
    legs = tuple(_standing(row, live, passengers, vehicle, pets) for row in rows)
    return Booked(booking, legs, passengers, vehicle, live)


def wanted_casts(
    booked: Booked, request: AmendRequest, people: Sequence[TravellerWish] | None, *, now: datetime
) -> dict[int, Cast]:
    """Return who and what shall travel on each leg that is still ahead, by the leg's number.

    `people` are the travellers of the request with their names; see `named_people`.
    """
    ahead = [leg for leg in booked.legs if leg.is_ahead(now)]
    with_vehicle = {leg.number for leg in ahead if leg.cast.vehicle}
    known = booked.passengers.keys()
    casts = {}
    for leg in ahead:
        cast = leg.cast
        if people is not None:
            riders = [one for one in people if one.item in cast.items or one.item not in known]
            cast = replace(cast, riders=_in_order(riders))
        if request.vehicles is not None and (leg.number in with_vehicle or not with_vehicle):
            cast = replace(cast, vehicle=_vehicle(request.vehicles))
        wish = (request.legs or {}).get(leg.number)
        if wish and wish.accommodation:
            cast = replace(cast, accommodation=named_units(cast, wish.accommodation))
        casts[leg.number] = cast
    return casts


def named_people(
    booked: Booked, request: AmendRequest, *, now: datetime
) -> tuple[TravellerWish, ...] | None:
    """Return the wanted travellers, new ones with the next free names; None if none were given.

    Raises InvalidParty for a name that nobody has, or that stands twice.
    """
    if request.travellers is None:
        return None
    aboard = {item for leg in booked.legs if leg.is_ahead(now) for item in leg.cast.items}
    seen: set[str] = set()
    free = 1 + max((one.position for one in booked.passengers.values()), default=-1)
    named = []
    for one in request.travellers:
        if one.item and (one.item not in aboard or one.item in seen):
            raise InvalidParty(
                _("Nobody in this booking is called %(item)s, or somebody twice.")
                % {"item": one.item}
            )
        seen.add(one.item)
        if one.item:
            named.append(one)
        else:
            named.append(replace(one, item=f"p{free}"))
            free += 1
    return tuple(named)


def named_units(cast: Cast, codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return units of accommodation with their names: one that the leg has already keeps its own."""
    free = list(cast.accommodation)
    kept: list[tuple[str, str]] = []
    for code in codes:
        own = next((unit for unit in free if unit[1] == code), ("", code))
        if own[0]:
            free.remove(own)
        kept.append(own)
    used = {item for item, _ in kept}
    unused = (f"a{number}" for number in range(len(used) + len(kept)))
    fresh = (name for name in unused if name not in used)
    return tuple((item or next(fresh), code) for item, code in kept)


def require_legs(booked: Booked, request: AmendRequest, *, now: datetime) -> None:
    """Raise NotAmendable if a wish is for a leg that does not exist, is cancelled or has left."""
    ahead = {leg.number for leg in booked.legs if leg.is_ahead(now)}
    if not ahead:
        raise NotAmendable(
            _("Your last crossing has departed, so nothing can be changed any more.")
        )
    for number in request.legs or {}:
        if number not in ahead:
            raise NotAmendable(
                _("Crossing %(number)d has departed or is not part of this booking.")
                % {"number": number}
            )


def _standing(
    row: JourneyLeg,
    live: Iterable[OrderItem],
    passengers: Mapping[str, Passenger],
    vehicle: Vehicle | None,
    pets: Mapping[str, str],
) -> Standing:
    lines = tuple(line for line in live if line.leg_id == row.pk and line.kind != "fee")
    items = {line.item for line in lines}
    riders = [one for item, one in passengers.items() if item in items]
    units = enumerate(row.accommodation)
    cast = Cast(
        riders=_in_order(riders),
        vehicle=_size(vehicle) if vehicle and VEHICLE in items else None,
        accommodation=tuple((f"a{i}", code) for i, code in units if f"a{i}" in items),
        pets=tuple((item, place) for item, place in pets.items() if item in items),
        dogs=tuple(sorted(item for item in items if item.startswith("g"))),
    )
    return Standing(row, lines, cast)


def _in_order(people: Iterable[Passenger | TravellerWish]) -> tuple[Rider, ...]:
    riders = [Rider(one.item, one.category, one.age) for one in people]
    unknown = [one for one in riders if one.category not in CATEGORIES]
    if unknown:
        raise InvalidParty(_("A traveller has an unknown category."))
    return tuple(
        sorted(riders, key=lambda one: (CATEGORIES.index(one.category), int(one.item[1:])))
    )


def _vehicle(vehicles: Sequence[VehicleInput]) -> VehicleInput | None:
    if len(vehicles) > 1:
        raise InvalidParty(_("One booking takes one vehicle."))
    return replace(vehicles[0], registration="") if vehicles else None


def _size(vehicle: Vehicle) -> VehicleInput:
    return VehicleInput(
        kind=vehicle.kind,
        length_cm=vehicle.length_cm,
        height_cm=vehicle.height_cm,
        trailer_length_cm=vehicle.trailer_length_cm,
        width_cm=vehicle.width_cm,
        weight_kg=vehicle.weight_kg,
        charges=vehicle.charges,
    )
