"""Goals P5, P6 and P19: searches that wait for operators, 200 at once, and what clearing the cache costs.

Operators are two simulators in processes of their own, asked over HTTP: one answers after 300 ms, the
other after 800 ms. P5 is what a search takes beyond the slower of them.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast
from urllib.parse import urlencode

import httpx
from django.core.cache import cache as server_cache
from django.db import transaction
from django_redis import get_redis_connection

from bench.clients import Load, send_all
from bench.report import Finding
from bench.server import TICK_US, Request, Server
from ferries import cache
from ferries.tests.operators.test_search import DAY, sells

LATENCIES_MS = (300, 800)
SEARCHES = 12
CLIENTS = 200
SIZES = (1000, 300_000)
INVALIDATIONS = 200
FILLED_AT_ONCE = 1000
FORBIDDEN = ("scan", "keys", "flushdb", "flushall")
PATH = "/api/v1/ferries/search"


def measure(server: Server) -> list[Finding]:
    """Measure one search, 200 equal ones, and invalidations in a small and a large cache."""
    with ExitStack() as stack:
        urls = [stack.enter_context(_simulator(latency)) for latency in LATENCIES_MS]
        for code, url in zip(("SOON", "LATE"), urls, strict=True):
            sells(code, url, timeout_seconds=10)
        cache.invalidate_searches()
        return [*_one(server), *_many(server, urls), *_clearing()]


def _one(server: Server) -> list[Finding]:
    """Measure searches that all miss, one after the other; each is for another party."""
    search = Request("GET", lambda n: (f"{PATH}?{_question(adults=n % 40 + 1)}", None, {}))
    server.measure(search, 3)
    server_cache.clear()
    figure = server.measure(search, SEARCHES)
    slowest = max(LATENCIES_MS)
    note = f"{figure.p50_ms:.0f} ms with operators that take {LATENCIES_MS} ms"
    return [Finding("P5", "search beyond the slowest operator, p50", figure.p50_ms - slowest,
                    30, "ms", note=note)]  # fmt: skip


def _many(server: Server, urls: list[str]) -> list[Finding]:
    """Let 200 clients ask the same at once: on an empty cache, then with the answer ready."""
    alone = Request("GET", lambda _: (f"{PATH}?{_question(adults=45)}", None, {}))
    server_cache.clear()
    miss = server.measure(alone, 1).cpu_us
    rounds = []
    for _ in range(3):
        server_cache.clear()
        before = _calls(urls[0])
        cold, cold_cpu = _rush(server)
        calls = _calls(urls[0]) - before
        _, ready_cpu = _rush(server)
        rounds.append((cold_cpu / (ready_cpu + 2 * miss), calls, max(cold.taken_ms)))
    ratio, _, _ = (statistics.median(each) for each in zip(*rounds, strict=True))
    slowest = max(each[2] for each in rounds)
    return [
        Finding("P6", "200 equal misses: calls of an operator", max(each[1] for each in rounds), 2,
                "", note=f"all answered within {slowest:.0f} ms"),
        Finding("P6", "their CPU / (200 hits + 2 misses)", ratio, 1.0),
    ]  # fmt: skip


def _rush(server: Server) -> tuple[Load, float]:
    """Return what 200 clients got, and the CPU of the server in microseconds."""
    request = f"GET {PATH}?{_question()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    before = server.cpu_ticks()
    load = send_all(server.port, [request] * CLIENTS, clients=CLIENTS)
    if load.answers[200] != CLIENTS:
        raise RuntimeError(f"answers {load.answers}")
    return load, (server.cpu_ticks() - before) * TICK_US


def _clearing() -> list[Finding]:
    """Measure invalidations by commit in caches of two sizes; no command may look at all keys."""
    redis = get_redis_connection("default")
    redis.config_resetstat()
    medians = []
    for size in SIZES:
        _fill(size)
        medians.append(
            statistics.median(_invalidation_ms(number) for number in range(INVALIDATIONS))
        )
    used = cast("dict[str, object]", redis.info("commandstats"))
    walks = [name for name in FORBIDDEN if f"cmdstat_{name}" in used]
    server_cache.clear()
    note = ", ".join(
        f"{ms:.2f} ms at {size:,} keys" for size, ms in zip(SIZES, medians, strict=True)
    )
    return [
        Finding("P19", "an invalidation", max(medians), 1, "ms", note=note),
        Finding("P19", "commands that walk through keys", len(walks), 0, "", note=" ".join(walks)),
    ]  # fmt: skip


def _invalidation_ms(number: int) -> float:
    start = time.perf_counter()
    with transaction.atomic():
        cache.invalidate_sailing_availability(number)
    return (time.perf_counter() - start) * 1000


def _fill(size: int) -> None:
    """Store so many entries, as searches leave them."""
    for start in range(0, size, FILLED_AT_ONCE):
        names = range(start, min(start + FILLED_AT_ONCE, size))
        found = cache.get_availability(names)
        cache.set_availability(
            {number: ["persons", 0, 400, 12] for number in names},
            generations={number: found[number].generation for number in names},
        )
    if get_redis_connection("default").dbsize() < size:
        raise RuntimeError("the entries end sooner than they are stored")


def _question(adults: int = 2) -> str:
    question = {"origin": "HU-SZA", "destination": "HU-TIH", "date": DAY.isoformat()}
    return urlencode({**question, "adults": adults})


def _calls(url: str) -> int:
    return int(httpx.get(f"{url}/control/stats").json()["calls"].get("search", 0))


@contextmanager
def _simulator(latency_ms: int) -> Iterator[str]:
    """Run an operator's system with that delay before each answer; give its URL."""
    words = ["run_operator_simulator", "--port", "0", "--latency-ms", str(latency_ms)]
    child = subprocess.Popen(
        [sys.executable, "manage.py", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = child.stdout.readline() if child.stdout else ""
        if not line.startswith("Listening: "):
            raise RuntimeError(f"the simulator did not start: {line}")
        yield line.removeprefix("Listening: ").strip()
    finally:
        child.terminate()
        child.wait(20)
