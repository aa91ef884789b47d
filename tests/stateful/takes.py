"""What an item of a party takes of a ship, worked out by hand from plain numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from bookings.models import Vehicle
from bookings.operations.hold import VehicleInput
from tests.stateful.world import GAP_CM, Area, Ship


@dataclass(frozen=True)
class Rider:
    """One leg of somebody, as far as it says what its items take."""

    holder: UUID
    name: str
    sailing: int
    sectors: range
    items: tuple[str, ...]
    vehicle: VehicleInput | Vehicle | None
    rooms: tuple[str, ...]
    pets: Mapping[str, str]
    state: str
    is_told: bool

    @property
    def is_on_foot(self) -> bool:
        return "v0" not in self.items


def wanted_by(
    rider: Rider, ship: Ship, item: str, takes: Mapping[str, int]
) -> Iterator[dict[str, int]]:
    """Return what the item may take of a sector: exactly one of these."""
    kind, number = item[0], int(item[1:])
    if kind == "p":
        foot = {"foot": 1} if rider.is_on_foot and ship.foot is not None else {}
        yield {"persons": 1, **foot}
    elif kind == "v":
        for code, area in ship.areas.items():
            if f"deck:{code}" in takes and _may_stand(rider.vehicle, area):
                yield _deck(rider.vehicle, code, area)
    elif kind == "a":
        codes = [rider.rooms[number]] if rider.is_told else list(ship.rooms)
        yield from ({f"acc:{code}": 1} for code in codes if code in ship.rooms)
    elif rider.pets[item] == "kennel":
        yield {"pet:kennel": 1}
    else:
        yield {}


def _may_stand(vehicle: VehicleInput | Vehicle, area: Area) -> bool:
    if area.is_bay and (vehicle.kind != "motorcycle" or vehicle.trailer_length_cm):
        return False
    return vehicle.height_cm <= area.clear_cm


def _deck(vehicle: VehicleInput | Vehicle, code: str, area: Area) -> dict[str, int]:
    if area.is_bay:
        return {f"deck:{code}": 1}
    wide = area.lane_width_cm and vehicle.width_cm > area.lane_width_cm
    length_cm = vehicle.length_cm + vehicle.trailer_length_cm + GAP_CM
    weight = {f"weight:{code}": vehicle.weight_kg} if area.total_kg else {}
    return {f"deck:{code}": length_cm * (2 if wide else 1), **weight}
