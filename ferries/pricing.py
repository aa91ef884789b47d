"""What a party pays under a tariff: one line for each person and one for the vehicle. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferries.errors import NoFare
from ferries.offers import PriceLine
from ferries.party import Party, VehicleSize


@dataclass(frozen=True)
class FareLine:
    """One line of a tariff, as the table `FareRule` has it; amounts in minor units."""

    code: str
    kind: str
    category: str
    label: str
    amount: int
    min_length_cm: int = 0
    max_length_cm: int | None = None
    min_height_cm: int = 0
    max_height_cm: int | None = None
    per_started_cm: int | None = None
    includes_driver: bool = False

    def spans_length(self, length_cm: int) -> bool:
        """Tell whether the length is in the band: minimum included, maximum excluded."""
        return _within(length_cm, self.min_length_cm, self.max_length_cm)

    def spans_height(self, height_cm: int) -> bool:
        """Tell whether the height is in the band: minimum included, maximum excluded."""
        return _within(height_cm, self.min_height_cm, self.max_height_cm)


def price(party: Party, fares: Sequence[FareLine]) -> tuple[PriceLine, ...]:
    """Return the lines of the party: "p0", "p1" ... in the order of its categories, then "v0".

    A vehicle fare that includes the driver makes the first adult free. Raises NoFare, which names
    the category, when the tariff has no line for somebody or for the vehicle.
    """
    vehicle = _vehicle_line(party.vehicle, fares) if party.vehicle else None
    driver_rides_free = vehicle is not None and vehicle[1] and party.adults > 0
    lines = [
        _passenger_line(index, category, fares, free=driver_rides_free and index == 0)
        for index, category in enumerate(party.categories)
    ]
    return (*lines, vehicle[0]) if vehicle else tuple(lines)


def _passenger_line(
    index: int, category: str, fares: Sequence[FareLine], *, free: bool
) -> PriceLine:
    for fare in fares:
        if fare.kind == "passenger" and fare.category == category:
            label = f"{fare.label} (included with the vehicle)" if free else fare.label
            amount = 0 if free else fare.amount
            return PriceLine("passenger", label, amount, f"p{index}", fare.code)
    raise NoFare(category)


def _vehicle_line(vehicle: VehicleSize, fares: Sequence[FareLine]) -> tuple[PriceLine, bool]:
    """Return the vehicle's line and whether it includes the driver."""
    fitting = [
        fare
        for fare in fares
        if fare.kind == "vehicle"
        and fare.category == vehicle.kind
        and fare.spans_height(vehicle.height_cm)
    ]
    length_cm = vehicle.total_length_cm
    bands = [fare for fare in fitting if fare.per_started_cm is None]
    band = next((fare for fare in bands if fare.spans_length(length_cm)), None)
    extra = next(
        (fare for fare in fitting if fare.per_started_cm and fare.spans_length(length_cm)), None
    )
    if extra is None:
        if band is None:
            raise NoFare(vehicle.kind)
        return PriceLine("vehicle", band.label, band.amount, "v0", band.code), band.includes_driver
    return _lengthened(_longest(bands, vehicle.kind), extra, length_cm)


def _lengthened(band: FareLine, extra: FareLine, length_cm: int) -> tuple[PriceLine, bool]:
    """Return the longest band's line with the amount for each started stretch on top."""
    beyond = length_cm - extra.min_length_cm
    stretches = -(-beyond // (extra.per_started_cm or 1))
    amount = band.amount + stretches * extra.amount
    label = f"{band.label} + {stretches} x {extra.label}" if stretches else band.label
    code = f"{band.code}+{extra.code}"
    return PriceLine("vehicle", label, amount, "v0", code), band.includes_driver


def _longest(bands: Sequence[FareLine], kind: str) -> FareLine:
    if not bands:
        raise NoFare(kind)
    return max(bands, key=lambda fare: (fare.max_length_cm is None, fare.max_length_cm or 0))


def _within(value: int, minimum: int, maximum: int | None) -> bool:
    return value >= minimum and (maximum is None or value < maximum)
