"""What a band of conditions says, in the reader's language.

An operator writes a sentence for each band in English, and English readers get it as it is. For
the others it is made of the band's own numbers, which are what counts. Pure.
"""

from collections.abc import Iterable

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext as _

from ferries import conditions
from ferries.conditions import Band, Terms
from maritime.lib.local import money_text

DAY = 24
OWN = {
    "departed": (conditions.DEPARTED_SENTENCE, conditions.BEGUN_SENTENCE),
    "no_conditions": (conditions.NO_CONDITIONS_SENTENCE,),
    "always_refunded": (conditions.ALWAYS_SENTENCE,),
}


def band_sentence(band: Band, *, currency: str) -> str:
    """Return what the band charges and when; amounts are minor units of the currency."""
    if (get_language() or "en").startswith("en"):
        return band.sentence
    what = _WHAT[band.action](band, currency)
    if band.components:
        kinds = ", ".join(_kind_name(kind) for kind in band.components)
        what = _("%(kinds)s: %(what)s") % {"kinds": kinds, "what": what}
    if band.action == "no_show":
        return _("%(what)s.") % {"what": what}
    return _("%(when)s: %(what)s.") % {"when": _when(band), "what": what}


def sentences(terms: Terms, *, currency: str, action: str = "cancel") -> list[str]:
    """Return what the bands of one action say, the earliest first."""
    bands = (band for band in terms.bands if band.action == action)
    ordered = sorted(bands, key=lambda band: -band.from_hours)
    return [band_sentence(band, currency=currency) for band in ordered]


def rule_sentence(
    rule: str, sentence: str, *, terms: Terms | None, currency: str, action: str = "cancel"
) -> str:
    """Return the sentence of a charge again in the reader's language, by the band that made it.

    One that is not of the conditions stays as it is.
    """
    if sentence in OWN.get(rule, ()):
        return gettext(sentence)
    bands: Iterable[Band] = terms.bands if terms else ()
    for band in bands:
        if (band.action, band.code, band.sentence) == (action, rule, sentence):
            return band_sentence(band, currency=currency)
    return sentence


def _when(band: Band) -> str:
    facts = {"departure": _departure(band.reference)}
    if band.to_hours is None and not band.from_hours:
        return _("At any time before %(departure)s") % facts
    if band.to_hours is None:
        return _("Until %(from)s before %(departure)s") % {**facts, "from": _time(band.from_hours)}
    if not band.from_hours:
        text = _("In the last %(to)s before %(departure)s")
        return text % {**facts, "to": _last_time(band.to_hours)}
    text = _("From %(to)s until %(from)s before %(departure)s")
    return text % {**facts, "to": _time(band.to_hours), "from": _time(band.from_hours)}


def _departure(reference: str) -> str:
    return {
        "own": _("departure"),
        "first": _("the first departure of the booking"),
        "outbound": _("the outward departure"),
    }[reference]


def _time(hours: int) -> str:
    """Return a length of time before a departure: 7 days, 12 hours."""
    if hours > DAY and hours % DAY == 0:
        days = hours // DAY
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def _last_time(hours: int) -> str:
    """Return the same after "in the last", where some languages want another form."""
    if hours > DAY and hours % DAY == 0:
        days = hours // DAY
        return ngettext("last %(count)d day", "last %(count)d days", days) % {"count": days}
    return ngettext("last %(count)d hour", "last %(count)d hours", hours) % {"count": hours}


def _cancelling(band: Band, currency: str) -> str:
    if _is_free(band):
        return _("cancellation free of charge")
    if _is_all(band):
        return _("no refund")
    kept = _("%(charge)s are kept") % {"charge": _charge(band, currency)}
    if band.medium != "voucher":
        return kept
    return _("%(kept)s, the rest is given back as a voucher") % {"kept": kept}


def _changing(band: Band, currency: str) -> str:
    if _is_free(band):
        return _("change free of charge")
    if _is_all(band):
        return _("no change")
    return _("a change costs %(charge)s") % {"charge": _charge(band, currency)}


def _staying_away(band: Band, currency: str) -> str:
    if _is_free(band):
        return _("Not showing up costs nothing")
    if _is_all(band):
        return _("Whoever does not show up gets no refund")
    text = _("Whoever does not show up pays %(charge)s")
    return text % {"charge": _charge(band, currency)}


_WHAT = {"cancel": _cancelling, "amend": _changing, "no_show": _staying_away}


def _is_free(band: Band) -> bool:
    return band.charge == "none" or (band.charge == "percent" and not band.percent)


def _is_all(band: Band) -> bool:
    return band.charge == "percent" and band.percent == 100 and band.maximum is None


def _charge(band: Band, currency: str) -> str:
    if band.charge == "flat":
        return _per(band.per) % {"amount": money_text(band.amount, currency)}
    parts = [_("%(percent)d %% of the price") % {"percent": band.percent}]
    if band.minimum:
        least = _per(band.per) % {"amount": money_text(band.minimum, currency)}
        parts.append(_("at least %(amount)s") % {"amount": least})
    if band.maximum is not None:
        most = _per(band.per) % {"amount": money_text(band.maximum, currency)}
        parts.append(_("at most %(amount)s") % {"amount": most})
    return ", ".join(parts)


def _per(what: str) -> str:
    return {
        "item": _("%(amount)s for each item"),
        "person": _("%(amount)s for each person"),
        "sailing": _("%(amount)s for each sailing"),
        "booking": _("%(amount)s for the booking"),
    }[what]


def _kind_name(kind: str) -> str:
    names = {
        "passenger": _("Travellers"),
        "vehicle": _("Vehicle"),
        "trailer": _("Trailer"),
        "accommodation": _("Cabins and seats"),
        "pet": _("Pets"),
        "surcharge": _("Surcharges"),
        "tax": _("Taxes"),
        "discount": _("Discounts"),
        "name": _("Change of a name"),
    }
    return names.get(kind, kind)
