"""How amounts, days and moments are written in the active language.

Separators come from Django's formats of the language; word order is the translators' (the strings
with a context below). Machines, logs and staff read `format_minor` instead.
"""

from datetime import date, datetime
from decimal import Decimal

from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import get_language, pgettext

from maritime.lib import clock
from maritime.lib.money import exponent, format_minor

NARROW_SPACE = "\N{NO-BREAK SPACE}"


def money_text(amount: int, currency: str) -> str:
    """Write minor units with their currency: USD 1,105.50, in German 1.105,50 USD."""
    language = get_language() or "en"
    if language.startswith("en"):
        return format_minor(amount, currency)
    number = number_text(amount, currency)
    text = pgettext("amount of money", "%(currency)s %(number)s")
    return (text % {"currency": currency, "number": number}).replace(" ", NARROW_SPACE)


def number_text(amount: int, currency: str) -> str:
    """Write minor units without the currency, with the language's separators: 1,105.50."""
    plain = format_minor(amount, currency).removeprefix(f"{currency} ")
    if (get_language() or "en").startswith("en"):
        return plain
    thousands, decimal = get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR")
    units, _, rest = plain.partition(".")
    return units.replace(",", thousands) + (f"{decimal}{rest}" if exponent(currency) else "")


def day_text(day: date) -> str:
    """Write a day without its weekday: 24 November 2026."""
    return date_format(day, pgettext("format of a day", "j F Y"))


def weekday_text(local: datetime) -> str:
    """Write a local day of this season with its weekday: Friday, 16 July."""
    return date_format(local, pgettext("format of a day of this season", "l, j F"))


def long_day_text(local: datetime) -> str:
    """Write a local day in full: Friday 16 July 2027."""
    return date_format(local, pgettext("format of a long day", "l j F Y"))


def metres_text(length_cm: int) -> str:
    """Write centimetres as sentences have lengths: 530 as "5.30 m"."""
    return f"{number_format(Decimal(length_cm) / 100, decimal_pos=2)} m"


def kilogrammes_text(weight_kg: int) -> str:
    """Write a weight: 3500 kg."""
    return f"{number_format(weight_kg)} kg"


def moment_text(moment: datetime, zone: str, *, names_zone: bool = True) -> str:
    """Write a moment as a clock in the zone shows it: Tue 24 Nov 2026, 05:30 PST."""
    local = clock.local(moment, zone)
    text = date_format(local, pgettext("format of a moment", "D j M Y, H:i"))
    return f"{text} {zone_text(local)}" if names_zone else text


def zone_text(local: datetime) -> str:
    """Write the zone of a local time: PST, or UTC+3 where the zone has no letters."""
    name = local.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"
