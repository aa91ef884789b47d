"""Travellers who book and pay, and a provider that tells of it, none of whom gives up.

A traveller's program repeats what was not answered, with the same key, as any good client does; the
provider repeats what was not taken. What either of them was told counts.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from payments.tests.provider.controls import Impossible
from payments.tests.provider.events import Event
from tests.faults.platform import WEBHOOK_SECRET, Platform

TIMEOUT_SECONDS = 10.0
PAUSE_SECONDS = 0.2
GIVE_UP_SECONDS = 120.0
CANCEL_EVERY = 10
Json = dict[str, Any]
T = TypeVar("T")


@dataclass
class Told:
    """What somebody was told of a booking; all of it must be true in the end."""

    reference: str
    total: int
    is_cancelled: bool = False


@dataclass
class Travellers:
    """So many bookings, made by so many programs at once, each booking by one of them."""

    platform: Platform
    offers: list[str]
    bookings: int
    clients: int = 6
    pace_seconds: float = 0.0
    told: list[Told] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    failed: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = iter(range(self.bookings))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work) for _ in range(self.clients)]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    @property
    def are_at_work(self) -> bool:
        """Tell whether anybody still books."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self, seconds: float) -> None:
        """Wait until everybody has what he wants; raise what kept somebody from it."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        assert not self.are_at_work, "somebody still waits for an answer"
        if self.failed:
            raise self.failed[0]

    def _work(self) -> None:
        try:
            with httpx.Client(base_url=self.platform.url, timeout=TIMEOUT_SECONDS) as http:
                while (number := self._next()) is not None:
                    self._book(http, number)
                    time.sleep(self.pace_seconds)
        except BaseException as error:
            self.failed.append(error)
            raise

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def _book(self, http: httpx.Client, number: int) -> None:
        name = f"Traveller {number}"
        body = {
            "legs": [{"offer": self.offers[number % len(self.offers)]}],
            "passengers": [{"category": "adult", "given_name": "Ann", "surname": name}],
            "contact": {"given_name": "Ann", "surname": name, "email": f"t{number}@example.org"},
        }
        held = self._ask(http, "/api/v1/bookings", body, {"Idempotency-Key": uuid.uuid4().hex})
        told = Told(held["reference"], held["price"]["amount"])
        self.told.append(told)
        proof = {"Authorization": f"Bearer {held['access_token']}"}
        address = f"/api/v1/bookings/{told.reference}"
        started = self._ask(http, f"{address}/payment", {}, proof)
        self._pay(started["payment_intent"])
        if number % CANCEL_EVERY == 0:
            self._cancel(http, address, proof)
            told.is_cancelled = True

    def _pay(self, intent: str) -> None:
        try:
            self.platform.provider.controls.pay(intent)
        except Impossible:
            # Another attempt has taken its place meanwhile, and the customer's page says so.
            self.trouble["not payable"] += 1

    def _cancel(self, http: httpx.Client, address: str, proof: dict[str, str]) -> None:
        """Cancel once it is confirmed; look before each try, for an answer may have been lost."""

        def is_cancelled() -> bool:
            found = http.get(address, headers=proof)
            state = found.json()["state"] if found.is_success else ""
            if state == "confirmed":
                quote = http.post(f"{address}/cancellation-quote", json={}, headers=proof)
                if quote.is_success:
                    http.post(f"{address}/cancel", json=_agreed(quote.json()), headers=proof)
            return state == "cancelled"

        self._persist(is_cancelled)

    def _ask(self, http: httpx.Client, path: str, body: Json, headers: dict[str, str]) -> Json:
        def answer() -> Json | None:
            got = http.post(path, json=body, headers=headers)
            if got.is_success:
                found: Json = got.json()
                return found
            self.trouble[f"{path.rpartition('/')[2]} {got.status_code}"] += 1
            # Only what may be repeated is: anything else is an answer that nobody should get.
            assert got.status_code in {409, 429, 500, 502, 503, 504}, got.text
            return None

        return self._persist(answer)

    def _persist(self, attempt: Callable[[], T | None]) -> T:
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            try:
                found = attempt()
            except httpx.TransportError as error:
                self.trouble[type(error).__name__] += 1
                found = None
            if found:
                return found
            time.sleep(PAUSE_SECONDS)
        raise AssertionError(f"no answer within {GIVE_UP_SECONDS:.0f} s: {self.trouble}")


def _agreed(quote: Json) -> Json:
    sums = {f"expected_{name}": quote[name] for name in ("refund", "charge")}
    return {"token": quote["token"], **sums}


class Teller:
    """The provider's own delivery: each event twice, until it is taken, oldest first."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._deliver_all)
        self.trouble: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def end(self) -> None:
        """Stop, with what is still to be told untold."""
        self._is_over.set()
        self._thread.join()

    @property
    def has_told_all(self) -> bool:
        """Tell whether everything was taken; true only between two looks."""
        return self._is_idle

    def _deliver_all(self) -> None:
        waiting: list[Event] = []
        with httpx.Client(base_url=self._platform.url, timeout=TIMEOUT_SECONDS) as http:
            while not self._is_over.is_set():
                waiting += self._platform.provider.books.events.take()
                self._is_idle = not waiting
                waiting = [event for event in waiting if not self._deliver(http, event)]
                time.sleep(PAUSE_SECONDS / 4)

    def _deliver(self, http: httpx.Client, event: Event) -> bool:
        body, signature = event.signed(WEBHOOK_SECRET)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        try:
            for _ in range(2):
                answer = http.post("/api/v1/webhooks/stripe", content=body, headers=headers)
                if answer.status_code != 200:
                    self.trouble[str(answer.status_code)] += 1
                    return False
        except httpx.TransportError as error:
            self.trouble[type(error).__name__] += 1
            return False
        return True

    _is_idle = True
