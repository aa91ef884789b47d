"""What is offered to a party: price lines, refusals, offers. Plain values, pure."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class PriceLine:
    """One priced item: kind (passenger, vehicle), who or what, minor units, the rule's code.

    `item` ties the line to one traveller or vehicle: "p0", "p1" ... in the order of
    `Party.categories`, "v0" for the vehicle.
    """

    kind: str
    label: str
    amount: int
    item: str
    rule: str


@dataclass(frozen=True)
class Refusal:
    """Why something cannot be booked: a stable code, a sentence, and the numbers behind it."""

    code: str
    message: str
    numbers: dict[str, int | str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the flat form that the API shows."""
        return {"code": self.code, "message": self.message, **self.numbers}


@dataclass(frozen=True)
class Offer:
    """One leg that the operator offers to a party, with its price or the reasons against it.

    `id` is opaque for clients and begins with the operator's code. `left` has "persons" and, on
    ships with a car deck, "lane_cm" (longest total that one more vehicle of this height may use).
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

    @property
    def bookable(self) -> bool:
        """Tell whether nothing stands against it."""
        return not self.refusals

    @property
    def amount(self) -> int:
        """Return the whole price in minor units."""
        return sum(line.amount for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry (moments as ISO 8601)."""
        return {
            **asdict(self),
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
            }
        )
