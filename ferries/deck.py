"""Where a vehicle goes on the car deck: the lowest area that admits it and has space. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ferries import refusals
from ferries.fitting import AreaFacts
from ferries.offers import Refusal
from ferries.party import TYPICAL_WEIGHTS, VehicleSize

# What a bay takes whose list of classes is empty.
BAY_KINDS = ("motorcycle", "bicycle")


@dataclass(frozen=True)
class AreaSpace:
    """One deck area and what is left of it: lane cm (or places), load in kg, charging plugs.

    `left_kg` is None where the total load is not limited.
    """

    area: AreaFacts
    left: int
    left_kg: int | None = None
    left_plugs: int = 0


@dataclass(frozen=True)
class VehicleNeed:
    """What a vehicle takes of an area: lane cm (or one place), and kg where the load is limited."""

    amount: int
    kg: int


def areas_left(areas: Sequence[AreaFacts], left: Mapping[str, int]) -> tuple[AreaSpace, ...]:
    """Return the areas of which something can be sold at all, with what is left of each."""
    return tuple(
        AreaSpace(
            area,
            left[f"deck:{area.code}"],
            left.get(f"weight:{area.code}", 0) if area.weighs else None,
            left.get(f"plugs:{area.code}", 0),
        )
        for area in areas
        if f"deck:{area.code}" in left
    )


def lanes(vehicle: VehicleSize, area: AreaFacts) -> int:
    """Return how many lanes the vehicle blocks: a wide one takes two or more."""
    if not area.lane_width_cm:
        return 1
    return max(1, -(-vehicle.likely_width_cm // area.lane_width_cm))


def need(vehicle: VehicleSize, area: AreaFacts, gap_cm: int) -> VehicleNeed:
    """Return what the vehicle takes: its length with trailer and one gap, in each lane it blocks."""
    length_cm = vehicle.total_length_cm + gap_cm
    amount = 1 if area.counts_places else length_cm * lanes(vehicle, area)
    return VehicleNeed(amount, vehicle.likely_weight_kg)


def admits(area: AreaFacts, vehicle: VehicleSize) -> bool:
    """Tell whether class, height, width and weight are allowed there; space is another matter."""
    return (
        _admits_class(area, vehicle)
        and vehicle.height_cm <= area.clear_height_cm
        and not (area.max_width_cm and vehicle.likely_width_cm > area.max_width_cm)
        and not (area.max_vehicle_kg and vehicle.likely_weight_kg > area.max_vehicle_kg)
    )


def has_space(space: AreaSpace, vehicle: VehicleSize, gap_cm: int) -> bool:
    """Tell whether enough is left: length in one piece (or a place), load, a plug if wanted."""
    needed = need(vehicle, space.area, gap_cm)
    return (
        space.left >= needed.amount
        and (space.left_kg is None or space.left_kg >= needed.kg)
        and (not vehicle.charges or space.left_plugs > 0)
    )


def choose_area(spaces: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int) -> AreaFacts | None:
    """Return the area that the vehicle goes to: the first by fill order, then the lowest.

    A bay comes before the lanes, and low areas fill first, so that lanes are kept for cars and
    tall space for tall vehicles. None: it fits nowhere.
    """
    fitting = [
        space.area
        for space in spaces
        if admits(space.area, vehicle) and has_space(space, vehicle, gap_cm)
    ]
    return min(fitting, key=_preference, default=None)


def refuse(spaces: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int) -> Refusal | None:
    """Return why no area takes the vehicle, with the nearest thing that fits, or None if one does.

    What the ship can never carry is named before what is merely sold out.
    """
    if choose_area(spaces, vehicle, gap_cm):
        return None
    if not spaces:
        return refusals.no_vehicle_deck()
    areas = [space.area for space in spaces]
    never = _never(areas, vehicle)
    refusal = never or _short([s for s in spaces if admits(s.area, vehicle)], vehicle, gap_cm)
    return refusals.with_nearest(refusal, _nearest(spaces, vehicle, gap_cm))


def _never(areas: Sequence[AreaFacts], vehicle: VehicleSize) -> Refusal | None:
    """Return the limit of the ship that rules the vehicle out, if one does."""
    admitted = [area for area in areas if _admits_class(area, vehicle)]
    if not admitted:
        towing = bool(vehicle.trailer_length_cm)
        return refusals.class_not_admitted(kind=vehicle.kind, towing=towing)
    high = [area for area in admitted if vehicle.height_cm <= area.clear_height_cm]
    if not high:
        highest = max(area.clear_height_cm for area in admitted)
        return refusals.too_high(height_cm=vehicle.height_cm, clear_height_cm=highest)
    width_cm = vehicle.likely_width_cm
    wide = [area for area in high if not area.max_width_cm or width_cm <= area.max_width_cm]
    if not wide:
        widest = max(area.max_width_cm for area in high)
        return refusals.too_wide(width_cm=width_cm, max_width_cm=widest)
    if not any(admits(area, vehicle) for area in wide):
        most = max(area.max_vehicle_kg for area in wide)
        return refusals.too_heavy(weight_kg=vehicle.likely_weight_kg, max_weight_kg=most)
    return None


def _short(spaces: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int) -> Refusal:
    """Return what is sold out in the areas that would admit the vehicle."""
    roomy = [space for space in spaces if space.left >= need(vehicle, space.area, gap_cm).amount]
    if not roomy:
        best = max(spaces, key=lambda space: (not space.area.counts_places, space.left))
        needed = need(vehicle, best.area, gap_cm).amount
        if best.area.counts_places:
            return refusals.bay_places_short(kind=vehicle.kind)
        return refusals.lane_metres_short(left_cm=best.left, needed_cm=needed)
    loads = [space.left_kg for space in roomy if space.left_kg is not None]
    kg = vehicle.likely_weight_kg
    if len(loads) == len(roomy) and max(loads) < kg:
        return refusals.load_short(left_kg=max(loads), needed_kg=kg)
    return refusals.plugs_short()


def _nearest(
    spaces: Sequence[AreaSpace], vehicle: VehicleSize, gap_cm: int
) -> dict[str, int | str] | None:
    """Return what would fit instead: the same vehicle without its trailer, or if it were lower."""
    if vehicle.trailer_length_cm:
        alone = _without_trailer(vehicle)
        if choose_area(spaces, alone, gap_cm):
            return refusals.without_trailer(length_cm=alone.length_cm)
    # Nobody makes a motorcycle lower, so bays are left out.
    lower = [
        space
        for space in spaces
        if space.area.clear_height_cm < vehicle.height_cm
        and not space.area.counts_places
        and admits(space.area, replace(vehicle, height_cm=space.area.clear_height_cm))
        and has_space(space, vehicle, gap_cm)
    ]
    best = max(lower, key=lambda space: space.area.clear_height_cm, default=None)
    if best is None:
        return None
    return refusals.other_deck(
        name=best.area.name, clear_height_cm=best.area.clear_height_cm, left_cm=best.left
    )


def _without_trailer(vehicle: VehicleSize) -> VehicleSize:
    """Return the vehicle alone; of a weight that was stated with trailer at most the typical one."""
    weight_kg = min(vehicle.weight_kg, TYPICAL_WEIGHTS[vehicle.kind])
    return replace(vehicle, trailer_length_cm=0, weight_kg=weight_kg)


def _admits_class(area: AreaFacts, vehicle: VehicleSize) -> bool:
    """Tell whether the class may stand there; a place in a bay has no room for a trailer."""
    if area.counts_places:
        return vehicle.kind in (area.admits or BAY_KINDS) and not vehicle.trailer_length_cm
    return not area.admits or vehicle.kind in area.admits


def _preference(area: AreaFacts) -> tuple[bool, int, int, str]:
    return (not area.counts_places, area.fill_order, area.clear_height_cm, area.code)
