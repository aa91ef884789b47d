"""The company's system on a loopback port: HTTP round `Company`, with the faults of `Controls`."""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from ferries.simulator import questions
from ferries.simulator.company import Company, NotFound, Refused
from ferries.simulator.controls import Controls
from ferries.simulator.questions import Invalid
from maritime.lib import clock

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
MAX_QUESTION_BYTES = 64 * 1024
IDLE_SECONDS = 60
GARBAGE = b'<html><body>Maintenance</body></html> {"reference": '
REFERENCE = r"([A-Za-z0-9-]{1,40})"

Body = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """One call of the protocol: how it is addressed, and what answers it."""

    method: str
    path: re.Pattern[str]
    call: str
    answer: Callable[[Company, str, Body], Body]
    writes: bool = False


DOORS = (
    Door(
        "POST",
        re.compile(r"/v1/search()"),
        "search",
        lambda company, _, body: company.search(questions.read_search(body), now=clock.now()),
    ),
    Door(
        "POST",
        re.compile(r"/v1/check()"),
        "check",
        lambda company, _, body: company.check(*questions.read_check(body), now=clock.now()),
    ),
    Door(
        "PUT",
        re.compile(rf"/v1/reservations/{REFERENCE}"),
        "reserve",
        lambda company, reference, body: company.reserve(
            reference, questions.read_hold(body), now=clock.now()
        ),
        writes=True,
    ),
    Door(
        "POST",
        re.compile(rf"/v1/reservations/{REFERENCE}/confirm"),
        "confirm",
        lambda company, reference, _: company.confirm(reference, now=clock.now()),
        writes=True,
    ),
    Door(
        "GET",
        re.compile(rf"/v1/reservations/{REFERENCE}"),
        "status",
        lambda company, reference, _: company.status(reference, now=clock.now()),
    ),
    Door(
        "POST",
        re.compile(rf"/v1/reservations/{REFERENCE}/cancel"),
        "cancel",
        lambda company, reference, _: company.cancel(reference, now=clock.now()),
        writes=True,
    ),
)


class OperatorServer(ThreadingHTTPServer):
    """Listens on loopback only; its threads end with the process."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, company: Company, controls: Controls, *, api_key: str) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.company = company
        self.controls = controls
        self.api_key = api_key

    @property
    def url(self) -> str:
        """Return the address of the system."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a caller that hung up in one line; anything else with its traceback."""
        error = sys.exception()
        if isinstance(error, ConnectionError):
            log.info("caller hung up: %s", type(error).__name__)
        else:
            log.error("request failed", exc_info=error)


class AnswerLost(Exception):
    """What was asked has happened, and nobody hears about it."""


class Handler(BaseHTTPRequestHandler):
    """Reads one question, answers it, writes one line of log without anything personal."""

    protocol_version = "HTTP/1.1"
    server_version = "OperatorSimulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer a PUT."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the library silent; `_answer` writes the line."""

    def _answer(self) -> None:
        started = time.monotonic()
        call, reference, status = "unknown", "", 0
        try:
            body = self._read()
            door, reference = self._door()
            call = door.call if door else self.path.split("?")[0]
            status, answer = self._reply(door, reference, body)
            self._send_as(call if door else "", status, answer)
        except Invalid as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            self._send(status, _problem("invalid", str(error)))
        except AnswerLost:
            self.close_connection = True
        except OSError:
            # The caller gave up; what it asked for has happened or not, as in life.
            self.close_connection = True
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info(
            "call=%.40r reference=%s status=%s ms=%s", call, reference, int(status), milliseconds
        )

    def _reply(self, door: Door | None, reference: str, body: Body) -> tuple[int, Body]:
        if door is None:
            return self._side_door(body)
        if not self._may_enter():
            return HTTPStatus.UNAUTHORIZED, _problem("unauthorised", "The API key is wrong.")
        controls = self._system.controls
        controls.count(door.call)
        time.sleep(controls.delay_seconds())
        if controls.happens("error_rate", door.call):
            return HTTPStatus.INTERNAL_SERVER_ERROR, _problem("error", "Something broke.")
        status, answer = self._ask(door, reference, body)
        if door.writes and controls.happens("lose_answers", door.call):
            raise AnswerLost
        return status, answer

    def _ask(self, door: Door, reference: str, body: Body) -> tuple[int, Body]:
        try:
            return HTTPStatus.OK, door.answer(self._system.company, reference, body)
        except NotFound:
            return HTTPStatus.NOT_FOUND, _problem("not_found", "There is no such thing.")
        except Refused as refused:
            reasons = [
                {"code": each.code, "message": each.message, "numbers": each.numbers}
                for each in refused.reasons
            ]
            return HTTPStatus.CONFLICT, {
                **_problem(refused.code, refused.message),
                "refusals": reasons,
            }

    def _side_door(self, body: Body) -> tuple[int, Body]:
        """Answer what is not part of the protocol: health and the controls."""
        system = self._system
        asked = f"{self.command} {self.path}"
        if asked == "GET /health":
            return HTTPStatus.OK, {"status": "ok"}
        if asked == "GET /control/stats":
            stats = {
                "calls": system.controls.counts(),
                "reservations": system.company.reservations(),
            }
            return HTTPStatus.OK, stats
        if asked == "GET /control":
            return HTTPStatus.OK, system.controls.change({})
        if asked == "POST /control":
            return HTTPStatus.OK, system.controls.change(body)
        return HTTPStatus.NOT_FOUND, _problem("not_found", "There is no such address.")

    @property
    def _system(self) -> OperatorServer:
        return cast("OperatorServer", self.server)

    def _may_enter(self) -> bool:
        key = self._system.api_key
        sent = self.headers.get("Authorization", "")
        return not key or secrets.compare_digest(sent.encode(), f"Bearer {key}".encode())

    def _door(self) -> tuple[Door | None, str]:
        for door in DOORS:
            match = door.path.fullmatch(self.path)
            if match and door.method == self.command:
                return door, match[1]
        return None, ""

    def _read(self) -> Body:
        """Return the JSON object that was sent; nothing at all is an empty one."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_QUESTION_BYTES:
            self.close_connection = True
            raise Invalid("the body is too long or has no length")
        raw = self.rfile.read(int(length))
        if not raw:
            return {}
        # A web page cannot send this type to us without being asked first, and we say no.
        if self.headers.get_content_type() != "application/json":
            raise Invalid("the body is not application/json")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Invalid("the body is not JSON") from error
        if not isinstance(body, dict):
            raise Invalid("the body is no JSON object")
        return body

    def _send_as(self, call: str, status: int, answer: Body) -> None:
        """Send an answer of the protocol in the way that the faults of the moment want."""
        controls = self._system.controls
        if call and controls.happens("garbage", call):
            self._send_raw(HTTPStatus.OK, GARBAGE)
        elif call and controls.happens("slow_drip", call):
            self._send_raw(status, _json(answer), seconds=controls.settings.drip_seconds)
        else:
            self._send(status, answer)

    def _send(self, status: int, answer: Body) -> None:
        self._send_raw(status, _json(answer))

    def _send_raw(self, status: int, raw: bytes, *, seconds: float = 0.0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if not seconds:
            self.wfile.write(raw)
            return
        for index in range(len(raw)):
            self.wfile.write(raw[index : index + 1])
            time.sleep(seconds / len(raw))


def _json(answer: Body) -> bytes:
    return json.dumps(answer).encode()


def _problem(code: str, message: str) -> Body:
    return {"code": code, "message": message}
