"""Names of countries that ferries call at, in the reader's language."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

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


def country_name(code: str) -> str:
    """Return the name of a country, or the ISO code where we have no name for it."""
    return str(NAMES.get(code, code))
