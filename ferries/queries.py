"""Read-only questions about the network that pages ask."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Q

from ferries.condition_words import band_sentence
from ferries.conditions import Band
from ferries.models import ConditionBand, FareRule, Operator, Route

BAND_FIELDS = tuple(field.name for field in fields(Band))


@dataclass(frozen=True)
class SoldLeg:
    """A crossing as fares know it: the operator's key, the codes of its ports, the day."""

    operator: int
    origin: str
    destination: str
    day: date


def aged_categories(legs: Iterable[SoldLeg]) -> frozenset[str]:
    """Return the categories of travellers whose fare on one of the crossings depends on the age."""
    any_leg = Q(pk__in=[])
    for leg in legs:
        any_leg |= Q(
            tariff__route__operator=leg.operator,
            tariff__route__origin__code=leg.origin,
            tariff__route__destination__code=leg.destination,
            tariff__valid_from__lte=leg.day,
            tariff__valid_until__gte=leg.day,
        )
    rules = FareRule.objects.filter(any_leg, kind=FareRule.Kind.PASSENGER)
    banded = rules.filter(Q(min_age__isnull=False) | Q(max_age__isnull=False))
    return frozenset(banded.values_list("category", flat=True))


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
