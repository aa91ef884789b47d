"""Names of countries in the reader's language: of those that ferries call at, and of all."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

NAMES: Mapping[str, "Promise"] = {
    "AL": _("Albania"),
    "BE": _("Belgium"),
    "CA": _("Canada"),
    "CY": _("Cyprus"),
    "DE": _("Germany"),
    "DK": _("Denmark"),
    "EE": _("Estonia"),
    "ES": _("Spain"),
    "FI": _("Finland"),
    "FR": _("France"),
    "GB": _("United Kingdom"),
    "GR": _("Greece"),
    "HR": _("Croatia"),
    "HU": _("Hungary"),
    "IE": _("Ireland"),
    "IS": _("Iceland"),
    "IT": _("Italy"),
    "LT": _("Lithuania"),
    "LV": _("Latvia"),
    "MA": _("Morocco"),
    "MT": _("Malta"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "SE": _("Sweden"),
    "TR": _("Türkiye"),
    "US": _("United States"),
}
# What django-countries has no German, French, Greek or Norwegian name for.
MORE_NAMES: Mapping[str, "Promise"] = {
    "BS": _("Bahamas"),
    "CD": _("Democratic Republic of the Congo"),
    "FK": _("Falkland Islands (Malvinas)"),
    "FM": _("Micronesia"),
    "GS": _("South Georgia"),
    "MK": _("North Macedonia"),
    "NR": _("Nauru"),
    "PS": _("Palestine"),
    "SH": _("Saint Helena"),
    "SZ": _("Eswatini"),
    "VA": _("Vatican City"),
}
ALL_NAMES: Mapping[str, object] = {**countries.countries, **MORE_NAMES, **NAMES}


def country_choices() -> list[tuple[str, str]]:
    """Return code and name of all countries (ISO 3166-1), by their names in the page's language."""
    return _choices(get_language() or "")


@cache
def _choices(_language: str) -> list[tuple[str, str]]:
    """Return the choices in the active language, which names them in the memory."""
    named = [(code, str(name)) for code, name in ALL_NAMES.items()]
    return sorted(named, key=lambda each: _plain(each[1]))


def _plain(name: str) -> str:
    """Return a name as it is sorted: an accented letter stands with the plain one."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def country_name(code: str) -> str:
    """Return the name of a country, or the ISO code where we have no name for it."""
    return str(NAMES.get(code, code))
