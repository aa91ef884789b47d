"""Who and what travels: the question that search, prices and decks all answer. Pure."""

from dataclasses import dataclass

VEHICLE_KINDS = ("car", "van", "motorhome", "motorcycle", "bicycle")
CATEGORIES = ("adult", "child", "infant")
PET_PLACES = ("kennel", "cabin", "vehicle", "deck")
# In these a pet can stay during the crossing, and whoever sits in one is no foot passenger.
ENCLOSED_KINDS = frozenset({"car", "van", "motorhome"})
# Length and height in cm that stand in for a vehicle's size that was not given.
TYPICAL_SIZES = {
    "car": (480, 180),
    "van": (600, 260),
    "motorhome": (720, 310),
    "motorcycle": (230, 130),
    "bicycle": (190, 120),
}
# Width in cm and weight in kg, likewise; a heavy estimate, since decks break before they bend.
TYPICAL_WIDTHS = {"car": 190, "van": 210, "motorhome": 235, "motorcycle": 90, "bicycle": 60}
TYPICAL_WEIGHTS = {"car": 2200, "van": 3500, "motorhome": 4500, "motorcycle": 350, "bicycle": 30}
TRAILER_KG = 1500


@dataclass(frozen=True)
class VehicleSize:
    """One vehicle with its trailer; lengths in cm, weight in kg with trailer, 0 where not stated."""

    kind: str
    length_cm: int
    height_cm: int
    trailer_length_cm: int = 0
    width_cm: int = 0
    weight_kg: int = 0
    charges: bool = False

    @property
    def total_length_cm(self) -> int:
        """Return the length of vehicle and trailer together."""
        return self.length_cm + self.trailer_length_cm

    @property
    def likely_width_cm(self) -> int:
        """Return the stated width, or that of its kind."""
        return self.width_cm or TYPICAL_WIDTHS[self.kind]

    @property
    def likely_weight_kg(self) -> int:
        """Return the stated weight, or that of its kind with a loaded trailer."""
        trailer = TRAILER_KG if self.trailer_length_cm else 0
        return self.weight_kg or TYPICAL_WEIGHTS[self.kind] + trailer


@dataclass(frozen=True)
class Party:
    """The travellers by category, their vehicle, pets and wishes.

    `ages` has one entry for each of `categories`, or is empty. `pets` has the place of each pet.
    `accommodation` has one type code for each unit wanted on the leg in question. `group` is the
    code of a customer group to which the party belongs. Assistance dogs are neither pets nor
    limited (Regulation (EU) 1177/2010, art. 11 and 12).
    """

    adults: int = 1
    children: int = 0
    infants: int = 0
    vehicle: VehicleSize | None = None
    ages: tuple[int | None, ...] = ()
    pets: tuple[str, ...] = ()
    assistance_dogs: int = 0
    accommodation: tuple[str, ...] = ()
    needs_accessible: bool = False
    group: str = ""

    @property
    def persons(self) -> int:
        """Return how many humans board; infants and drivers count (Directive 98/41/EC)."""
        return self.adults + self.children + self.infants

    @property
    def categories(self) -> tuple[str, ...]:
        """Return one category for each traveller, adults first."""
        return ("adult",) * self.adults + ("child",) * self.children + ("infant",) * self.infants

    @property
    def is_on_foot(self) -> bool:
        """Tell whether the travellers board by the gangway; cyclists and bikers ride on."""
        return self.vehicle is None
