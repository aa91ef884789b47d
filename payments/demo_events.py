"""Events of the demo gateway: shaped and signed as Stripe's, posted over HTTP to ourselves."""

import http.client
import json
import logging
import threading
import urllib.request
import uuid
from typing import Any

from django.conf import settings

from maritime.lib import clock
from payments import webhook_signature
from payments.models import DemoDispute, DemoIntent, DemoRefund

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/api/v1/webhooks/stripe"
API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 5
# The address is our own: a proxy of the environment must not come between.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def intent_event(intent: DemoIntent, kind: str) -> dict[str, Any]:
    """Return an event of the kind payment_intent.* about the intent."""
    error = {"type": "card_error", "code": intent.last_error} if intent.last_error else None
    return _event(
        kind,
        {
            "id": intent.intent_id,
            "object": "payment_intent",
            "amount": intent.amount,
            "amount_received": intent.amount_received,
            "currency": intent.currency.lower(),
            "status": intent.status,
            "last_payment_error": error,
            "livemode": False,
            "metadata": intent.metadata,
        },
    )


def refund_event(intent: DemoIntent) -> dict[str, Any]:
    """Return a charge.refunded event with the sum given back so far."""
    return _event(
        "charge.refunded",
        {
            "id": intent.intent_id.replace("pi_", "ch_", 1),
            "object": "charge",
            "amount": intent.amount,
            "amount_refunded": intent.amount_refunded,
            "refunded": intent.amount_refunded == intent.amount_received,
            "currency": intent.currency.lower(),
            "payment_intent": intent.intent_id,
            "livemode": False,
            "metadata": intent.metadata,
        },
    )


def one_refund_event(refund: DemoRefund) -> dict[str, Any]:
    """Return the event that tells how one refund ended."""
    return _event(
        "refund.failed" if refund.status == "failed" else "refund.updated",
        {
            "id": refund.refund_id,
            "object": "refund",
            "amount": refund.amount,
            "currency": refund.intent.currency.lower(),
            "payment_intent": refund.intent.intent_id,
            "status": refund.status,
            "failure_reason": refund.failure or None,
            "metadata": refund.metadata,
        },
    )


def dispute_event(dispute: DemoDispute, kind: str) -> dict[str, Any]:
    """Return an event of the kind charge.dispute.* about the dispute."""
    return _event(
        kind,
        {
            "id": dispute.dispute_id,
            "object": "dispute",
            "amount": dispute.amount,
            "currency": dispute.intent.currency.lower(),
            "payment_intent": dispute.intent.intent_id,
            "reason": dispute.reason,
            "status": dispute.status,
            "evidence_details": {"due_by": int(dispute.due_by.timestamp())},
            "livemode": False,
            "metadata": {},
        },
    )


def post(event: dict[str, Any]) -> None:
    """Deliver the event to the webhook; what is not delivered the sweep makes good.

    DEMO_EVENT_COPIES and DEMO_EVENT_DELAY_SECONDS make news come several times and late. A delayed
    event is lost with its process, as events of a real provider may be.
    """
    for _ in range(settings.DEMO_EVENT_COPIES):
        if settings.DEMO_EVENT_DELAY_SECONDS:
            timer = threading.Timer(settings.DEMO_EVENT_DELAY_SECONDS, _deliver, [event])
            timer.daemon = True
            timer.start()
        else:
            _deliver(event)


def _deliver(event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    signature = webhook_signature.sign(body, secret=webhook_signature.demo_secret(), at=clock.now())
    request = urllib.request.Request(  # noqa: S310 - BASE_URL is ours and http(s)
        settings.BASE_URL + WEBHOOK_PATH,
        data=body,
        headers={"Content-Type": "application/json", "Stripe-Signature": signature},
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
    except (OSError, http.client.HTTPException) as error:
        log.warning("demo event not delivered: event=%s error=%s", event["id"], error)


def _event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_demo_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(clock.now().timestamp()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": about},
    }
