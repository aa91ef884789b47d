"""Each product request in turn with a bare view of the same server and run, five pairs of series.

Kept are medians of the pairs and their ratios. Ratios travel between machines, times do not.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.report import Finding, print_table
from bench.server import Figure, Request, Server
from bookings import queries, tickets
from bookings.models import Booking
from bookings.operations import confirm
from ferries.models import Sailing
from ferries.tests import makers
from maritime.lib import clock
from payments import webhook_signature

PAIRS = 5
SAILINGS = 24
PDFS = 20
CACHED_API, CACHED_PAGE, UNCACHED = (
    "search API, cached",
    "search page, cached",
    "search API, not cached",
)
HOLD, WEBHOOK, PDF = "hold", "webhook answer", "ticket PDF (3 tickets)"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    product: Figure
    bare: Figure
    queries: int

    @property
    def p50_ratio(self) -> float:
        return self.product.p50_ms / self.bare.p50_ms

    @property
    def cpu_ratio(self) -> float:
        return self.product.cpu_us / max(self.bare.cpu_us, 1)


class World:
    """One day of a route with 24 sailings, and the requests that a traveller sends to it."""

    def __init__(self) -> None:
        start = makers.tomorrow_noon().replace(hour=9)
        self.sailings = [
            makers.sailing(departs_at=start.replace(hour=9 + i // 2, minute=30 * (i % 2)),
                           persons=100_000, lane_cm=60_000_000)
            for i in range(SAILINGS)
        ]  # fmt: skip
        self.day = makers.local_date(self.sailings[0])

    def search_path(self, adults: int = 2) -> str:
        return (
            f"/api/v1/ferries/search?origin=AAA&destination=BBB&date={self.day}"
            f"&adults={adults}&vehicle=car"
        )

    def page_path(self) -> str:
        return f"/search/?origin=AAA&destination=BBB&date={self.day}&adults=2&vehicle=car"

    def hold_body(self, sailing: Sailing | None = None) -> bytes:
        """Return the body of a hold for two with a car; of the first sailing unless told."""
        run = sailing or self.sailings[0]
        name = {"given_name": "Alice", "surname": "Bench"}
        return json.dumps(
            {
                "legs": [{"offer": f"{run.operator.code}~{run.public_id.hex}~0-1"}],
                "passengers": [{"category": "adult", **name}, {"category": "adult", **name}],
                "vehicles": [{"kind": "car", "length_cm": 450, "height_cm": 150}],
                "contact": {**name, "email": "alice@example.org"},
            }
        ).encode()


def measure(world: World, server: Server) -> list[Finding]:
    """Measure every kind of request, print their table and hold them against the goals."""
    rows = measure_http(world, server)
    rows.append(measure_pdf(rows[0].bare))
    print_rows(rows)
    return findings(rows)


def measure_http(world: World, server: Server) -> list[Row]:
    """Measure every kind of request against its bare view."""
    json_headers = {"Content-Type": "application/json"}
    bare = Request("GET", lambda n: ("/bare", None, {}))
    bare_webhook = Request("POST", lambda n: ("/bare-webhook", *signed_event(f"evt_bare_{n}")))
    webhook = Request("POST", lambda n: ("/api/v1/webhooks/stripe", *signed_event(f"evt_{n}")))
    search = Request("GET", lambda n: (world.search_path(), None, {}))
    page = Request("GET", lambda n: (world.page_path(), None, {}))
    # Each party size is another search; 1,250 differ, and the generation bump makes all new.
    uncached = Request("GET", lambda n: (f"{world.search_path()}&children={n % 40}", None, {}))
    hold = Request(
        "POST", lambda n: ("/api/v1/bookings", world.hold_body(), json_headers), expect=201
    )
    return [
        pair(CACHED_API, server, search, bare, 400),
        pair(CACHED_PAGE, server, page, bare, 150),
        pair(UNCACHED, server, uncached, bare, 40, before=cache.clear),
        pair(HOLD, server, hold, bare, 60),
        pair(WEBHOOK, server, webhook, bare_webhook, 200),
    ]


def pair(
    name: str,
    server: Server,
    product: Request,
    bare: Request,
    times: int,
    before: Callable[[], Any] = lambda: None,
) -> Row:
    """Measure both in turn, five times; keep the medians. The first requests only warm up."""
    server.measure(product, 5)
    found: list[Figure] = []
    compared: list[Figure] = []
    for _ in range(PAIRS):
        compared.append(server.measure(bare, times))
        before()
        found.append(server.measure(product, times))
    before()
    return Row(name, middle(found), middle(compared), count_queries(product))


def middle(figures: list[Figure]) -> Figure:
    """Return the medians of the series."""
    return Figure(
        *(
            statistics.median(getattr(figure, name) for figure in figures)
            for name in ("p50_ms", "p99_ms", "cpu_us")
        )
    )


def count_queries(request: Request) -> int:
    """Return how many SQL statements one such request sends, savepoints and commits left out."""
    path, body, headers = request.make(900_000)
    environment = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
    with CaptureQueriesContext(connection) as captured:
        answer = Client().generic(
            request.method, path, body or b"", "application/json", **environment
        )
    if answer.status_code != request.expect:
        raise RuntimeError(f"{path}: {answer.status_code}")
    noise = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(noise) for query in captured.captured_queries)


def signed_event(event_id: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a signed event about an intent that is not ours."""
    intent = {"id": "pi_other", "object": "payment_intent", "metadata": {"pad": "x" * 1200}}
    event = {
        "id": event_id, "object": "event", "type": "payment_intent.succeeded", "livemode": False,
        "api_version": "2026-10-28.endive", "created": 1, "data": {"object": intent},
    }  # fmt: skip
    body = json.dumps(event).encode()
    signature = webhook_signature.sign(body, secret=webhook_signature.demo_secret(), at=clock.now())
    return body, {"Stripe-Signature": signature, "Content-Type": "application/json"}


