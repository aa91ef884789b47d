"""Figures of operators for Prometheus: how their breakers stand."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily

from ferries.models import Operator
from ferries.operators import breaker


def gauges() -> Iterable[GaugeMetricFamily]:
    """Return for each remote operator 1 if its breaker has tripped, else 0, and recent failures.

    An operator whose next call may try counts as tripped. Nothing while Valkey is away.
    """
    tripped = GaugeMetricFamily(
        "maritime_operator_breaker_open",
        "1 while an operator is left alone after failures.",
        labels=["operator"],
    )
    failures = GaugeMetricFamily(
        "maritime_operator_recent_failures",
        "Failures of an operator's calls in the breaker's window.",
        labels=["operator"],
    )
    remote = Operator.objects.filter(active=True, adapter=Operator.Adapter.HTTP)
    codes = list(remote.order_by("code").values_list("code", flat=True))
    for code, state in breaker.states(codes).items():
        if state == breaker.UNKNOWN:
            continue
        tripped.add_metric([code], 0 if state.name == "closed" else 1)
        failures.add_metric([code], state.failures)
    yield tripped
    yield failures
