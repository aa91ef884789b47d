"""The address that Stripe posts events to: read, verify, store once, answer. Nothing else.

A plain Django view: 200 means "stored durably". Processing is the job's business, so a slow or
failing step never makes Stripe send again what we already have.
"""

import logging
import time
from dataclasses import dataclass

from django.db import Error as DatabaseDown
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from maritime.lib import clock
from maritime.lib.api import problem_json
from maritime.lib.errors import MaritimeError
from maritime.ops import broker, counters
from maritime.ops.models import Job
from payments import webhook_signature
from payments.api.refusals import count_refusal
from payments.errors import (
    BadEvent,
    BadSignature,
    BodyTooLarge,
    IntakeDown,
    TooManyRefused,
    WebhookRefused,
    WrongMethod,
)
from payments.operations.events import read_event, store_event

log = logging.getLogger(__name__)

# Real events reach 22 kB; the cap keeps strangers from making us hash megabytes.
LIMIT_BYTES = 512 * 1024
# More digits than the cap has: too large, and nothing to convert.
LENGTH_DIGITS = 9
RETRY_SECONDS = 10
HINT_PAUSE_SECONDS = 0.1


@dataclass
class _Hints:
    """When this process may send its next hint, by its monotonic clock."""

    quiet_until: float = 0.0


_hints = _Hints()


class Received(JsonResponse):
    """Answers first and wakes a worker afterwards, when the server closes the response.

    A hint costs more than twice as much as all the rest of the request (measured). An event that
    comes alone gets one at once; of a burst the others are left to the relay.
    """

    def __init__(self, job: Job) -> None:
        super().__init__({"received": True, "duplicate": False})
        self._job = job

    def close(self) -> None:
        """Send the hint, then end the request."""
        now = time.monotonic()
        if now >= _hints.quiet_until:
            _hints.quiet_until = now + HINT_PAUSE_SECONDS
            broker.send([broker.Hint(self._job.task, self._job.arguments, self._job.pk)])
        super().close()


@csrf_exempt
@transaction.non_atomic_requests
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Take in one signed event; a repeated one gets the same 200."""
    try:
        body = _verified_body(request)
    except WebhookRefused as error:
        return _refuse(request, error)
    try:
        stored = store_event(read_event(body), now=clock.now())
    except BadEvent as error:
        log.warning("signed text is no snapshot event: bytes=%s", len(body))
        return _answer(error)
    except DatabaseDown as error:
        log.exception("event not stored: error=%s", type(error).__name__)
        answer = _answer(IntakeDown(), outcome="not_stored")
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    _count("stored" if stored.is_new else "duplicate")
    if stored.job:
        return Received(stored.job)
    return JsonResponse({"received": True, "duplicate": not stored.is_new})


def _verified_body(request: HttpRequest) -> bytes:
    if request.method != "POST":
        raise WrongMethod
    header = request.META.get("HTTP_STRIPE_SIGNATURE", "")
    if _length(request) > LIMIT_BYTES:
        raise BodyTooLarge
    if not header:
        raise BadSignature
    try:
        # Not request.body, whose own, lower limit is for forms.
        body: bytes = request.read(LIMIT_BYTES + 1)
    except UnreadablePostError as error:
        raise BadSignature from error
    if len(body) > LIMIT_BYTES:
        raise BodyTooLarge
    secrets = webhook_signature.secrets()
    matched = webhook_signature.verify(body, header, secrets=secrets, now=clock.now())
    if matched:
        # The newest is the rule; another one in use means that a change of secrets goes on.
        log.info("event signed with an older secret: number=%s of %s", matched + 1, len(secrets))
    return body


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        return 0
    return int(text) if len(text) <= LENGTH_DIGITS else LIMIT_BYTES + 1


def _refuse(request: HttpRequest, error: WebhookRefused) -> HttpResponse:
    """Answer what carries no valid signature; above the limit of its client with 429."""
    wait = count_refusal(request)
    if wait:
        answer = _answer(TooManyRefused(wait))
        answer["Retry-After"] = str(wait)
        return answer
    log.warning("webhook refused: code=%s", error.code)
    answer = _answer(error)
    if isinstance(error, WrongMethod):
        answer["Allow"] = "POST"
    return answer


def _answer(error: MaritimeError, *, outcome: str = "refused") -> JsonResponse:
    _count(outcome)
    return problem_json(error)


def _count(outcome: str) -> None:
    counters.count("maritime_webhook_events", outcome=outcome)
