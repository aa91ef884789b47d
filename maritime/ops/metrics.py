"""What Prometheus reads: the counters of all processes, and gauges asked for at that moment."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from maritime.ops import counters
from maritime.ops.counters import Series

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
Gauges = Callable[[], Iterable[GaugeMetricFamily]]

HELP = {
    "maritime_requests": "Requests by method, view and class of status.",
    "maritime_request_seconds": "Time to answer a request, by view.",
    "maritime_searches": "Searches by what the cache had.",
    "maritime_cache": "Answers of the cache by kind: hit, miss, stale, wait, error.",
    "maritime_operator_seconds": "Time of calls to operators, by question and outcome.",
    "maritime_bookings": "Steps of bookings: held, paid, confirmed, cancelled, expired.",
    "maritime_payments": "Ends of payments: succeeded, failed, quarantined, returned.",
    "maritime_refunds": "Ends of refunds.",
    "maritime_webhook_events": "Events of the payment provider: stored, duplicate, refused.",
    "maritime_mails": "E-mails by kind and what became of them.",
    "maritime_jobs_run": "Runs of jobs by task and outcome.",
}

_gauges: list[Gauges] = []


def register_gauges(gauges: Gauges) -> None:
    """Let an app add gauges of its own; called by its AppConfig. They must be cheap to ask for."""
    _gauges.append(gauges)


def exposition() -> bytes:
    """Return everything in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything(Collector):
    def collect(self) -> Iterable[Family]:
        """Return the families of this moment."""
        yield from _counted()
        for gauges in _gauges:
            yield from gauges()


def _counted() -> Iterable[Family]:
    by_name: dict[str, dict[Series, int]] = defaultdict(dict)
    for series, value in counters.totals().items():
        by_name[series.name][series] = value
    for name, numbers in sorted(by_name.items()):
        is_histogram = any(series.part == "bucket" for series in numbers)
        yield _histogram(name, numbers) if is_histogram else _counter(name, numbers)


def _counter(name: str, numbers: dict[Series, int]) -> CounterMetricFamily:
    names = sorted({key for series in numbers for key, _ in series.labels})
    family = CounterMetricFamily(name, HELP.get(name, name), labels=names)
    for series, value in sorted(numbers.items(), key=lambda pair: pair[0].labels):
        labels = dict(series.labels)
        family.add_metric([labels.get(key, "") for key in names], value)
    return family


def _histogram(name: str, numbers: dict[Series, int]) -> HistogramMetricFamily:
    sums = {series.labels: value for series, value in numbers.items() if series.part == "sum"}
    names = sorted({key for labels in sums for key, _ in labels})
    family = HistogramMetricFamily(name, HELP.get(name, name), labels=names)
    bounds = [*map(str, counters.BUCKETS), "+Inf"]
    for own, microseconds in sorted(sums.items()):
        each = [numbers.get(Series(name, "bucket", (*own, ("le", le))), 0) for le in bounds]
        labels = dict(own)
        family.add_metric(
            [labels.get(key, "") for key in names],
            buckets=list(zip(bounds, accumulate(each), strict=True)),
            sum_value=microseconds / 1_000_000,
        )
    return family
