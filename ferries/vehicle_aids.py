"""What helps travellers to tell the size of their vehicle: typical sizes, and what adds to them. Pure.

The sizes are round figures of common vehicles, meant to be corrected by whoever knows better.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

# Names of `party.VEHICLE_KINDS`, as a sentence has them and as a choice has them.
KIND_NAMES: dict[str, Promise] = {
    "car": pgettext_lazy("vehicle in a sentence", "car"),
    "van": pgettext_lazy("vehicle in a sentence", "van"),
    "motorhome": pgettext_lazy("vehicle in a sentence", "motorhome"),
    "motorcycle": pgettext_lazy("vehicle in a sentence", "motorcycle"),
    "bicycle": pgettext_lazy("vehicle in a sentence", "bicycle"),
}
KIND_CHOICES: dict[str, Promise] = {
    "car": gettext_lazy("Car"),
    "van": gettext_lazy("Van"),
    "motorhome": gettext_lazy("Motorhome"),
    "motorcycle": gettext_lazy("Motorcycle"),
    "bicycle": gettext_lazy("Bicycle"),
}
ROOF_BOX_CM = 40
ROOF_BICYCLES_CM = 110
BICYCLE_RACK_CM = 80
# Length over the drawbar.
TRAILERS_CM = {"luggage": 300, "boat": 700, "caravan": 720}
TRAILER_NAMES: dict[str, Promise] = {
    "luggage": gettext_lazy("Small trailer"),
    "boat": gettext_lazy("Boat on a trailer"),
    "caravan": gettext_lazy("Caravan"),
}


@dataclass(frozen=True)
class TypicalSize:
    """A common vehicle: the kind that is booked, its name, length and height in cm."""

    kind: str
    name: Promise
    length_cm: int
    height_cm: int


TYPICAL = (
    TypicalSize("car", gettext_lazy("Small car"), 370, 150),
    TypicalSize("car", gettext_lazy("Family car, estate"), 480, 155),
    TypicalSize("car", gettext_lazy("Large off-roader"), 510, 200),
    TypicalSize("van", gettext_lazy("Minibus, camper van"), 530, 200),
    TypicalSize("van", gettext_lazy("High delivery van"), 600, 260),
    TypicalSize("motorhome", gettext_lazy("Motorhome, medium"), 650, 300),
    TypicalSize("motorhome", gettext_lazy("Motorhome, long"), 800, 330),
)


def loaded_height(height_cm: int, *, roof_box: bool, roof_bicycles: bool) -> int:
    """Return the height with what is on the roof; box and bicycles stand side by side."""
    on_top = (roof_box and ROOF_BOX_CM, roof_bicycles and ROOF_BICYCLES_CM)
    return height_cm + max(on_top)


def loaded_length(length_cm: int, *, bicycle_rack: bool) -> int:
    """Return the length with a bicycle rack at the back."""
    return length_cm + (BICYCLE_RACK_CM if bicycle_rack else 0)
