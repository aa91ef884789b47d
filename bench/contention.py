"""Goals P7, P8, P9 and P11: many clients hold places on one sailing by HTTP.

Raw hot-row UPDATEs, few, some and many clients, and clients spread over 1,000 sailings are
measured in turn, several rounds, so that a slow minute of the machine hits them all.
"""

import os
import statistics
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import bare, bulk
from bench.clients import Load, drive, post
from bench.pairs import World
from bench.report import Finding
from bench.server import Server
from ferries.models import CapacityClaim, CapacityPool, Sailing
from ferries.tests import makers

ROUNDS = 3
SECONDS = 4.0
RAW_SECONDS = 1.5
MANY = 1000
LAST_PLACES = 40
SAMPLE_SECONDS = 0.02
FEW, SOME, CROWD = 8, 32, 64
TAKEN = ("held", "confirmed")
CONDITIONAL = 'UPDATE "ferries_capacitypool"', "UPDATE ferries_capacitypool"
BLOCKERS = """
SELECT holder.state, holder.query, now() - holder.xact_start
FROM (SELECT DISTINCT unnest(pg_blocking_pids(pid)) AS pid FROM pg_stat_activity
      WHERE wait_event_type = 'Lock') blocking
JOIN pg_stat_activity holder USING (pid) WHERE holder.wait_event_type IS DISTINCT FROM 'Lock'
"""


@dataclass(frozen=True)
class Series:
    """The rounds of one load."""

    loads: list[Load]

    @property
    def rate(self) -> float:
        return statistics.median(load.per_second() for load in self.loads)

    @property
    def p99_s(self) -> float:
        return statistics.median(load.p99_ms for load in self.loads) / 1000

    @property
    def client_share(self) -> float:
        return statistics.median(load.client_share for load in self.loads)

    @property
    def failed(self) -> int:
        return sum(sum(load.answers.values()) - load.answers[201] for load in self.loads)


class Hot:
    """One hot sailing, 1,000 others like it, and the requests that hold places on them."""

    def __init__(self, world: World) -> None:
        start = makers.tomorrow_noon()
        self.run = makers.sailing(departs_at=start, persons=1_000_000, lane_cm=600_000_000)
        (leg,) = self.run.legs.all()
        plan = bulk.Plan(
            f"timestamptz '{start.isoformat()}' + i * interval '1 hour'",
            str(leg.origin_id),
            str(leg.destination_id),
        )
        base = bulk.copy_sailing(self.run, first=1, last=MANY, plan=plan, calls=True)
        copies = Sailing.objects.filter(pk__gt=base, pk__lte=base + MANY).select_related("operator")
        self.hot = post("/api/v1/bookings", world.hold_body(self.run))
        self.many = [post("/api/v1/bookings", world.hold_body(copy)) for copy in copies]


def measure(world: World, server: Server) -> list[Finding]:
    """Measure every load in turn; the figures are medians of the rounds."""
    hot = Hot(world)
    row = bare.new_row().pk
    raw: dict[int, list[float]] = {FEW: [], SOME: []}
    loads: dict[str, list[Load]] = {"8": [], "32": [], "64": [], "1000": []}
    drive(server.port, lambda n: hot.hot, clients=FEW, seconds=2)
    for _ in range(ROUNDS):
        for clients in (FEW, SOME):
            raw[clients].append(raw_updates(clients, row))
        for name, clients in (("8", FEW), ("1000", FEW), ("32", SOME), ("64", CROWD)):
            make = (lambda n: hot.many[n % MANY]) if name == "1000" else (lambda n: hot.hot)
            loads[name].append(drive(server.port, make, clients=clients, seconds=SECONDS))
    by_load = {name: Series(found) for name, found in loads.items()}
    bare_rates = {clients: statistics.median(found) for clients, found in raw.items()}
    failed = sum(series.failed for series in by_load.values())
    oversold = _oversold() + last_places(world, server)
    return [
        *_speed(by_load, bare_rates),
        Finding("P7", "answers other than 201 under load", failed, 0, ""),
        Finding("P7", "places oversold, or pools that differ from their claims", oversold, 0, ""),
        *_lock_time(hot, server),
    ]


def _speed(loads: dict[str, Series], raw: dict[int, float]) -> list[Finding]:
    few, some, crowd, many = (loads[name] for name in ("8", "32", "64", "1000"))
    share = f"; clients took {few.client_share:.1%} of a core"
    return [
        Finding("P7", "holds per second, 8 clients, one sailing / raw hot-row UPDATE",
                few.rate / raw[FEW], 0.06, at_least=True,
                note=f"{few.rate:.1f}/s over {raw[FEW]:.0f}/s{share}"),
        Finding("P7", "the same, 32 clients", some.rate / raw[SOME], 0.05, at_least=True,
                note=f"{some.rate:.1f}/s over {raw[SOME]:.0f}/s"),
        Finding("P7", "p99 of a hold, 8 clients", few.p99_s, 1, "s"),
        Finding("P7", "p99 of a hold, 32 clients", some.p99_s, 1, "s"),
        Finding("P8", "drop from 8 to 64 clients on one sailing",
                100 * (1 - crowd.rate / few.rate), 25, "%",
                note=f"{few.rate:.1f}/s to {crowd.rate:.1f}/s, p99 {crowd.p99_s:.2f} s"),
        Finding("P9", "one hot sailing / 1,000 sailings, 8 clients", few.rate / many.rate, 0.8,
                at_least=True, note=f"{few.rate:.1f}/s over {many.rate:.1f}/s"),
    ]  # fmt: skip


