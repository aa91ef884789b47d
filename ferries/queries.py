"""Read-only questions about the network that pages ask."""

from collections.abc import Iterable

from ferries.models import ConditionBand, Operator, Route


def routes_on_sale() -> list[Route]:
    """Return the active routes of active operators with their ports, by operator and origin."""
    routes = Route.objects.filter(active=True, operator__active=True)
    return list(
        routes.select_related("operator", "origin", "destination").order_by(
            "operator__name", "origin__name", "destination__name"
        )
    )


def condition_sentences(operators: Iterable[Operator]) -> dict[str, list[str]]:
    """Return what cancelling costs, as sentences by operator name, the cheapest time first."""
    bands = ConditionBand.objects.filter(operator__in=list(operators))
    sentences: dict[str, list[str]] = {}
    for band in bands.select_related("operator").order_by("operator__name", "-from_hours"):
        sentences.setdefault(band.operator.name, []).append(band.sentence)
    return sentences
