"""The address of the stand-in: reads a request, lets faults happen, answers as Stripe does."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from payments.tests.provider.books import Books
from payments.tests.provider.controls import Controls
from payments.tests.provider.faults import Faults
from payments.tests.provider.forms import read_form
from payments.tests.provider.keys import Answer, Keys
from payments.tests.provider.refusals import Refusal

KEY = "sk_test_stand_in"
BROKEN = Answer(500, {"error": {"type": "api_error", "message": "An unknown error occurred."}})
AWAY = Answer(503, {"error": {"type": "api_error", "message": "Try again."}})
Json = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """One call of the API: its name for faults, and what it does with id and parameters."""

    method: str
    path: re.Pattern[str]
    name: str
    act: Callable[[Books, str, Json], Json]


def _route(method: str, path: str, name: str, act: Callable[[Books, str, Json], Json]) -> Route:
    return Route(method, re.compile(f"/v1/{path}".replace("{id}", "(?P<id>[^/]+)")), name, act)


ROUTES = (
    _route("POST", "payment_intents", "create_intent", lambda b, _, p: b.create_intent(p)),
    _route("GET", "payment_intents", "list_intents", lambda b, _, p: b.list_intents(p)),
    _route("GET", "payment_intents/{id}", "retrieve_intent", lambda b, i, p: b.retrieve_intent(i)),
    _route("POST", "payment_intents/{id}", "update_intent", lambda b, i, p: b.update_intent(i, p)),
    _route(
        "POST",
        "payment_intents/{id}/cancel",
        "cancel_intent",
        lambda b, i, p: b.cancel_intent(i, p),
    ),
    _route("GET", "charges", "list_charges", lambda b, _, p: b.list_charges(p)),
    _route("GET", "charges/{id}", "retrieve_charge", lambda b, i, p: b.retrieve_charge(i)),
    _route("POST", "refunds", "create_refund", lambda b, _, p: b.create_refund(p)),
    _route("GET", "refunds", "list_refunds", lambda b, _, p: b.list_refunds(p)),
    _route("GET", "refunds/{id}", "retrieve_refund", lambda b, i, p: b.retrieve_refund(i)),
    _route("GET", "disputes", "list_disputes", lambda b, _, p: b.list_disputes(p)),
    _route("GET", "disputes/{id}", "retrieve_dispute", lambda b, i, p: b.retrieve_dispute(i)),
)


class Provider(ThreadingHTTPServer):
    """The stand-in; `url` is what STRIPE_API_BASE must be, `secret` signs its events.

    `on_request`, if set, is called at the start of each request with its name.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *, livemode: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.livemode = livemode
        self.on_request: Callable[[str], None] | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.books = Books(livemode=self.livemode)
        self.controls = Controls(self.books)
        self.faults = Faults()
        self.keys = Keys()

    def age(self, seconds: int) -> None:
        """Let time pass."""
        self.books.age(seconds)
        self.keys.age(seconds)

    def answer(self, route: Route, name: str, params: Json, key: str) -> Answer | None:
        """Return the answer to a request, or None when the connection shall just end."""
        fault = self.faults.next(route.name)
        kind = fault.kind if fault else ""
        if kind == "429":
            raise Refusal("Too many requests.", code="rate_limit", status=429, is_kept=False)
        if kind == "409":
            raise Refusal("Locked.", code="lock_timeout", status=409, is_kept=False)
        if kind == "503":
            return AWAY
        late_seconds = fault.seconds if fault and kind == "delay before" else 0
        work = _with_fault(kind, lambda: self._act(route, name, params, late_seconds=late_seconds))
        if key and route.method == "POST":
            answer = self.keys.answer(key, (route.name, name, _plain(params)), work)
        else:
            answer, _ = work()
        if fault and kind == "delay":
            time.sleep(fault.seconds)
        return None if kind == "lost" else answer

    def _act(
        self, route: Route, name: str, params: Json, *, late_seconds: float
    ) -> tuple[Answer, bool]:
        time.sleep(late_seconds)
        try:
            with self.books.lock:
                body = route.act(self.books, name, params)
                # A copy: objects go on changing, answers do not.
                body = json.loads(json.dumps(self.books.expanded(body, params)))
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body), refusal.is_kept
        return Answer(200, body), True


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Provider

    def do_GET(self) -> None:
        self._serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(self.rfile.read(length).decode())

    def _serve(self, form: str) -> None:
        try:
            answer = self._answer(read_form(form))
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body)
        if answer is None:
            self.close_connection = True
            return
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", "req_stand_in")
        if answer.is_replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, params: Json) -> Answer | None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refusal("Invalid API Key provided.", status=401, is_kept=False)
        path = urlsplit(self.path).path
        for route in ROUTES:
            match = route.path.fullmatch(path)
            if match and route.method == self.command:
                if self.server.on_request:
                    self.server.on_request(route.name)
                name = match.groupdict().get("id", "")
                key = self.headers.get("Idempotency-Key", "")
                return self.server.answer(route, name, params, key)
        raise Refusal(f"Unrecognized request URL ({self.command}: {path}).", status=404)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def serving(*, livemode: bool = False) -> Iterator[Provider]:
    """Run a stand-in in this process on a free port."""
    server = Provider(livemode=livemode)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_fault(
    kind: str, work: Callable[[], tuple[Answer, bool]]
) -> Callable[[], tuple[Answer, bool]]:
    if kind == "500 before":
        return lambda: (BROKEN, True)
    if kind == "500 after":
        return lambda: (work() and BROKEN, True)
    return work


def _plain(params: Json) -> str:
    return json.dumps(params, sort_keys=True)
