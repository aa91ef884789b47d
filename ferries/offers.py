"""What is offered to a party: price lines, refusals, offers. Plain values, pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class PriceLine:
    """One priced item: what kind of line, for whom or what, minor units, the rule's code.

    Kinds: passenger, vehicle, trailer, accommodation, pet, surcharge, tax, discount (negative).
    `item` ties the line to what it is paid for: "p0", "p1" ... in the order of
    `Party.categories`, "v0" the vehicle, "t0" its trailer, "a0" ... cabins and seats, "x0" ...
    pets, "g0" ... assistance dogs. `amount` contains `vat`, of the rate `vat_bp` (hundredths of a
    percent).
    """

    kind: str
    label: str
    amount: int
    item: str
    rule: str
    vat: int = 0
    vat_bp: int = 0


@dataclass(frozen=True)
class Refusal:
    """Why something cannot be booked: a stable code, a sentence, and the numbers behind it.

    `nearest` is the closest thing that would fit: its `kind` (other_deck, without_trailer,
    other_accommodation, allotment_release, other_sailing), a `message`, and numbers.
    """

    code: str
    message: str
    numbers: dict[str, int | str] = field(default_factory=dict)
    nearest: dict[str, int | str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the flat form that the API shows."""
        flat: dict[str, Any] = {"code": self.code, "message": self.message, **self.numbers}
        return {**flat, "nearest": self.nearest} if self.nearest else flat


@dataclass(frozen=True)
class FareOption:
    """One fare family of an offer; `id` is the offer's id with this family chosen."""

    id: str
    family: str
    name: str
    sentence: str
    amount: int


@dataclass(frozen=True)
class AccommodationOffer:
    """Cabins or seats of one type: what one unit costs, and how many are left."""

    code: str
    name: str
    kind: str
    berths: int
    min_occupancy: int
    max_occupancy: int
    infants_ok: bool
    accessible: bool
    pets_ok: bool
    amount: int
    left: int


@dataclass(frozen=True)
class PetOffer:
    """One way for a pet to travel; `left` is None where no places are counted."""

    place: str
    amount: int
    left: int | None


@dataclass(frozen=True)
class Offer:
    """One leg that the operator offers to a party, with its price or the reasons against it.

    `id` is opaque for clients and begins with the operator's code. `left` has "persons" and, on
    ships with a car deck, "lane_cm" (longest total that one more vehicle of this height may use).
    `lines` price the fare family `family`; `fares` are all families, the cheapest first, and empty
    where the operator has only one level of price. `chosen_accommodation` are the types of the items
    a0, a1 ...: what the party asked for, or the cheapest where everybody needs a place.
    """

    id: str
    sailing: str
    operator: str
    operator_name: str
    vessel: str
    origin: str
    origin_name: str
    origin_zone: str
    destination: str
    destination_name: str
    destination_zone: str
    departs_at: datetime
    arrives_at: datetime
    currency: str
    lines: tuple[PriceLine, ...]
    left: dict[str, int]
    refusals: tuple[Refusal, ...] = ()
    timetable_note: str = ""
    family: str = ""
    family_name: str = ""
    fares: tuple[FareOption, ...] = ()
    accommodation: tuple[AccommodationOffer, ...] = ()
    accommodation_required: bool = False
    chosen_accommodation: tuple[str, ...] = ()
    pets: tuple[PetOffer, ...] = ()
    check_in_minutes: int = 0

    @property
    def check_in_closes_at(self) -> datetime | None:
        """Return when check-in closes; None where the operator has none."""
        if not self.check_in_minutes:
            return None
        return self.departs_at - timedelta(minutes=self.check_in_minutes)

    @property
    def bookable(self) -> bool:
        """Tell whether nothing stands against it."""
        return not self.refusals

    @property
    def amount(self) -> int:
        """Return the whole price in minor units."""
        return sum(line.amount for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry (moments as ISO 8601); not to be changed.

        Not by `asdict`, which copies every value: that took half of a search of operators (measured).
        """
        parts = ("lines", "refusals", "fares", "accommodation", "pets")
        return {
            **vars(self),
            **{name: [vars(each) for each in getattr(self, name)] for name in parts},
            "departs_at": self.departs_at.isoformat(),
            "arrives_at": self.arrives_at.isoformat(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Offer":
        """Return the offer that `as_json` wrote."""
        return cls(
            **{
                **values,
                "departs_at": datetime.fromisoformat(values["departs_at"]),
                "arrives_at": datetime.fromisoformat(values["arrives_at"]),
                "lines": tuple(PriceLine(**line) for line in values["lines"]),
                "refusals": tuple(Refusal(**refusal) for refusal in values["refusals"]),
                "fares": tuple(FareOption(**fare) for fare in values["fares"]),
                "accommodation": tuple(
                    AccommodationOffer(**each) for each in values["accommodation"]
                ),
                "chosen_accommodation": tuple(values["chosen_accommodation"]),
                "pets": tuple(PetOffer(**pet) for pet in values["pets"]),
            }
        )
