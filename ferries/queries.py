"""Read-only questions about the network that pages ask."""

from collections.abc import Iterable
from dataclasses import fields

from ferries.condition_words import band_sentence
from ferries.conditions import Band
from ferries.models import ConditionBand, Operator, Route

BAND_FIELDS = tuple(field.name for field in fields(Band))


def routes_on_sale() -> list[Route]:
    """Return the active routes of active operators with their ports, by operator and origin."""
    routes = Route.objects.filter(active=True, operator__active=True)
    return list(
        routes.select_related("operator", "origin", "destination").order_by(
            "operator__name", "origin__name", "destination__name"
        )
    )


def condition_sentences(sold: Iterable[tuple[Operator, str]]) -> dict[str, list[str]]:
    """Return what cancelling costs, as sentences by operator name, the cheapest time first.

    `sold` names operators and codes of fare families. A family has its own bands, or else those
    of the operator.
    """
    families = {operator.pk: family for operator, family in sold}
    bands = ConditionBand.objects.filter(operator__in=families, action="cancel")
    rows = bands.select_related("operator", "family").order_by("operator__name", "-from_hours")
    found: dict[str, dict[bool, list[str]]] = {}
    for band in rows:
        is_own = band.family is not None
        if not is_own or (band.family and band.family.code == families[band.operator_id]):
            of_operator = found.setdefault(band.operator.name, {True: [], False: []})
            facts = Band(**{name: getattr(band, name) for name in BAND_FIELDS})
            of_operator[is_own].append(band_sentence(facts, currency=band.operator.currency))
    return {name: told[True] or told[False] for name, told in found.items()}
