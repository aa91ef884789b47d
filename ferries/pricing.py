"""What a party pays under a tariff: one line for each item, surcharges and taxes. Pure.

Percentages and contained VAT are rounded once for each line, halves up. docs/fares.md has an
example.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ferries.errors import NoFare
from ferries.offers import PriceLine
from ferries.party import Party, VehicleSize
from ferries.words import ASSISTANCE_DOG, INCLUDED
from maritime.lib import money

WHOLE_BP = 10_000
# What bears a surcharge or a tax of a category, as kinds of lines. Assistance dogs bear nothing.
BEARERS = {
    "passenger": frozenset({"passenger"}),
    "vehicle": frozenset({"vehicle", "trailer"}),
    "all": frozenset({"passenger", "vehicle", "trailer", "accommodation", "pet"}),
}
# Amounts count heads and vehicles; only percentages reach trailers, cabins and pets.
COUNTED = frozenset({"passenger", "vehicle"})
# A trailer line of this category prices the trailers of every kind of vehicle.
ANY_VEHICLE = "all"


@dataclass(frozen=True)
class FareLine:
    """One line of a tariff, as the table `FareRule` has it.

    Amounts in minor units with the VAT they contain; `percent_bp` and `vat_bp` in hundredths of a
    percent, ages in years, lengths in cm.
    """

    code: str
    kind: str
    category: str
    label: str
    amount: int
    percent_bp: int = 0
    vat_bp: int = 0
    min_age: int | None = None
    max_age: int | None = None
    min_length_cm: int = 0
    max_length_cm: int | None = None
    min_height_cm: int = 0
    max_height_cm: int | None = None
    per_started_cm: int | None = None
    includes_driver: bool = False

    @property
    def has_ages(self) -> bool:
        """Tell whether the line is for some ages only."""
        return self.min_age is not None or self.max_age is not None

    def spans_age(self, age: int) -> bool:
        """Tell whether the age is in the band: minimum included, maximum excluded."""
        return _within(age, self.min_age or 0, self.max_age)

    def spans_length(self, length_cm: int) -> bool:
        """Tell whether the length is in the band: minimum included, maximum excluded."""
        return _within(length_cm, self.min_length_cm, self.max_length_cm)

    def spans_height(self, height_cm: int) -> bool:
        """Tell whether the height is in the band: minimum included, maximum excluded."""
        return _within(height_cm, self.min_height_cm, self.max_height_cm)


@dataclass(frozen=True)
class _Towed:
    """The price lines of a vehicle and its trailer, and whether the driver rides free."""

    lines: tuple[PriceLine, ...] = ()
    includes_driver: bool = False


def price(party: Party, fares: Sequence[FareLine]) -> tuple[PriceLine, ...]:
    """Return the lines of the party, amounts in minor units.

    They come as travellers ("p0", "p1" ... in the order of its categories), vehicle ("v0"),
    trailer ("t0"), accommodation ("a0" ...), pets ("x0" ...), assistance dogs ("g0" ..., free by
    Regulation (EU) 1177/2010), and then the surcharges and taxes in the tariff's order. A vehicle
    fare that includes the driver makes the first adult free, but he bears surcharges and taxes of
    persons. Raises NoFare, which names the category, when the tariff has no line for something.
    """
    towed = _vehicle_lines(party.vehicle, fares) if party.vehicle else _Towed()
    bearing = (
        *_passenger_lines(party, fares, driver_is_free=towed.includes_driver),
        *towed.lines,
        *_plain_lines("accommodation", "a", party.accommodation, fares),
        *_plain_lines("pet", "x", party.pets, fares),
    )
    return (*bearing, *_dog_lines(party), *_surcharge_lines(bearing, fares))


def contained_vat(amount: int, vat_bp: int) -> int:
    """Return the VAT that an amount of minor units contains, halves up; not for negative ones."""
    return money.allocate(amount, [vat_bp, WHOLE_BP])[0] if vat_bp else 0


def share(amount: int, percent_bp: int) -> int:
    """Return so many hundredths of a percent of an amount in minor units, halves up."""
    return money.percent(amount, Decimal(percent_bp) / 100)


def _passenger_lines(
    party: Party, fares: Sequence[FareLine], *, driver_is_free: bool
) -> Iterator[PriceLine]:
    ages = party.ages or (None,) * party.persons
    for index, (category, age) in enumerate(zip(party.categories, ages, strict=True)):
        fare = _passenger_fare(category, age, fares)
        if driver_is_free and index == 0 and category == "adult":
            label = INCLUDED % {"fare": fare.label}
            yield PriceLine("passenger", label, 0, "p0", fare.code, vat_bp=fare.vat_bp)
        else:
            yield _line(fare, f"p{index}")


def _passenger_fare(category: str, age: int | None, fares: Sequence[FareLine]) -> FareLine:
    """Return the line of the narrowest age band that spans the age, or the one without ages.

    Of an unknown age it is the one without ages, else the dearest of the category, so that the
    first price shown is not too low.
    """
    own = [fare for fare in fares if fare.kind == "passenger" and fare.category == category]
    plain = [fare for fare in own if not fare.has_ages]
    if age is None:
        chosen = plain[:1] or sorted(own, key=lambda fare: -fare.amount)
    else:
        bands = [fare for fare in own if fare.has_ages and fare.spans_age(age)]
        chosen = sorted(bands, key=_age_width) or plain
    if not chosen:
        raise NoFare(category)
    return chosen[0]


def _age_width(fare: FareLine) -> tuple[bool, int]:
    """Return a key that sorts age bands by their width; those without an end come last."""
    return fare.max_age is None, (fare.max_age or 0) - (fare.min_age or 0)


def _vehicle_lines(vehicle: VehicleSize, fares: Sequence[FareLine]) -> _Towed:
    """Price the vehicle by its own length beside its trailer, or both by their length together."""
    own = [fare for fare in fares if fare.kind == "vehicle" and fare.category == vehicle.kind]
    trailers = _trailer_fares(vehicle, fares)
    if not trailers:
        line = _measured(own, vehicle.total_length_cm, vehicle.height_cm, named=vehicle.kind)
        return _Towed((_line(line, "v0"),), line.includes_driver)
    line = _measured(own, vehicle.length_cm, vehicle.height_cm, named=vehicle.kind)
    trailer = _measured(trailers, vehicle.trailer_length_cm, vehicle.height_cm, named="trailer")
    return _Towed((_line(line, "v0"), _line(trailer, "t0")), line.includes_driver)


def _trailer_fares(vehicle: VehicleSize, fares: Sequence[FareLine]) -> list[FareLine]:
    """Return the lines for trailers of the towing kind, else those for any; none without one."""
    if not vehicle.trailer_length_cm:
        return []
    trailers = [fare for fare in fares if fare.kind == "trailer"]
    own = [fare for fare in trailers if fare.category == vehicle.kind]
    return own or [fare for fare in trailers if fare.category == ANY_VEHICLE]


def _measured(fares: Sequence[FareLine], length_cm: int, height_cm: int, *, named: str) -> FareLine:
    """Return the line for a vehicle or trailer of that size, as one line made of two if need be.

    The height is that of vehicle and trailer together. Raises NoFare(named).
    """
    fitting = [fare for fare in fares if fare.spans_height(height_cm)]
    bands = [fare for fare in fitting if fare.per_started_cm is None]
    found = [fare for fare in fitting if fare.per_started_cm and fare.spans_length(length_cm)]
    if found:
        return _lengthened(_longest(bands, named), found[0], length_cm)
    found = [fare for fare in bands if fare.spans_length(length_cm)]
    if not found:
        raise NoFare(named)
    return found[0]


def _lengthened(band: FareLine, extra: FareLine, length_cm: int) -> FareLine:
    """Return the longest band's line with the amount for each started stretch on top."""
    beyond = length_cm - extra.min_length_cm
    stretches = -(-beyond // (extra.per_started_cm or 1))
    return replace(
        band,
        code=f"{band.code}+{extra.code}",
        label=f"{band.label} + {stretches} x {extra.label}" if stretches else band.label,
        amount=band.amount + stretches * extra.amount,
    )


def _longest(bands: Sequence[FareLine], named: str) -> FareLine:
    if not bands:
        raise NoFare(named)
    return max(bands, key=lambda fare: (fare.max_length_cm is None, fare.max_length_cm or 0))


def _plain_lines(
    kind: str, prefix: str, categories: Sequence[str], fares: Sequence[FareLine]
) -> Iterator[PriceLine]:
    """Return one line for each unit of accommodation or pet. Raises NoFare(category)."""
    lines = {fare.category: fare for fare in reversed(fares) if fare.kind == kind}
    for index, category in enumerate(categories):
        if category not in lines:
            raise NoFare(category)
        yield _line(lines[category], f"{prefix}{index}")


def _dog_lines(party: Party) -> Iterator[PriceLine]:
    for index in range(party.assistance_dogs):
        yield PriceLine("pet", ASSISTANCE_DOG, 0, f"g{index}", "assistance_dog")


def _surcharge_lines(
    bearing: Sequence[PriceLine], fares: Sequence[FareLine]
) -> Iterator[PriceLine]:
    """Return what each item bears of each surcharge and tax; nothing where it would be 0."""
    for fare in fares:
        if fare.kind not in ("surcharge", "tax"):
            continue
        for line in bearing:
            if line.kind not in BEARERS.get(fare.category, ()):
                continue
            amount = fare.amount if line.kind in COUNTED else 0
            amount += share(line.amount, fare.percent_bp)
            if amount:
                yield _line(replace(fare, amount=amount), line.item)


def _line(fare: FareLine, item: str) -> PriceLine:
    vat = contained_vat(fare.amount, fare.vat_bp)
    return PriceLine(fare.kind, fare.label, fare.amount, item, fare.code, vat, fare.vat_bp)


def _within(value: int, minimum: int, maximum: int | None) -> bool:
    return value >= minimum and (maximum is None or value < maximum)
