"""Who still fits when another ship takes a sold sailing over, and who does not and why. Pure.

Parties go in the order in which they lose out last: confirmed before held, earlier before later.
Vehicles are stowed the tallest and longest first, so that tall space is there for those who need
it; only when that does not take everybody, the order of the parties decides who is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from ferries import refusals
from ferries.fitting import AccommodationFacts, Fitting
from ferries.offers import Refusal
from ferries.operations.swap_facts import Claimed, Fit, Misfit, Outcome, Ship, Sizes
from ferries.operations.swap_stowage import Vehicle, stow

# A cabin is better than a berth, and a berth better than a seat or a lounge place.
RANKS = {"lounge": 0, "seat": 0, "berth": 1, "cabin": 2}

IN_PROGRESS = "A change of the booking was under way, and has to be asked for again."


def plan(items: Sequence[Claimed], *, ship: Ship, before: Fitting, sizes: Sizes) -> Outcome:
    """Return which items fit on the ship; `before` is how the present one is fitted out.

    A vehicle whose size is not in `sizes` goes to an area that is no stricter than the one it has.
    """
    planner = _Planner(ship, before, sizes, items)
    planner.place_travellers()
    planner.place_vehicles()
    planner.place_rooms()
    planner.place_pets()
    planner.name_the_rest()
    order = {(each.holder, each.item): number for number, each in enumerate(planner.items)}
    fits = sorted(planner.fits, key=lambda fit: order[fit.claimed.holder, fit.claimed.item])
    misfits = sorted(planner.misfits, key=lambda bad: order[bad.claimed.holder, bad.claimed.item])
    return Outcome(tuple(fits), tuple(misfits))


def _in_order(items: Iterable[Claimed]) -> dict[UUID, list[Claimed]]:
    """Return the items by holder: confirmed ones first, then by the age of their first claim."""
    parties: dict[UUID, list[Claimed]] = defaultdict(list)
    for each in items:
        parties[each.holder].append(each)

    def rank(party: list[Claimed]) -> tuple[bool, datetime, int]:
        confirmed = any(each.confirmed for each in party)
        first = min(claim.pk for each in party for claim in each.claims)
        return not confirmed, min(each.since for each in party), first

    ranked = sorted(parties.values(), key=rank)
    return {party[0].holder: sorted(party, key=lambda each: each.item) for party in ranked}


class _Planner:
    """Fills the ship; `left` is what it still has of each (sector, resource)."""

    def __init__(self, ship: Ship, before: Fitting, sizes: Sizes, items: Iterable[Claimed]) -> None:
        self.ship, self.before, self.sizes = ship, before, sizes
        self.left = dict(ship.totals)
        self.parties = _in_order(items)
        self.items = [each for party in self.parties.values() for each in party]
        self.fits: list[Fit] = []
        self.misfits: list[Misfit] = []
        self.lost: set[UUID] = set()

    def place_travellers(self) -> None:
        """Place each party's heads together; a party that does not fit loses everything it has."""
        for holder, party in self.parties.items():
            travellers = [each for each in party if _heads(each)]
            driven = {sector for each in party if each.code("deck") for sector in each.sectors}
            refusal = self._heads_short(travellers, driven)
            if refusal:
                self.lost.add(holder)
                self.misfits += [Misfit(each, refusal) for each in party]
                continue
            for each in travellers:
                heads = each.amount("persons")
                takes = [("persons", heads)] if heads else []
                walks = self._walks(each, driven)
                if walks:
                    takes.append(("foot", _heads(each)))
                self._place(Fit(each, tuple(takes), walks=walks))

    def place_vehicles(self) -> None:
        """Stow the vehicles; who finds no place is refused with the limit that rules it out."""
        waiting = [
            Vehicle(each, ship=self.ship, before=self.before, sizes=self.sizes)
            for each in self._waiting("deck")
        ]
        places, out = stow(waiting, self.left)
        for each in places:
            self._place(each)
        for vehicle in out:
            self.misfits.append(Misfit(vehicle.claimed, vehicle.refusal(self.left)))

    def place_rooms(self) -> None:
        """Give everybody the type they have, then those whose type is short a better one."""
        waiting = []
        for each in self._waiting("acc"):
            code = each.code("acc")
            if self._is_as_good(code, code) and self._has(each, f"acc:{code}"):
                self._place(Fit(each, ((f"acc:{code}", each.amount(f"acc:{code}")),)))
            else:
                waiting.append(each)
        for each in waiting:
            self._upgrade(each, each.code("acc"))

    def place_pets(self) -> None:
        """Give each pet a place of the kind it has."""
        for each in self._waiting("pet"):
            place = each.code("pet")
            if self._has(each, f"pet:{place}"):
                self._place(Fit(each, ((f"pet:{place}", each.amount(f"pet:{place}")),)))
            elif place not in self.ship.fitting.pets:
                self.misfits.append(Misfit(each, refusals.pet_place_unknown(place)))
            else:
                short = refusals.pet_places_short(place=place, left=0, needed=1)
                self.misfits.append(Misfit(each, short))

    def name_the_rest(self) -> None:
        """Leave nobody out of the books: what was claimed beside an item without the item itself."""
        placed = {(f.claimed.holder, f.claimed.item, f.claimed.claims) for f in self.fits}
        placed |= {(m.claimed.holder, m.claimed.item, m.claimed.claims) for m in self.misfits}
        self.misfits += [
            Misfit(each, Refusal("change_in_progress", IN_PROGRESS))
            for each in self.items
            if (each.holder, each.item, each.claims) not in placed
        ]

    def _waiting(self, kind: str) -> list[Claimed]:
        return [each for each in self.items if each.code(kind) and each.holder not in self.lost]

    def _walks(self, each: Claimed, driven: set[int]) -> tuple[int, ...]:
        """Return the sectors on which somebody counts as a foot passenger on the new ship."""
        limited = self.ship.fitting.foot_limited
        return tuple(sector for sector in each.sectors if limited and sector not in driven)

    def _heads_short(self, travellers: Sequence[Claimed], driven: set[int]) -> Refusal | None:
        heads: Counter[int] = Counter()
        walkers: Counter[int] = Counter()
        for each in travellers:
            heads.update(dict.fromkeys(each.sectors, each.amount("persons")))
            walkers.update(dict.fromkeys(self._walks(each, driven), _heads(each)))
        for sector, needed in sorted(heads.items()):
            left = self.left.get((sector, "persons"), 0)
            if left < needed:
                return refusals.persons_short(left=left, needed=needed)
        for sector, needed in sorted(walkers.items()):
            left = self.left.get((sector, "foot"), 0)
            if left < needed:
                return refusals.foot_short(left=left, needed=needed)
        return None

    def _place(self, fit: Fit) -> None:
        for resource, amount in fit.takes:
            for sector in fit.sectors_of(resource):
                self.left[sector, resource] -= amount
        self.fits.append(fit)

    def _has(self, each: Claimed, resource: str, like: str = "") -> bool:
        needed = each.amount(like or resource)
        return all(self.left.get((sector, resource), 0) >= needed for sector in each.sectors)

    def _is_as_good(self, code: str, instead_of: str) -> bool:
        new, old = self.ship.fitting.type_of(code), self.before.type_of(instead_of)
        if new is None:
            return False
        return code == instead_of if old is None else _is_as_good(new, old)

    def _upgrade(self, each: Claimed, code: str) -> None:
        """Give the unit of the nearest type that is as good and free."""
        old = self.before.type_of(code)
        free = [
            facts
            for facts in self.ship.fitting.accommodation
            if self._is_as_good(facts.code, code)
            and self._has(each, f"acc:{facts.code}", f"acc:{code}")
        ]
        if not free:
            self.misfits.append(Misfit(each, self._no_room(each, code)))
            return
        kind = old.kind if old else ""
        best = min(free, key=lambda f: (f.kind != kind, RANKS[f.kind], f.max_occupancy, f.code))
        takes = ((f"acc:{best.code}", each.amount(f"acc:{code}")),)
        self._place(Fit(each, takes, before=code, after=best.code))

    def _no_room(self, each: Claimed, code: str) -> Refusal:
        known = self.ship.fitting.type_of(code)
        if known is None:
            return refusals.accommodation_unknown(code)
        left = min(self.left.get((sector, f"acc:{code}"), 0) for sector in each.sectors)
        needed = each.amount(f"acc:{code}")
        if left >= needed:
            message = f"{known.name} is less on this ship than what was sold."
            return Refusal("accommodation_less", message, {"accommodation": code})
        return refusals.accommodation_short(code=code, name=known.name, left=left, needed=needed)


def _is_as_good(new: AccommodationFacts, old: AccommodationFacts) -> bool:
    """Tell whether the new type serves whoever bought the old one at least as well."""
    return (
        (new.kind == old.kind or RANKS[new.kind] > RANKS[old.kind])
        and new.max_occupancy >= old.max_occupancy
        and new.accessible == old.accessible
        and (new.infants_ok or not old.infants_ok)
        and (new.pets_ok or not old.pets_ok)
    )


def _heads(each: Claimed) -> int:
    """Return how many persons an item stands for, also where it has only a place on foot."""
    return each.amount("persons") or each.amount("foot")
