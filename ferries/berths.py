"""The cheapest cabins, berths and seats for a party, where everybody needs one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ferries.fitting import AccommodationFacts, Fitting
from ferries.party import Party
from ferries.pricing import FareLine


class _Reach(NamedTuple):
    """For how many people some units are: at least and at most (never above the party's number).

    The flags tell whether they have what the party needs among them, or whether it needs none.
    """

    least: int
    most: int
    has_accessible: bool
    has_pets: bool


@dataclass(frozen=True, order=True)
class _Cover:
    """Some units; the best is the smallest: cheap, few accessible ones, few units."""

    price: int
    accessible: int
    units: int
    codes: tuple[str, ...]

    def plus(self, facts: AccommodationFacts, units: int, *, price: int) -> "_Cover":
        """Return the cover with so many more units of a type, each at the price."""
        return _Cover(
            self.price + units * price,
            self.accessible + units * facts.accessible,
            self.units + units,
            self.codes + units * (facts.code,),
        )


def cheapest(
    fitting: Fitting, left: Mapping[str, int], fares: Sequence[FareLine], party: Party
) -> tuple[str, ...]:
    """Return the type codes of the cheapest units that have a place for every traveller.

    One of them is accessible if the party needs that and the ship has such, one admits pets if
    a pet travels in the cabin; all admit infants if there is one. Together they are for no more
    people than travel. Of equally cheap choices the one that leaves most accessible units to
    others, then the one with fewer units. Empty when nothing that is left covers the party.
    """
    # Of several lines for one type the first counts, as in `ferries.pricing`.
    prices = {
        fare.category: fare.amount for fare in reversed(fares) if fare.kind == "accommodation"
    }
    types = [
        facts
        for facts in sorted(fitting.accommodation, key=lambda facts: facts.code)
        if facts.code in prices and admits(facts, party)
    ]
    start = _Reach(0, 0, not wants_accessible(fitting, party), "cabin" not in party.pets)
    best = {start: _Cover(0, 0, 0, ())}
    # Type by type: the best cover for each reach. Of one type as many units as gain something.
    for facts in types:
        for reach, cover in tuple(best.items()):
            steps = _with_more(reach, facts, left.get(f"acc:{facts.code}", 0), party.persons)
            for units, more in enumerate(steps, start=1):
                longer = cover.plus(facts, units, price=prices[facts.code])
                best[more] = min(longer, best.get(more, longer))
    whole = [cover for reach, cover in best.items() if reach[1:] == (party.persons, True, True)]
    return min(whole).codes if whole else ()


def admits(facts: AccommodationFacts, party: Party) -> bool:
    """Tell whether the type may be sold to the party; accessible ones are for those who need them."""
    return (party.needs_accessible or not facts.accessible) and (
        facts.infants_ok or not party.infants
    )


def wants_accessible(fitting: Fitting, party: Party) -> bool:
    """Tell whether the party needs an accessible unit and the ship distinguishes any."""
    return party.needs_accessible and any(facts.accessible for facts in fitting.accommodation)


def _with_more(
    reach: _Reach, facts: AccommodationFacts, units: int, persons: int
) -> Iterator[_Reach]:
    """Return the reach with one more unit of the type, with two, and so on, while that helps."""
    for _ in range(units):
        more = _Reach(
            reach.least + facts.min_occupancy,
            min(persons, reach.most + facts.max_occupancy),
            reach.has_accessible or facts.accessible,
            reach.has_pets or facts.pets_ok,
        )
        if more.least > persons or more[1:] == reach[1:]:
            return
        yield more
        reach = more
