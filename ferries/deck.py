"""Where a vehicle goes on the car deck: the lowest area that admits it and has space. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferries import refusals
from ferries.offers import Refusal
from ferries.party import VehicleSize


@dataclass(frozen=True)
class AreaSpace:
    """What is left of one deck area, in lane cm, under its clear height."""

    code: str
    clear_height_cm: int
    left_cm: int


def needed_cm(vehicle: VehicleSize, gap_cm: int) -> int:
    """Return the lane length that the vehicle takes: with its trailer and one gap."""
    return vehicle.total_length_cm + gap_cm


def choose_area(areas: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int) -> AreaSpace | None:
    """Return the lowest area that admits the height and has the length left in one piece.

    Low areas fill first, so that tall space is kept for tall vehicles. None: it fits nowhere.
    """
    needed = needed_cm(vehicle, gap_cm)
    fitting = [area for area in admitting(areas, vehicle.height_cm) if area.left_cm >= needed]
    return min(fitting, key=lambda area: (area.clear_height_cm, area.code), default=None)


def refuse(areas: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int) -> Refusal | None:
    """Return why no area takes the vehicle, or None when one does."""
    if choose_area(areas, vehicle, gap_cm):
        return None
    if not areas:
        return refusals.no_vehicle_deck()
    admitted = admitting(areas, vehicle.height_cm)
    if not admitted:
        highest = max(area.clear_height_cm for area in areas)
        return refusals.too_high(height_cm=vehicle.height_cm, clear_height_cm=highest)
    left = max(area.left_cm for area in admitted)
    return refusals.lane_metres_short(left_cm=left, needed_cm=needed_cm(vehicle, gap_cm))


def admitting(areas: Sequence[AreaSpace], height_cm: int) -> list[AreaSpace]:
    """Return the areas whose clear height admits the height."""
    return [area for area in areas if area.clear_height_cm >= height_cm]
