"""The address that Stripe posts events to: read, verify, store once, answer. Nothing else.

A plain Django view: 200 means "stored durably". Processing is the job's business, so a slow or
failing step never makes Stripe send again what we already have.
"""

import logging

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from maritime.lib import clock
from maritime.lib.api import problem_json
from maritime.ops import jobs
from maritime.ops.models import Job
from payments import webhook_signature
from payments.errors import BadEvent, BadSignature, BodyTooLarge, WebhookRefused, WrongMethod
from payments.operations.events import read_event, store_event

log = logging.getLogger(__name__)

# Real events reach 22 kB; the cap keeps strangers from making us hash megabytes.
LIMIT_BYTES = 512 * 1024


class Received(JsonResponse):
    """Answers first and wakes a worker afterwards.

    The server closes a response when its bytes are out. Waking took longer than storing
    (measured: two thirds of the request), and a slow broker must not make Stripe wait.
    """

    def __init__(self, job: Job) -> None:
        super().__init__({"received": True, "duplicate": False})
        self._job = job

    def close(self) -> None:
        """Publish the job, then end the request."""
        jobs.publish(self._job)
        super().close()


@csrf_exempt
@transaction.non_atomic_requests
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Take in one signed event; a repeated one gets the same 200."""
    try:
        body = _verified_body(request)
        event = read_event(body)
    except WebhookRefused as error:
        log.warning("webhook refused: code=%s", error.code)
        answer = problem_json(error)
        if isinstance(error, WrongMethod):
            answer["Allow"] = "POST"
        return answer
    job = store_event(event, now=clock.now())
    return Received(job) if job else JsonResponse({"received": True, "duplicate": True})


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
        raise BadEvent from error
    if len(body) > LIMIT_BYTES:
        raise BodyTooLarge
    webhook_signature.verify(body, header, secrets=webhook_signature.secrets(), now=clock.now())
    return body


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0
