"""Gauges of this floor: payments, refunds and disputes whose end is open."""

from collections.abc import Iterable

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from payments import states
from payments.models import Dispute, Payment, Refund

WATCHED_PAYMENTS = (*states.OPEN_PAYMENT, Payment.State.QUARANTINED)
WATCHED_REFUNDS = (Refund.State.WAITING, *states.OPEN_REFUND)


def gauges() -> Iterable[GaugeMetricFamily]:
    """Return how many payments and refunds stand in each state that is no end, and open disputes."""
    yield _by_state("maritime_payments_open", "Payments without an end.", Payment, WATCHED_PAYMENTS)
    yield _by_state("maritime_refunds_open", "Refunds without an end.", Refund, WATCHED_REFUNDS)
    yield GaugeMetricFamily(
        "maritime_disputes_open",
        "Disputes that are not decided.",
        value=Dispute.objects.exclude(state__in=states.CLOSED_DISPUTE).count(),
    )


def _by_state(
    name: str, text: str, model: type[Payment] | type[Refund], wanted: tuple[str, ...]
) -> GaugeMetricFamily:
    rows = model.objects.filter(state__in=wanted).order_by().values_list("state")
    found = dict(rows.annotate(count=Count("pk")))
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state in wanted:
        family.add_metric([state], found.get(state, 0))
    return family