def raw_updates(connections: int, row: int) -> float:
    """Return how many raw conditional UPDATEs of one row a second so many connections make."""
    arguments = [str(connections), str(RAW_SECONDS), str(row)]
    output = subprocess.run(
        [sys.executable, "-m", "bench.raw", *arguments],
        capture_output=True, check=True, text=True, env=dict(os.environ),
    ).stdout  # fmt: skip
    return float(output)


def last_places(world: World, server: Server) -> int:
    """Let 32 clients buy the last 40 places by twos; return how many too many or too few went."""
    run = makers.sailing(persons=LAST_PLACES, lane_cm=600_000_000)
    request = post("/api/v1/bookings", world.hold_body(run))
    drive(server.port, lambda n: request, clients=SOME, seconds=3)
    sold = CapacityClaim.objects.filter(
        pool__sailing=run, pool__resource="persons", state__in=TAKEN
    ).aggregate(total=Sum("amount"))["total"]
    return abs((sold or 0) - LAST_PLACES) + _oversold()


def _oversold() -> int:
    """Return the pools that carry more than they may, or whose count is not that of their claims."""
    claimed = dict(
        CapacityClaim.objects.filter(state__in=TAKEN)
        .order_by()
        .values_list("pool")
        .annotate(total=Sum("amount"))
    )
    wrong = CapacityPool.objects.filter(used__gt=F("authorised")).count()
    used = dict(CapacityPool.objects.filter(used__gt=0).values_list("pk", "used"))
    return wrong + len(set(used.items()) ^ set(claimed.items()))


def _lock_time(hot: Hot, server: Server) -> list[Finding]:
    """Say what follows the conditional UPDATE, and what the holders of a wanted lock do."""
    after = statements_after_update(hot)
    seen = _sample(hot, server)
    waits = sum(seen.values())
    inside = sum(count for name, count in seen.items() if name.startswith("other"))
    spread = ", ".join(f"{name} {count}" for name, count in seen.most_common()) or "nobody waited"
    return [
        Finding("P11", "statements between the conditional UPDATE and COMMIT", len(after), 0, "",
                note="; ".join(statement[:60] for statement in after)),
        Finding("P11", "blocking sessions that did anything else than UPDATE and COMMIT",
                # Who blocks and what they do are read one after the other: some have moved on.
                100 * inside / max(waits, 1), 10, "%",
                note=f"{waits} samples of blocking sessions at 32 clients: {spread}"),
    ]  # fmt: skip


def statements_after_update(hot: Hot) -> list[str]:
    """Return what a hold sends between its last UPDATE of pools and its COMMIT."""
    body = hot.hot.partition(b"\r\n\r\n")[2]
    with CaptureQueriesContext(connection) as captured:
        answer = Client().generic("POST", "/api/v1/bookings", body, "application/json")
    if answer.status_code != 201:
        raise RuntimeError(f"hold answered {answer.status_code}")
    sent = [query["sql"] for query in captured.captured_queries]
    updates = [at for at, sql in enumerate(sent) if any(words in sql for words in CONDITIONAL)]
    commits = [at for at, sql in enumerate(sent) if sql == "COMMIT" and at > updates[-1]]
    return sent[updates[0] + 1 : commits[0]]


def _sample(hot: Hot, server: Server) -> Counter[str]:
    """Look every 20 ms, under load of 32 clients, who keeps a lock that others wait for."""
    seen: Counter[str] = Counter()
    done = threading.Event()

    def look() -> None:
        try:
            with connection.cursor() as cursor:
                while not done.wait(SAMPLE_SECONDS):
                    cursor.execute(BLOCKERS)
                    seen.update(_doing(state, query) for state, query, _ in cursor.fetchall())
        finally:
            connection.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        drive(server.port, lambda n: hot.hot, clients=SOME, seconds=SECONDS)
    finally:
        done.set()
        watcher.join()
    return seen


def _doing(state: str, query: str) -> str:
    """Name what the session is at: its UPDATE, the round trip after it, the COMMIT, or else."""
    if query == "COMMIT":
        return "COMMIT"
    if any(words in query for words in CONDITIONAL):
        return "UPDATE" if state == "active" else "between UPDATE and COMMIT"
    return f"other ({query[:40]})"
