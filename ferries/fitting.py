"""How a ship is fitted out: what its decks admit, which cabins and pet places it has. Pure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AreaFacts:
    """One deck area; a limit of 0 and an empty `admits` mean that there is none.

    `counts_places`: a bay for motorcycles and bicycles, counted in places instead of lane cm.
    `weighs`: its total load is limited. `fill_order`: lower fills first.
    """

    code: str
    name: str
    clear_height_cm: int
    lane_width_cm: int = 0
    max_width_cm: int = 0
    max_vehicle_kg: int = 0
    weighs: bool = False
    counts_places: bool = False
    admits: tuple[str, ...] = ()
    fill_order: int = 0


@dataclass(frozen=True)
class AccommodationFacts:
    """One type of cabin, berth, seat or lounge place; occupancies count persons in one unit."""

    code: str
    name: str
    kind: str
    berths: int
    min_occupancy: int
    max_occupancy: int
    infants_ok: bool
    accessible: bool
    pets_ok: bool


@dataclass(frozen=True)
class Fitting:
    """What rules need to know of a vessel configuration; `pets` are the kinds of pet places."""

    areas: tuple[AreaFacts, ...] = ()
    accommodation: tuple[AccommodationFacts, ...] = ()
    pets: tuple[str, ...] = ()
    foot_limited: bool = False

    def area(self, code: str) -> AreaFacts | None:
        """Return the deck area of that code."""
        return next((area for area in self.areas if area.code == code), None)

    def type_of(self, code: str) -> AccommodationFacts | None:
        """Return the accommodation type of that code."""
        return next((each for each in self.accommodation if each.code == code), None)

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry."""
        return {
            "areas": [vars(area) for area in self.areas],
            "accommodation": [vars(facts) for facts in self.accommodation],
            "pets": self.pets,
            "foot_limited": self.foot_limited,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Fitting":
        """Return the fitting that `as_json` wrote."""
        return cls(
            areas=tuple(
                AreaFacts(**{**area, "admits": tuple(area["admits"])}) for area in value["areas"]
            ),
            accommodation=tuple(AccommodationFacts(**each) for each in value["accommodation"]),
            pets=tuple(value["pets"]),
            foot_limited=value["foot_limited"],
        )
