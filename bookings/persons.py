"""What the list of persons on board asks of a traveller, where the crossing needs one. Pure.

Kept for nothing else, and not for long: `bookings.operations.persons` erases it after the voyage.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

# The columns of a passenger; None: not asked, not told, or erased.
FIELDS = ("gender", "nationality", "birth_date")
# The letters of passports (ICAO Doc 9303, part 3, sex of the holder).
GENDERS: dict[str, "Promise"] = {
    "F": pgettext_lazy("gender", "Female"),
    "M": pgettext_lazy("gender", "Male"),
    "X": pgettext_lazy("gender", "Other or not stated (X)"),
}
MAX_AGE = 130
MISSING: dict[str, "Promise"] = {
    "gender": _("Choose the gender as it is in the passport or identity card."),
    "nationality": _("Choose the nationality."),
    "birth_date": _("Enter the date of birth."),
}
IMPOSSIBLE_BIRTH = _(
    "Check the date of birth: it is after the day of travel or more than 130 years before."
)


class Listed(Protocol):
    """Whoever may have what the list asks."""

    @property
    def gender(self) -> str | None: ...
    @property
    def nationality(self) -> str | None: ...
    @property
    def birth_date(self) -> date | None: ...


def facts_of(one: Listed) -> dict[str, Any]:
    """Return what is known of a traveller, without what is not."""
    values = {"gender": one.gender, "nationality": one.nationality, "birth_date": one.birth_date}
    return {name: value for name, value in values.items() if value}


def age_on(born: date, day: date) -> int:
    """Return the age in whole years on a day; negative before the birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_possible_birth(born: date, day: date) -> bool:
    """Tell whether somebody who travels on the day may be born on the other."""
    return born <= day and age_on(born, day) <= MAX_AGE


def problems(one: Listed, day: date) -> dict[str, list[str]]:
    """Return what is missing or wrong for the list of a voyage on the day, by field."""
    known = facts_of(one)
    found = {name: [str(MISSING[name])] for name in FIELDS if name not in known}
    if one.birth_date and not is_possible_birth(one.birth_date, day):
        found["birth_date"] = [str(IMPOSSIBLE_BIRTH)]
    return found


def without(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a traveller's values as JSON has them, without those of the list."""
    return {name: value for name, value in values.items() if name not in FIELDS}
