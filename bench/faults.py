"""Figures R2 to R5: what faults cost, on a whole platform of its own (`tests/faults/platform.py`).

For each kind of fault twenty travellers book and pay while it happens. Kept is how long it took after its
end until nothing waited, and in the end what was lost or doubled. Then the broker and the cache freeze
under a steady load.
"""

import statistics
import time
from collections.abc import Callable

import httpx

from bench.report import Finding, print_table
from tests.faults import audit, storm
from tests.faults.platform import WEBHOOK_SECRET, Platform, running
from tests.faults.traffic import Teller, Told, Travellers

BOOKINGS_EACH = 20
LOAD_SECONDS = 8.0
GIVE_UP_SECONDS = 120.0


def measure() -> list[Finding]:
    """Measure all kinds of faults one after the other, then the two that freeze."""
    with running("web", "mails", "work", "relay", "beat") as (platform, world):
        findings = _storm(platform, world["offers"])
        platform.stop("beat")
        return [*findings, *_frozen_broker(platform, world), *_frozen_cache(platform, world)]


def _storm(platform: Platform, offers: list[str]) -> list[Finding]:
    teller = Teller(platform)
    teller.start()
    told: list[Told] = []
    waits: dict[str, float] = {}
    try:
        for fault in storm.FAULTS:
            travellers = Travellers(platform, offers, BOOKINGS_EACH, pace_seconds=0.3)
            travellers.start()
            time.sleep(0.5)
            fault(platform)
            over = time.perf_counter()
            travellers.wait(GIVE_UP_SECONDS)
            platform.wait_until(
                lambda: teller.has_told_all and not audit.open_work(platform),
                seconds=GIVE_UP_SECONDS,
                what=f"work is done after {fault.__name__}",
            )
            waits[fault.__name__.replace("_", " ")] = time.perf_counter() - over
            told += travellers.told
    finally:
        teller.end()
    rows = [(name, f"{seconds:.1f}") for name, seconds in waits.items()]
    print_table(("fault", "seconds from its end until nothing waits, bookings among it"), rows)
    lost = [*audit.lost_bookings(platform, told), *audit.dead_letters(platform)]
    note = f"{len(told)} bookings, {len(waits)} faults"
    doubles = platform.post.hung + storm.DOUBLES_BY_CRASH
    return [
        Finding("R2", "acknowledged bookings lost", len(lost), 0, "", note=note),
        Finding("R2", "wrongly charged or refunded",
                len(audit.wrong_charges(platform, told)), 0, ""),
        Finding("R2", "mails lost", len(audit.lost_mails(platform, told)), 0, ""),
        Finding("R2", "mails doubled", audit.double_mails(platform), doubles, "",
                note="one for each crash of a sender, of the database, and silence of the server"),
        Finding("R2", "the control, without guards: work lost",
                audit.naive_lost(platform), 1, "lost", at_least=True),
        Finding("R3", "nothing waits any more, slowest fault", max(waits.values()), 60, "s",
                note=f"median {statistics.median(waits.values()):.1f} s"),
    ]  # fmt: skip


def _frozen_broker(platform: Platform, world: dict[str, list[str]]) -> list[Finding]:
    with httpx.Client(base_url=platform.url, timeout=20) as http:

        def book(number: int) -> int:
            name = {"given_name": "Ann", "surname": "Doe"}
            body = {
                "legs": [{"offer": world["offers"][number % len(world["offers"])]}],
                "passengers": [{"category": "adult", **name}],
                "contact": {**name, "email": "ann@example.org"},
            }
            return http.post("/api/v1/bookings", json=body).status_code

        def tell(number: int) -> int:
            platform.provider.controls.decline(intents[number % len(intents)])
            (event, *_) = platform.provider.books.events.take()
            content, signature = event.signed(WEBHOOK_SECRET)
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            return http.post(
                "/api/v1/webhooks/stripe", content=content, headers=headers
            ).status_code

        intents = _open_intents(platform, http, world["offers"])
        with platform.frozen("broker"):
            booked, refused = _series(book)
            told, not_taken = _series(tell)
    return [
        Finding("R4", "broker frozen: a booking, p99", _p(booked, 0.99), 1000, "ms",
                note=f"{len(booked)} bookings, median {statistics.median(booked):.0f} ms"),
        Finding("R4", "broker frozen: a webhook, p99", _p(told, 0.99), 50, "ms",
                note=f"{len(told)} events, median {statistics.median(told):.0f} ms"),
        Finding("R4", "broker frozen: not answered well", refused + not_taken, 0, ""),
    ]  # fmt: skip


def _frozen_cache(platform: Platform, world: dict[str, list[str]]) -> list[Finding]:
    day = world["date"]
    with httpx.Client(base_url=platform.url, timeout=20) as http:

        def search(number: int) -> int:
            question = {
                "origin": "AAA",
                "destination": "BBB",
                "date": day,
                "adults": number % 9 + 1,
            }
            return http.get("/api/v1/ferries/search", params=question).status_code

        platform.cache.stop()
        _series(search, seconds=1)
        without, _ = _series(search)
        platform.cache.start()
        time.sleep(6)
        with platform.frozen("cache"):
            _, refused_at_first = _series(search, seconds=1)
            frozen, refused = _series(search)
    base = _p(without, 0.95)
    return [
        Finding("R5", "cache frozen: search p95 / without a cache", _p(frozen, 0.95) / base, 1.5,
                note=f"{_p(frozen, 0.95):.0f} ms and {base:.0f} ms, after the first second"),
        Finding("R5", "cache frozen: not answered well", refused + refused_at_first, 0, ""),
    ]  # fmt: skip


def _open_intents(platform: Platform, http: httpx.Client, offers: list[str]) -> list[str]:
    """Return intents whose cards can be declined again and again, which tells an event each time."""
    found = []
    for number in range(4):
        name = {"given_name": "Ann", "surname": "Doe"}
        held = http.post(
            "/api/v1/bookings",
            json={
                "legs": [{"offer": offers[number % len(offers)]}],
                "passengers": [{"category": "adult", **name}],
                "contact": {**name, "email": "ann@example.org"},
            },
        ).json()
        started = http.post(
            f"/api/v1/bookings/{held['reference']}/payment",
            headers={"Authorization": f"Bearer {held['access_token']}"},
        ).json()
        found.append(started["payment_intent"])
    platform.provider.books.events.take()
    return found


def _series(ask: Callable[[int], int], *, seconds: float = LOAD_SECONDS) -> tuple[list[float], int]:
    """Ask again and again; return the times in ms, and how many answers were no success."""
    taken, wrong, end = [], 0, time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        wrong += ask(len(taken)) >= 400
        taken.append((time.perf_counter() - start) * 1000)
    return taken, wrong


def _p(taken: list[float], part: float) -> float:
    return sorted(taken)[max(0, int(len(taken) * part) - 1)]
