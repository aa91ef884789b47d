"""Whether those who stay may still travel when a part of their party is cancelled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bookings.errors import InvalidSelection, RestCannotTravel
from bookings.models import Booking, JourneyLeg, OrderItem
from ferries import inventory
from ferries.errors import UnknownOffer
from ferries.fitting import AccommodationFacts
from ferries.fittings import fitting_of
from ferries.inventory import Need
from ferries.models import FOOT, Leg
from ferries.operators.local import check_leg, leg_of_offer
from ferries.party import Party
from ferries.spaces import after, left_on, spread

VEHICLE = "v0"


@dataclass(frozen=True)
class DriverFare:
    """What a driver (item) pays alone: minor units, the fare's label and the rule's code."""

    item: str
    amount: int
    label: str
    rule: str


@dataclass(frozen=True)
class Consequence:
    """What follows for those who stay: the driver's own fare, and who now goes on foot.

    `on_foot` are the items of travellers who need a place for foot passengers, on `ship`.
    """

    driver_fare: DriverFare | None = None
    on_foot: tuple[str, ...] = ()
    ship: Leg | None = None


NOTHING = Consequence()


@dataclass(frozen=True)
class RestParty:
    """What the rules ask of a party: category of each traveller, place of each pet, by item."""

    categories: Mapping[str, str]
    pets: Mapping[str, str]


@dataclass(frozen=True)
class _Rest:
    """One leg on which some items go and others stay; `ship` is None when its sailing is gone."""

    leg: JourneyLeg
    party: RestParty
    chosen: set[str]
    rest: set[str]
    ship: Leg | None
    foot_left: int | None

    @property
    def persons(self) -> list[str]:
        """Return the categories of those who stay."""
        return [self.party.categories[item] for item in self.rest if item.startswith("p")]

    @property
    def places(self) -> list[AccommodationFacts]:
        """Return the types of the cabins and seats that stay."""
        if self.ship is None:
            return []
        fitting = fitting_of(self.ship)
        types = (
            fitting.type_of(self.leg.accommodation[int(item[1:])])
            for item in self.rest
            if item.startswith("a")
        )
        return [facts for facts in types if facts is not None]

    def has_pet(self, place: str) -> bool:
        """Tell whether a pet stays that travels in such a place."""
        return any(self.party.pets.get(item) == place for item in self.rest)

    def loses(self, kind: str) -> bool:
        """Tell whether an item of a kind ("a", "v") is cancelled."""
        return any(item.startswith(kind) for item in self.chosen)


def party_of(booking: Booking) -> RestParty:
    """Return what the rules need to know of the booking's party; two queries."""
    return RestParty(
        categories={one.item: one.category for one in booking.passengers.order_by("position")},
        pets={pet.item: pet.place for pet in booking.pets.order_by("position")},
    )


def check(
    leg: JourneyLeg,
    booking: Booking,
    party: RestParty,
    *,
    chosen: set[str],
    rest: set[str],
    lines: Sequence[OrderItem],
    now: datetime,
) -> Consequence:
    """Refuse a cancellation that leaves a party which may not travel on the leg.

    Returns what follows for the rest: the fare of a driver who stays and came free with the
    vehicle, and who needs a place for foot passengers where the ship counts them. How many people
    a cabin needs at least is not asked again. Raises RestCannotTravel, and
    InvalidSelection for a part of a remote operator's leg.
    """
    if not leg.is_local:
        raise InvalidSelection(
            gettext(
                "%(operator)s can cancel crossing %(number)d only as a whole. Choose the whole "
                "crossing, or keep all of it."
            )
            % {"operator": leg.operator.name, "number": leg.position + 1}
        )
    needs_ship = any(item.startswith(("a", "v")) for item in chosen)
    ship = _ship(leg) if needs_ship else None
    foot_left = _foot_left(ship, booking, now) if ship and VEHICLE in chosen else None
    situation = _Rest(leg, party, chosen, rest, ship, foot_left)
    for is_wrong, sentence in RULES:
        if is_wrong(situation):
            raise RestCannotTravel(gettext(sentence), leg=leg.position + 1)
    walkers = () if foot_left is None else tuple(item for item in rest if item.startswith("p"))
    return Consequence(_driver_fare(situation, booking, lines), tuple(sorted(walkers)), ship)


def _nobody_left(rest: _Rest) -> bool:
    return not rest.persons


