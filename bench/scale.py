"""Goal P4: a search that no cache can answer, over 10,000, 100,000 and 1,000,000 stored sailings.

Whatever the size, 125 port pairs have 24 sailings a day each; more sailings are more days. So
every answer is equally long, and only the size of the tables differs.
"""

import statistics
import time
from datetime import datetime, timedelta

from django.core.cache import cache
from django.test import Client

from bench import bulk
from bench.report import Finding
from bench.server import Figure, Request, Server
from ferries.models import Port
from ferries.tests import makers

SIZES = (10_000, 100_000, 1_000_000)
PAIRS = 125
SAILINGS_A_DAY = 24
SERIES = 5
TIMES = 40
LIMIT = 1.5


class Network:
    """125 port pairs, each with a tariff, and the first day on which their ships sail."""

    def __init__(self) -> None:
        self.company = makers.operator("BULK")
        self.ports = [makers.port(f"S{index:03}") for index in range(2 * PAIRS)]
        for index in range(PAIRS):
            path = makers.route(self.company, self.ports[index], self.ports[PAIRS + index])
            makers.tariff(path)
        # 17:00 UTC is the morning of the same day in Los Angeles, the last ship leaves by night.
        self.start = makers.tomorrow_noon().replace(hour=16) + timedelta(days=1)
        self.template = makers.sailing(
            self.ports[0], self.ports[PAIRS], company=self.company,
            departs_at=self.start - timedelta(days=30),
        )  # fmt: skip
        self.searches = 0

    @property
    def plan(self) -> bulk.Plan:
        """Deal the copies to pairs in turn, 24 a day, every half an hour."""
        nth = f"(i - 1) / {PAIRS}"
        pair = f"(i - 1) % {PAIRS}"
        return bulk.Plan(
            f"timestamptz '{self.start.isoformat()}' + {nth} / {SAILINGS_A_DAY} * interval '1 day'"
            f" + {nth} % {SAILINGS_A_DAY} * interval '30 minutes'",
            _pick(self.ports[:PAIRS], pair),
            _pick(self.ports[PAIRS:], pair),
        )

    def path(self, pair: int, day: datetime) -> str:
        return (
            f"/api/v1/ferries/search?origin=S{pair:03}&destination=S{PAIRS + pair:03}"
            f"&date={day.date()}&adults=2&vehicle=car"
        )

    def next_path(self, days: int) -> str:
        """Return a search that has not been made at this size, spread over pairs and days."""
        number, self.searches = self.searches, self.searches + 1
        day = number * 7919 % days
        return self.path(number % PAIRS, self.start + timedelta(days=day))


def measure(server: Server, *, largest: int) -> list[Finding]:
    """Fill the tables step by step, and measure at each size."""
    network = Network()
    # Ports, routes and tariffs are cached apart and are the same at every size.
    warm = [network.path(pair, network.start - timedelta(days=2)) for pair in range(PAIRS)]
    stored, found = 0, {}
    for size in (size for size in SIZES if size <= largest):
        took = time.perf_counter()
        bulk.copy_sailing(
            network.template, first=stored + 1, last=size, plan=network.plan, calls=False
        )
        bulk.settle()
        stored = size
        found[size] = (*_measure_size(network, server, warm, size), time.perf_counter() - took)
    return _findings(found)


def _measure_size(
    network: Network, server: Server, warm: list[str], size: int
) -> tuple[Figure, Figure]:
    """Return the medians of the search and of the bare view beside it."""
    days = size // PAIRS // SAILINGS_A_DAY
    for day in (0, days - 1):
        offers = (
            Client()
            .get(network.path(0, network.start + timedelta(days=day)))
            .json()["outbound"]["offers"]
        )
        if len(offers) != SAILINGS_A_DAY:
            raise RuntimeError(f"{len(offers)} offers on day {day}")
    network.searches = 0
    cache.clear()  # sizes share no answer
    paths = iter(warm)
    server.measure(Request("GET", lambda n: (next(paths), None, {})), PAIRS)
    search = Request("GET", lambda n: (network.next_path(days), None, {}))
    bare = Request("GET", lambda n: ("/bare", None, {}))
    figures, compared = [], []
    for _ in range(SERIES):
        compared.append(server.measure(bare, TIMES))
        figures.append(server.measure(search, TIMES))
    return _middle(figures), _middle(compared)


def _findings(found: dict[int, tuple[Figure, Figure, float]]) -> list[Finding]:
    first = min(found)
    small, small_bare, _ = found[first]
    findings = []
    for size, (figure, bare, seconds) in found.items():
        ratio = figure.p50_ms / bare.p50_ms
        note = (
            f"p50 {figure.p50_ms:.2f} ms, p99 {figure.p99_ms:.2f} ms, CPU {figure.cpu_us:.0f} us;"
            f" bare p50 {bare.p50_ms:.2f} ms; {seconds:.0f} s with filling"
        )
        what = f"search miss over {size:,} sailings, p50 / bare view"
        findings.append(Finding("P4", what, ratio, 5, note=note))
        if size != first:
            flat = ratio / (small.p50_ms / small_bare.p50_ms)
            what = f"the same / that over {first:,} sailings"
            findings.append(Finding("P4", what, flat, LIMIT))
    return findings


def _middle(figures: list[Figure]) -> Figure:
    return Figure(
        *(
            statistics.median(getattr(figure, name) for figure in figures)
            for name in ("p50_ms", "p99_ms", "cpu_us")
        )
    )


def _pick(ports: list[Port], index: str) -> str:
    keys = ",".join(str(port.pk) for port in ports)
    return f"(ARRAY[{keys}])[({index}) + 1]"
