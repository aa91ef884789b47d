"""Whether a party fits into what is left of a leg, and what it takes if it does. Pure.

`left` is what the party can take of each resource on all sectors of the leg, by resource name;
see `ferries.spaces.left_on`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ferries import berths, deck, refusals
from ferries.deck import AreaSpace
from ferries.fitting import AccommodationFacts, Fitting
from ferries.offers import Refusal
from ferries.party import ENCLOSED_KINDS, Party


@dataclass(frozen=True)
class LegRules:
    """What of a sailing and its operator decides whether a party fits."""

    fitting: Fitting
    gap_cm: int
    accommodation_required: bool = False


@dataclass(frozen=True)
class Taking:
    """What one item ("p0", "v0", "a0", "x0") takes of one resource, on each sector of the leg."""

    item: str
    resource: str
    amount: int


def refuse(
    rules: LegRules,
    left: Mapping[str, int],
    party: Party,
    areas: Sequence[AreaSpace] | None = None,
) -> tuple[Refusal, ...]:
    """Return every reason why the party does not fit; nothing when it does.

    `areas` are what is left of the deck, where the caller has worked it out already.
    """
    return (
        *_persons(rules, left, party),
        *_vehicle(rules, left, party, areas),
        *_accommodation(rules, left, party),
        *_pets(rules, left, party),
    )


def takings(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Taking]:
    """Return what the items of a party that fits take."""
    for index in range(party.persons):
        yield Taking(f"p{index}", "persons", 1)
        if rules.fitting.foot_limited and party.is_on_foot:
            yield Taking(f"p{index}", "foot", 1)
    yield from _vehicle_takings(rules, left, party)
    for index, code in enumerate(party.accommodation):
        yield Taking(f"a{index}", f"acc:{code}", 1)
    for index, place in enumerate(party.pets):
        if place in rules.fitting.pets:
            yield Taking(f"x{index}", f"pet:{place}", 1)


def _vehicle_takings(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Taking]:
    if party.vehicle is None:
        return
    spaces = deck.areas_left(rules.fitting.areas, left)
    area = deck.choose_area(spaces, party.vehicle, rules.gap_cm)
    if area is None:
        return
    needed = deck.need(party.vehicle, area, rules.gap_cm)
    yield Taking("v0", f"deck:{area.code}", needed.amount)
    if area.weighs:
        yield Taking("v0", f"weight:{area.code}", needed.kg)
    if party.vehicle.charges:
        yield Taking("v0", f"plugs:{area.code}", 1)


def _persons(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Refusal]:
    persons = left.get("persons", 0)
    if persons < party.persons:
        yield refusals.persons_short(left=persons, needed=party.persons)
    if rules.fitting.foot_limited and party.is_on_foot:
        on_foot = left.get("foot", 0)
        if on_foot < party.persons:
            yield refusals.foot_short(left=on_foot, needed=party.persons)


def _vehicle(
    rules: LegRules, left: Mapping[str, int], party: Party, areas: Sequence[AreaSpace] | None
) -> Iterator[Refusal]:
    if party.vehicle:
        spaces = deck.areas_left(rules.fitting.areas, left) if areas is None else areas
        refusal = deck.refuse(spaces, party.vehicle, rules.gap_cm)
        if refusal:
            yield refusal


def _accommodation(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Refusal]:
    if not (party.accommodation or rules.accommodation_required):
        return
    for code, needed in Counter(party.accommodation).items():
        facts = rules.fitting.type_of(code)
        if facts is None:
            yield refusals.accommodation_unknown(code)
            continue
        if facts.accessible and not party.needs_accessible:
            yield refusals.accessible_only(code=code, name=facts.name)
        if party.infants and not facts.infants_ok:
            yield refusals.infants_not_allowed(code=code, name=facts.name)
        units = left.get(f"acc:{code}", 0)
        if units < needed:
            refusal = refusals.accommodation_short(
                code=code, name=facts.name, left=units, needed=needed
            )
            yield refusals.with_nearest(refusal, _other_type(rules, left, party, facts))
    yield from _occupancy(rules, left, party)


def _occupancy(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Refusal]:
    units = _units(rules, party)
    least = sum(facts.min_occupancy for facts in units)
    if units and party.persons < least:
        yield refusals.occupancy_low(least=least, persons=party.persons)
    places = sum(facts.max_occupancy for facts in units)
    if rules.accommodation_required and places < party.persons:
        if party.accommodation:
            yield refusals.accommodation_required(persons=party.persons, berths=places)
        else:
            yield _no_cover(rules, left, party)


def _no_cover(rules: LegRules, left: Mapping[str, int], party: Party) -> Refusal:
    """Return why nothing could be chosen for a party that left the choice to us."""
    types = [facts for facts in rules.fitting.accommodation if berths.admits(facts, party)]
    free = {facts: left.get(f"acc:{facts.code}", 0) for facts in types}
    if berths.wants_accessible(rules.fitting, party) and not any(
        units for facts, units in free.items() if facts.accessible
    ):
        return refusals.accessible_short()
    places = sum(units * facts.max_occupancy for facts, units in free.items())
    if places < party.persons:
        return refusals.berths_short(left=places, needed=party.persons)
    return refusals.accommodation_required(persons=party.persons, berths=0)


def _units(rules: LegRules, party: Party) -> list[AccommodationFacts]:
    """Return the units that the party chose, without types that the ship does not have."""
    found = (rules.fitting.type_of(code) for code in party.accommodation)
    return [facts for facts in found if facts]


def _other_type(
    rules: LegRules, left: Mapping[str, int], party: Party, instead_of: AccommodationFacts
) -> dict[str, int | str] | None:
    """Return the type nearest in size that can stand in for the units that are missing."""
    free = [
        facts
        for facts in rules.fitting.accommodation
        if _stands_in(rules, left, party, facts, instead_of)
    ]
    best = min(
        free,
        key=lambda facts: (
            facts.kind != instead_of.kind,
            facts.max_occupancy < instead_of.max_occupancy,
            abs(facts.max_occupancy - instead_of.max_occupancy),
            facts.code,
        ),
        default=None,
    )
    if best is None:
        return None
    units = left[f"acc:{best.code}"]
    return refusals.other_accommodation(code=best.code, name=best.name, left=units)


def _stands_in(
    rules: LegRules,
    left: Mapping[str, int],
    party: Party,
    facts: AccommodationFacts,
    instead_of: AccommodationFacts,
) -> bool:
    """Tell whether the party may have the type in place of the units that are missing of another."""
    if not berths.admits(facts, party) or (instead_of.accessible and not facts.accessible):
        return False
    kept = left.get(f"acc:{instead_of.code}", 0)
    missing = party.accommodation.count(instead_of.code) - kept
    units = [code for code in party.accommodation if code != instead_of.code]
    units += [instead_of.code] * kept + [facts.code] * missing
    trial = replace(party, accommodation=tuple(units))
    return (
        left.get(f"acc:{facts.code}", 0) >= units.count(facts.code)
        and not any(_occupancy(rules, left, trial))
        and ("cabin" not in party.pets or _may_stay(rules, trial, "cabin"))
    )


def _pets(rules: LegRules, left: Mapping[str, int], party: Party) -> Iterator[Refusal]:
    if not party.pets:
        return
    for place, needed in Counter(party.pets).items():
        if place in rules.fitting.pets:
            places = left.get(f"pet:{place}", 0)
            if places < needed:
                yield refusals.pet_places_short(place=place, left=places, needed=needed)
        elif not _may_stay(rules, party, place):
            yield refusals.pet_place_unknown(place)


def _may_stay(rules: LegRules, party: Party, place: str) -> bool:
    if place == "cabin":
        return any(facts.pets_ok for facts in _units(rules, party))
    return place == "vehicle" and bool(party.vehicle and party.vehicle.kind in ENCLOSED_KINDS)