def _nobody_drives(rest: _Rest) -> bool:
    return VEHICLE in rest.rest and "adult" not in rest.persons


def _children_alone(rest: _Rest) -> bool:
    return "adult" not in rest.persons


def _pet_without_vehicle(rest: _Rest) -> bool:
    return rest.loses("v") and rest.has_pet("vehicle")


def _pet_without_cabin(rest: _Rest) -> bool:
    is_told = rest.ship is not None and rest.loses("a") and rest.has_pet("cabin")
    return is_told and not any(facts.pets_ok for facts in rest.places)


def _too_few_places(rest: _Rest) -> bool:
    if rest.ship is None or not rest.ship.sailing.accommodation_required or not rest.loses("a"):
        return False
    return sum(facts.max_occupancy for facts in rest.places) < len(rest.persons)


def _too_many_on_foot(rest: _Rest) -> bool:
    return rest.foot_left is not None and rest.foot_left < len(rest.persons)


RULES: Iterable[tuple[Callable[[_Rest], bool], str]] = (
    (
        _nobody_left,
        _(
            "Nobody would be left to travel with the rest. Cancel the whole crossing, or choose what "
            "goes with the travellers too."
        ),
    ),
    (
        _nobody_drives,
        _("The vehicle needs a driver. Cancel the vehicle too, or keep an adult."),
    ),
    (
        _children_alone,
        _("Children and infants travel with an adult. Cancel them too, or keep an adult."),
    ),
    (
        _pet_without_vehicle,
        _(
            "A pet stays in the vehicle during the crossing. Cancel the pet too, or keep the vehicle."
        ),
    ),
    (
        _pet_without_cabin,
        _("A pet stays in the cabin during the crossing. Cancel the pet too, or keep that cabin."),
    ),
    (
        _too_few_places,
        _(
            "On this crossing everybody needs a cabin or seat, and too few would be left. Keep enough "
            "of them, or cancel travellers too."
        ),
    ),
    (
        _too_many_on_foot,
        _(
            "Without the vehicle you would be foot passengers, for whom this ship has too few places "
            "left. Keep the vehicle, or cancel the whole crossing."
        ),
    ),
)


def _ship(leg: JourneyLeg) -> Leg | None:
    try:
        return leg_of_offer(leg.offer_id)
    except UnknownOffer:
        # The timetable has dropped the sailing: no rule of its ship can hinder a traveller.
        return None


def _foot_left(ship: Leg, booking: Booking, now: datetime) -> int | None:
    """Return how many foot passengers the ship still takes; None where it does not count them."""
    if not fitting_of(ship).foot_limited:
        return None
    spaces = inventory.spaces_of([ship.sailing_id], now=now)
    return left_on(spaces, ship.sectors, group=booking.group, now=now).get(FOOT, 0)


def foot_needs(found: Consequence, *, group: str, now: datetime) -> list[Need]:
    """Return what those who now go on foot take of the ship, from what is left now; one query."""
    if found.ship is None or not found.on_foot:
        return []
    needs = []
    spaces = inventory.spaces_of([found.ship.sailing_id], now=now)
    for sector in found.ship.sectors:
        rows = [each for each in spaces if (each.resource, each.sector) == (FOOT, sector)]
        for item in found.on_foot:
            parts = spread(rows, 1, group=group, now=now)
            needs += [Need(pool, item, part) for pool, part in parts]
            rows = after(rows, dict(parts))
    return needs


def _driver_fare(rest: _Rest, booking: Booking, lines: Sequence[OrderItem]) -> DriverFare | None:
    """Return the driver's own fare as it was on the day of booking, if the vehicle's paid for him."""
    free = [
        line.item
        for line in lines
        if line.kind == "passenger"
        and line.amount == 0
        and line.item in rest.rest
        and rest.party.categories[line.item] == "adult"
    ]
    if not free or rest.ship is None or not rest.loses("v"):
        return None
    alone = Party(adults=1, group=booking.group)
    try:
        live = check_leg(rest.ship, family=rest.leg.family, party=alone, now=booking.created_at)
    except UnknownOffer:
        return None
    lines_of_driver = [line for line in live.offer.lines if line.item == "p0"]
    fare = sum(line.amount for line in lines_of_driver if line.kind in ("passenger", "discount"))
    if fare <= 0:
        return None
    return DriverFare(free[0], fare, lines_of_driver[0].label, lines_of_driver[0].rule)
