"""Who and what travels: the question that search, prices and decks all answer. Pure."""

from dataclasses import dataclass

VEHICLE_KINDS = ("car", "van", "motorhome", "motorcycle", "bicycle")
CATEGORIES = ("adult", "child", "infant")
# Length and height in cm that stand in for a vehicle's size that was not given.
TYPICAL_SIZES = {
    "car": (480, 180),
    "van": (600, 260),
    "motorhome": (720, 310),
    "motorcycle": (230, 130),
    "bicycle": (190, 120),
}


@dataclass(frozen=True)
class VehicleSize:
    """One vehicle with its trailer; all lengths in cm."""

    kind: str
    length_cm: int
    height_cm: int
    trailer_length_cm: int = 0

    @property
    def total_length_cm(self) -> int:
        """Return the length of vehicle and trailer together."""
        return self.length_cm + self.trailer_length_cm


@dataclass(frozen=True)
class Party:
    """The travellers by category and their vehicle, if any."""

    adults: int = 1
    children: int = 0
    infants: int = 0
    vehicle: VehicleSize | None = None

    @property
    def persons(self) -> int:
        """Return how many humans board; infants and drivers count (Directive 98/41/EC)."""
        return self.adults + self.children + self.infants

    @property
    def categories(self) -> tuple[str, ...]:
        """Return one category for each traveller, adults first."""
        return ("adult",) * self.adults + ("child",) * self.children + ("infant",) * self.infants