def measure_pdf(bare: Figure) -> Row:
    """Time ticket PDFs of two travellers and a car in this process, each of another booking.

    Typst remembers what it has laid out, so the same ticket again would cost less than half.
    """
    held = list(Booking.objects.order_by("pk")[: PDFS + 1])
    first, *others = [issued(booking) for booking in held]
    tickets.ticket_pdf(first)
    taken, cpu = [], []
    for booking in others:
        start, used = time.perf_counter(), time.process_time()
        tickets.ticket_pdf(booking)
        taken.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1_000_000)
    taken.sort()
    figure = Figure(statistics.median(taken), taken[-1], statistics.median(cpu))
    with CaptureQueriesContext(connection) as captured:
        tickets.ticket_pdf(queries.booking_by_reference(first.reference))
    return Row(PDF, figure, bare, len(captured))


def issued(booking: Booking) -> Booking:
    """Pay and confirm a held booking; return it as the ticket writer gets it."""
    now = clock.now()
    confirm.begin_payment(booking.pk, now=now)
    with transaction.atomic():
        confirm.mark_paid(booking.pk, amount=booking.total, now=now)
    confirm.confirm_with_operator(booking.pk, now=now)
    return queries.booking_by_reference(booking.reference)


def print_rows(rows: list[Row]) -> None:
    """Print what was measured, and the bare views that it is held against."""
    print_table(
        ("request", "p50 ms", "p99 ms", "CPU us", "p50 x bare", "CPU x bare", "SQL"),
        [
            (
                row.name,
                f"{row.product.p50_ms:.2f}",
                f"{row.product.p99_ms:.2f}",
                f"{row.product.cpu_us:.0f}",
                f"{row.p50_ratio:.2f}",
                f"{row.cpu_ratio:.2f}",
                str(row.queries),
            )
            for row in rows
        ],
    )
    for name, row in (("view", rows[0]), ("webhook", rows[4])):
        print(f"bare {name}: p50 {row.bare.p50_ms:.2f} ms, CPU {row.bare.cpu_us:.0f} us")


def findings(rows: list[Row]) -> list[Finding]:
    """Return the figures that have a goal."""
    by_name = {row.name: row for row in rows}
    api, page, uncached = by_name[CACHED_API], by_name[CACHED_PAGE], by_name[UNCACHED]
    webhook, pdf = by_name[WEBHOOK], by_name[PDF]
    return [
        Finding("P1", "cached search API, CPU / bare", api.cpu_ratio, 2),
        Finding("P2", "cached search page, CPU / bare", page.cpu_ratio, 2.5),
        Finding("P3", "cached search API, p50 / bare", api.p50_ratio, 2),
        Finding("P3", "the same, p50", api.product.p50_ms, 3, "ms"),
        Finding("P3", "the same, p99", api.product.p99_ms, 10, "ms"),
        Finding("P4", "search miss, p50 / bare", uncached.p50_ratio, 5),
        Finding("P12", "webhook, p50 / bare webhook", webhook.p50_ratio, 2),
        Finding("P12", "the same, p99", webhook.product.p99_ms, 10, "ms"),
        Finding("P16", "ticket PDF, three tickets", pdf.product.p50_ms, 15, "ms"),
        Finding("P18", "SQL of a cached search", api.queries, 0, ""),
        Finding("P18", "SQL of a search miss", uncached.queries, 3, ""),
        Finding("P18", "SQL of a hold", by_name[HOLD].queries, 8, ""),
        Finding("P18", "SQL of a webhook", webhook.queries, 1, ""),
    ]
