"""The first page of figures. Start it with `bin/bench`; it needs no other load on the machine.

Each product request is measured in turn with a bare view of the same server and run, five pairs of
series; printed are medians of the pairs and their ratios. Ratios travel between machines, times
do not.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.server import Figure, Request, Server, running_server  # noqa: E402
from bookings import queries, tickets  # noqa: E402
from bookings.models import Booking  # noqa: E402
from bookings.operations import confirm  # noqa: E402
from ferries.tests import makers  # noqa: E402
from maritime.lib import clock  # noqa: E402
from payments import webhook_signature  # noqa: E402

PAIRS = 5
SAILINGS = 24
PDFS = 20


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    product: Figure
    bare: Figure
    queries: int
    goal: str


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

    def hold_body(self) -> bytes:
        run = self.sailings[0]
        name = {"given_name": "Alice", "surname": "Bench"}
        return json.dumps(
            {
                "legs": [{"offer": f"{run.operator.code}~{run.public_id.hex}~0-1"}],
                "passengers": [{"category": "adult", **name}, {"category": "adult", **name}],
                "vehicles": [{"kind": "car", "length_cm": 450, "height_cm": 150}],
                "contact": {**name, "email": "alice@example.org"},
            }
        ).encode()


def main() -> None:
    """Prepare a database, measure, print a table in Markdown."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_event (id text PRIMARY KEY, body text)")
    world = World()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "web.log") as server,
    ):
        rows = measure_http(world, server)
    rows.append(measure_pdf(rows[0].bare))
    print_table(rows)


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
        pair("search API, cached", server, search, bare, 400, "P1 CPU <= 2.0 x; P3 p50 <= 2 x"),
        pair("search page, cached", server, page, bare, 150, "P2 CPU <= 2.5 x"),
        pair("search API, not cached", server, uncached, bare, 40, "P4 p50 <= 5 x",
             before=cache.clear),
        pair("hold", server, hold, bare, 60, "P18 queries <= 8"),
        pair("webhook answer", server, webhook, bare_webhook, 200,
             "P12 p50 <= 2 x, p99 <= 10 ms"),
    ]  # fmt: skip


def pair(
    name: str,
    server: Server,
    product: Request,
    bare: Request,
    times: int,
    goal: str,
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
    return Row(name, middle(found), middle(compared), count_queries(product), goal)


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
    return Row("ticket PDF (3 tickets)", figure, bare, len(captured), "P16 <= 15 ms")


def issued(booking: Booking) -> Booking:
    """Pay and confirm a held booking; return it as the ticket writer gets it."""
    now = clock.now()
    confirm.begin_payment(booking.pk, now=now)
    with transaction.atomic():
        confirm.mark_paid(booking.pk, amount=booking.total, now=now)
    confirm.confirm_with_operator(booking.pk, now=now)
    return queries.booking_by_reference(booking.reference)


def print_table(rows: list[Row]) -> None:
    """Print the rows as a Markdown table."""
    titles = ("request", "p50 ms", "p99 ms", "CPU us", "p50 x bare", "CPU x bare", "SQL", "goal")
    print("| " + " | ".join(titles) + " |")
    print("|" + " --- |" * len(titles))
    for row in rows:
        product, bare = row.product, row.bare
        print(
            f"| {row.name} | {product.p50_ms:.2f} | {product.p99_ms:.2f} | {product.cpu_us:.0f}"
            f" | {product.p50_ms / bare.p50_ms:.2f} | {product.cpu_us / max(bare.cpu_us, 1):.2f}"
            f" | {row.queries} | {row.goal} |"
        )
    print(f"\nbare view: p50 {rows[0].bare.p50_ms:.2f} ms, CPU {rows[0].bare.cpu_us:.0f} us;")
    webhook = next(row for row in rows if row.name.startswith("webhook"))
    print(f"bare webhook: p50 {webhook.bare.p50_ms:.2f} ms, CPU {webhook.bare.cpu_us:.0f} us.")


if __name__ == "__main__":
    main()
