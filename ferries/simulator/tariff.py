"""What the company's one ship carries and charges. All invented for the demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ferries import deck, pricing, refusals
from ferries.deck import AreaSpace
from ferries.errors import NoFare
from ferries.fitting import AreaFacts
from ferries.offers import PriceLine, Refusal
from ferries.party import Party
from ferries.pricing import FareLine
from ferries.simulator.timetable import Departure

VESSEL = "Komp (demo)"
PERSONS = 200
LANE_CM = 8_000
CLEAR_HEIGHT_CM = 400
GAP_CM = 50
DECK = AreaFacts("deck", "car deck", CLEAR_HEIGHT_CM)
SALE_CLOSES_MINUTES = 5
CURRENCY = "HUF"
LONG_CM = 700
# Minor units: 120000 is HUF 1,200.
PEOPLE = (("adult", "Adult", 120_000), ("child", "Child", 60_000), ("infant", "Infant", 0))
VEHICLES = (
    ("bicycle", "Bicycle", 60_000),
    ("motorcycle", "Motorcycle", 150_000),
    ("car", "Car", 300_000),
    ("van", "Van", 420_000),
    ("motorhome", "Motorhome", 560_000),
)
METRE_BEYOND = 50_000


@dataclass(frozen=True)
class Space:
    """What is left on a ride: places, and lane cm of the one car deck."""

    persons: int
    lane_cm: int

    @property
    def left(self) -> dict[str, int]:
        """Return what one more vehicle may be long, besides the places."""
        return {"persons": self.persons, "lane_cm": max(0, self.lane_cm - GAP_CM)}


def lane_cm(party: Party) -> int:
    """Return the lane length that the party takes."""
    return deck.need(party.vehicle, DECK, GAP_CM).amount if party.vehicle else 0


def price(party: Party) -> tuple[tuple[PriceLine, ...], list[Refusal]]:
    """Return the party's price lines, or none and the reason."""
    try:
        return pricing.price(party, FARES), []
    except NoFare as error:
        return (), [refusals.no_fare(error.category)]


def against(
    departure: Departure, party: Party, space: Space, *, now: datetime
) -> Sequence[Refusal]:
    """Return why the party cannot travel on the departure; nothing when it can."""
    closed = refusals.on_sale(
        status=refusals.ON_SALE,
        has_vessel=True,
        departs_at=departure.departs_at,
        closes_minutes=SALE_CLOSES_MINUTES,
        now=now,
    )
    if closed:
        return closed
    found = price(party)[1]
    if space.persons < party.persons:
        found.append(refusals.persons_short(left=space.persons, needed=party.persons))
    if party.vehicle:
        refusal = deck.refuse([AreaSpace(DECK, space.lane_cm)], party.vehicle, GAP_CM)
        found += [refusal] if refusal else []
    return found


def _fares() -> tuple[FareLine, ...]:
    fares = [
        FareLine(code, kind, code, f"{name} (demo price)", amount)
        for kind, table in (("passenger", PEOPLE), ("vehicle", VEHICLES))
        for code, name, amount in table
    ]
    for code, _, _ in VEHICLES:
        label = "metre beyond 7 m (demo price)"
        fares.append(
            FareLine(
                f"{code}-long",
                "vehicle",
                code,
                label,
                METRE_BEYOND,
                min_length_cm=LONG_CM,
                per_started_cm=100,
            )
        )
    return tuple(fares)


FARES = _fares()
