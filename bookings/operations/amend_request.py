"""What a customer asks to change in a booking, and the answer that says what it costs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from bookings import persons
from bookings.operations.hold import Traveller, VehicleInput
from bookings.operations.journey import LegWish


@dataclass(frozen=True)
class TravellerWish(Traveller):
    """One traveller after the change; `item` ("p0") is whom of the booking it is, "" a new one."""

    item: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `traveller_from_json` reads them."""
        return {**asdict(self), "birth_date": self.birth_date and self.birth_date.isoformat()}


@dataclass(frozen=True)
class AmendRequest:
    """What shall be different; None leaves a part as it is.

    `legs` goes by the number of the leg (from 1): another offer of its operator on the same route,
    or the present offer with other cabins or seats; an empty accommodation keeps the units that the
    leg has. `travellers` is the whole list of who travels from now on: who is not in it is taken
    off all crossings that have not departed. `vehicles` is likewise the whole list, of one or none.
    """

    legs: Mapping[int, LegWish] | None = None
    travellers: tuple[TravellerWish, ...] | None = None
    vehicles: tuple[VehicleInput, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `request_from_json` reads them."""
        legs, travellers, vehicles = self.legs, self.travellers, self.vehicles
        return {
            "legs": None if legs is None else {str(n): asdict(wish) for n, wish in legs.items()},
            "travellers": None if travellers is None else [one.as_json() for one in travellers],
            "vehicles": None if vehicles is None else [asdict(one) for one in vehicles],
        }


def request_from_json(values: dict[str, Any]) -> AmendRequest:
    """Return the request that `AmendRequest.as_json` wrote."""
    legs, travellers, vehicles = values["legs"], values["travellers"], values["vehicles"]
    return AmendRequest(
        legs=None if legs is None else {int(number): _wish(wish) for number, wish in legs.items()},
        travellers=None
        if travellers is None
        else tuple(traveller_from_json(one) for one in travellers),
        vehicles=None if vehicles is None else tuple(VehicleInput(**one) for one in vehicles),
    )


def traveller_from_json(values: dict[str, Any]) -> TravellerWish:
    """Return the traveller that `TravellerWish.as_json` wrote, an earlier release's too."""
    born = values.get("birth_date")
    return TravellerWish(**{**values, "birth_date": date.fromisoformat(born) if born else None})


def without_list(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored change without what the list of persons asks: it stands in one place only."""
    plain = dict(change)
    if "request" in plain:
        request = plain["request"]
        people = request["travellers"]
        told = people and [persons.without(one) for one in people]
        plain["request"] = {**request, "travellers": told}
        plain["passengers"] = [persons.without(one) for one in plain["passengers"]]
    return plain


@dataclass(frozen=True)
class BookedLine:
    """One price line of the booking, before or after the change; `leg` counts from 1."""

    leg: int
    item: str
    kind: str
    label: str
    amount: int


@dataclass(frozen=True)
class AmendmentQuote:
    """What a change costs until `expires_at`; the token commits to exactly these sums.

    Minor units of one currency. `difference` is new fares less old ones, `fee` what the conditions
    add (a lower fare that is not refunded is part of it). At most one of `due` and `refund` is
    positive.
    """

    token: str
    before: tuple[BookedLine, ...]
    after: tuple[BookedLine, ...]
    difference: int
    fee: int
    due: int
    refund: int
    currency: str
    sentences: tuple[str, ...]
    expires_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the form that the API shows."""
        return {
            **asdict(self),
            "before": [asdict(line) for line in self.before],
            "after": [asdict(line) for line in self.after],
            "sentences": list(self.sentences),
            "expires_at": self.expires_at.isoformat().replace("+00:00", "Z"),
        }


def _wish(values: dict[str, Any]) -> LegWish:
    return LegWish(values["offer_id"], tuple(values["accommodation"]))
