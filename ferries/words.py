"""The words of the field in the reader's language: travellers, vehicles, places for pets.

Also texts of ours that are stored among an operator's, in English, and are told to each reader in
his language; what an operator wrote stays as it is. docs/languages.md tells which is which.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, pgettext_lazy

from ferries.vehicle_aids import KIND_NAMES

# What a fare is for, as a sentence has it.
CATEGORY_NAMES: dict[str, Promise] = {
    "adult": pgettext_lazy("traveller in a sentence", "adult"),
    "child": pgettext_lazy("traveller in a sentence", "child"),
    "infant": pgettext_lazy("traveller in a sentence", "infant"),
    "trailer": pgettext_lazy("vehicle in a sentence", "trailer"),
    "kennel": pgettext_lazy("place for a pet", "kennel"),
    "cabin": pgettext_lazy("place for a pet", "cabin"),
    "vehicle": pgettext_lazy("place for a pet", "vehicle"),
    "deck": pgettext_lazy("place for a pet", "deck"),
    **KIND_NAMES,
}
INCLUDED = gettext_noop("%(fare)s (included with the vehicle)")
INCLUDED_END = INCLUDED % {"fare": ""}
ASSISTANCE_DOG = gettext_noop("Assistance dog")
NOT_SOLD_HERE = gettext_noop(
    "This crossing is shown for information. Please book it with the operator."
)
OWN_TEXTS = frozenset({ASSISTANCE_DOG, NOT_SOLD_HERE})


def category_name(code: str) -> str:
    """Return the name of a category as a sentence has it; a code of an operator's stays."""
    return str(CATEGORY_NAMES.get(code, code))


def told(text: str) -> str:
    """Return a stored text in the reader's language if it is ours, else as the operator wrote it."""
    if text.endswith(INCLUDED_END):
        return gettext(INCLUDED) % {"fare": text.removesuffix(INCLUDED_END)}
    return gettext(text) if text in OWN_TEXTS else text


def no_fare(category: str) -> str:
    """Say that the tariff has no price for a category of traveller, vehicle, cabin or pet."""
    text = gettext("There is no fare for %(category)s on this sailing.")
    return text % {"category": category_name(category)}
