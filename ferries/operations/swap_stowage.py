"""Where the vehicles of a sold sailing go on another ship. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ferries import deck, refusals
from ferries.fitting import AreaFacts, Fitting
from ferries.offers import Refusal
from ferries.operations.swap_facts import Claimed, Fit, Ship, Sizes, Totals


class Vehicle:
    """One vehicle that looks for a deck area on the ship that takes over."""

    def __init__(self, claimed: Claimed, *, ship: Ship, before: Fitting, sizes: Sizes) -> None:
        self.claimed = claimed
        self.ship = ship
        self.code = claimed.code("deck")
        self.area = before.area(self.code)
        size = sizes.get((claimed.holder, claimed.item))
        self.charges = claimed.amount(f"plugs:{self.code}") > 0
        self.size = replace(size, charges=self.charges) if size else None

    @property
    def bulk(self) -> tuple[int, int]:
        """Return height and length; of an unknown vehicle, the highest that its area admits."""
        if self.size:
            return self.size.height_cm, self.size.total_length_cm
        height_cm = self.area.clear_height_cm if self.area else 0
        return height_cm, self.claimed.amount(f"deck:{self.code}")

    def fit(self, left: Totals) -> Fit | None:
        """Return where the vehicle goes in what is left, or None."""
        spaces = self._spaces(left)
        if self.size:
            area = deck.choose_area(spaces, self.size, self.ship.gap_cm)
            needed = deck.need(self.size, area, self.ship.gap_cm) if area else None
        else:
            needed = self._as_claimed()
            area = next((s.area for s in _lowest(spaces) if self._may_stand(s, needed)), None)
        if area is None or needed is None:
            return None
        takes = [(f"deck:{area.code}", needed.amount)]
        if area.weighs:
            takes.append((f"weight:{area.code}", needed.kg))
        if self.charges:
            takes.append((f"plugs:{area.code}", 1))
        moved = area.code != self.code
        return Fit(
            self.claimed,
            tuple(takes),
            before=self.code if moved else "",
            after=area.code if moved else "",
        )

    def is_longer_than(self, left: Totals) -> bool:
        """Tell whether all lanes together have less left than it takes, on one of its sectors."""
        areas = self.ship.fitting.areas
        if self.size is None or any(area.counts_places for area in areas):
            return False
        needed = self.size.total_length_cm + self.ship.gap_cm
        return any(
            sum(left.get((sector, f"deck:{area.code}"), 0) for area in areas) < needed
            for sector in self.claimed.sectors
        )

    def asks_no_more_than(self, other: "Vehicle") -> bool:
        """Tell whether this vehicle would fit wherever the other one does."""
        mine, theirs = self.size, other.size
        if mine is None or theirs is None or mine.kind != theirs.kind:
            return False
        return (
            mine.height_cm <= theirs.height_cm
            and mine.total_length_cm <= theirs.total_length_cm
            and mine.likely_width_cm <= theirs.likely_width_cm
            and mine.likely_weight_kg <= theirs.likely_weight_kg
            and mine.charges <= theirs.charges
            and set(self.claimed.sectors) <= set(other.claimed.sectors)
        )

    def refusal(self, left: Totals) -> Refusal:
        """Return why it finds no place in what is left."""
        spaces = self._spaces(left)
        found = deck.refuse(spaces, self.size, self.ship.gap_cm) if self.size else None
        if found:
            return found
        if not spaces:
            return refusals.no_vehicle_deck()
        message = "The size of this vehicle is not known, and no deck is surely good enough."
        return Refusal("size_unknown", message)

    def _spaces(self, left: Totals) -> tuple[deck.AreaSpace, ...]:
        resources: dict[str, int] = {}
        for area in self.ship.fitting.areas:
            for kind in ("deck", "weight", "plugs"):
                name = f"{kind}:{area.code}"
                amounts = [left.get((sector, name)) for sector in self.claimed.sectors]
                known = [amount for amount in amounts if amount is not None]
                if len(known) == len(amounts):
                    resources[name] = min(known)
        return deck.areas_left(self.ship.fitting.areas, resources)

    def _as_claimed(self) -> deck.VehicleNeed:
        return deck.VehicleNeed(
            self.claimed.amount(f"deck:{self.code}"), self.claimed.amount(f"weight:{self.code}")
        )

    def _may_stand(self, space: deck.AreaSpace, needed: deck.VehicleNeed) -> bool:
        return (
            self.area is not None
            and _is_no_stricter(space.area, self.area)
            and space.left >= needed.amount
            and (space.left_kg is None or space.left_kg >= needed.kg)
            and (not self.charges or space.left_plugs > 0)
        )


def stow(vehicles: Sequence[Vehicle], left: Totals) -> tuple[list[Fit], list[Vehicle]]:
    """Return where the vehicles go, and those that are left out; `vehicles` are in party order."""
    everybody = _pack(vehicles, left)
    if everybody is not None:
        return everybody, []
    admitted: list[Vehicle] = []
    fits: list[Fit] = []
    room = dict(left)
    out: list[Vehicle] = []
    for vehicle in vehicles:
        here = vehicle.fit(room)
        if here is not None:
            fits.append(here)
            _take(room, here)
        elif again := _pack_again(admitted, vehicle, out, left=left, room=room):
            fits, room = again, dict(left)
            for fit in fits:
                _take(room, fit)
        else:
            out.append(vehicle)
            continue
        admitted.append(vehicle)
    still_out = []
    for vehicle in out:
        # Stowing again may have freed what an earlier one lacked.
        here = vehicle.fit(room)
        if here is None:
            still_out.append(vehicle)
        else:
            fits.append(here)
            _take(room, here)
    return fits, still_out


def _pack_again(
    admitted: Sequence[Vehicle],
    vehicle: Vehicle,
    out: Sequence[Vehicle],
    *,
    left: Totals,
    room: Totals,
) -> list[Fit] | None:
    """Stow all anew with one vehicle more: smaller ones may stand where only that one could.

    Not tried where it is hopeless, since the pools are locked meanwhile: the ship has less length
    left than it takes, or one that asks no more has been left out already.
    """
    if vehicle.is_longer_than(room) or any(each.asks_no_more_than(vehicle) for each in out):
        return None
    return _pack([*admitted, vehicle], left)


def _pack(vehicles: Sequence[Vehicle], left: Totals) -> list[Fit] | None:
    """Stow the tallest and longest first; None when one of them finds no place."""
    room = dict(left)
    fits = []
    for vehicle in sorted(vehicles, key=lambda each: each.bulk, reverse=True):
        fit = vehicle.fit(room)
        if fit is None:
            return None
        _take(room, fit)
        fits.append(fit)
    return fits


def _take(room: dict[tuple[int, str], int], fit: Fit) -> None:
    for resource, amount in fit.takes:
        for sector in fit.sectors_of(resource):
            room[sector, resource] -= amount


def _lowest(spaces: Iterable[deck.AreaSpace]) -> list[deck.AreaSpace]:
    return sorted(spaces, key=lambda space: (space.area.clear_height_cm, space.area.code))


def _is_no_stricter(new: AreaFacts, old: AreaFacts) -> bool:
    """Tell whether whatever may stand in the old area may stand in the new one."""
    limits = (
        (new.max_width_cm, old.max_width_cm),
        (new.max_vehicle_kg, old.max_vehicle_kg),
        (new.lane_width_cm, old.lane_width_cm),
    )
    return (
        new.clear_height_cm >= old.clear_height_cm
        and new.counts_places == old.counts_places
        and (old.weighs or not new.weighs)
        and (not new.admits or (bool(old.admits) and set(old.admits) <= set(new.admits)))
        and all(not limit or (0 < was <= limit) for limit, was in limits)
    )
