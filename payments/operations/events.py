"""Events of the provider: stored once as they were signed, then each is a reason to look."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from maritime.ops import jobs
from maritime.ops.models import Job
from payments import queries, signals, states
from payments.errors import BadEvent, UnknownPayment
from payments.gateways import gateway
from payments.models import Payment, WebhookEvent
from payments.operations.send import settle_refunds
from payments.operations.settle import settle
from payments.operations.start import APP

log = logging.getLogger(__name__)

TASK = "payments.process_payment_webhook"
ATTEMPTS = 4
NAME_LENGTH = 80
VERSION_LENGTH = 40
FAILED = "payment_intent.payment_failed"
INTENT_EVENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.canceled",
        FAILED,
    }
)
REFUND_EVENTS = frozenset(
    {"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated"}
    | {"refund.failed"}
)
# Several cards declined in a row are one piece of news for the customer.
BURST = timedelta(minutes=10)

# The event and its job in one statement: one round trip, one commit, both or none.
STORE = """
    WITH stored AS (
        INSERT INTO payments_webhookevent
            (event_id, type, object_id, livemode, api_version, body, state, note, received_at)
        VALUES (%(event_id)s, %(type)s, %(object_id)s, %(livemode)s, %(api_version)s, %(body)s,
            'received', '', %(now)s)
        ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id
    )
    INSERT INTO ops_job
        (task, arguments, key, state, attempts, max_attempts, next_at, published_at, last_error,
        created_at)
    SELECT %(task)s, jsonb_build_object('event_id', event_id), %(key)s, 'pending', 0,
        %(attempts)s, %(now)s, %(now)s, '', %(now)s
    FROM stored
    ON CONFLICT (key) DO NOTHING
    RETURNING id
"""


@dataclass(frozen=True)
class SignedEvent:
    """A verified event: the exact text and the few facts that we file it under."""

    body: str
    event_id: str
    type: str
    object_id: str
    livemode: bool
    api_version: str


def read_event(body: bytes) -> SignedEvent:
    """Return the facts of a verified body; raises BadEvent for everything but a snapshot event."""
    try:
        text = body.decode()
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadEvent from error
    if not isinstance(facts, dict) or facts.get("object", "event") != "event":
        raise BadEvent
    content = facts.get("data")
    about = content.get("object") if isinstance(content, dict) else None
    livemode = facts.get("livemode", False)
    if not isinstance(about, dict) or not isinstance(livemode, bool):
        raise BadEvent
    return SignedEvent(
        body=text,
        event_id=_name(facts.get("id")),
        type=_name(facts.get("type")),
        object_id=_name(about["id"]) if about.get("id") else "",
        livemode=livemode,
        api_version=_name(facts.get("api_version") or "unknown")[:VERSION_LENGTH],
    )


def store_event(event: SignedEvent, *, now: datetime) -> Job | None:
    """Store the event with the job that will process it; return None for one stored before.

    One statement that commits by itself. The caller publishes the job. A repeated event is work
    again only if its job has died.
    """
    values = {**vars(event), "task": TASK, "key": _key(event.event_id), "attempts": ATTEMPTS}
    with connection.cursor() as cursor:
        cursor.execute(STORE, {**values, "now": now})
        row = cursor.fetchone()
    if row is None:
        retry_event(event.event_id)
        return None
    return Job(pk=row[0], task=TASK, arguments={"event_id": event.event_id})


def retry_event(event_id: str) -> bool:
    """Give an event whose job is a dead letter fresh attempts; return whether it had died."""
    job = Job.objects.filter(key=_key(event_id), state=Job.State.DEAD).first()
    if job:
        jobs.retry(job)
    return job is not None


def process_event(event_id: str, *, now: datetime) -> WebhookEvent:
    """Act on a stored event, once; a repeated call returns the finished event.

    Never call it inside a transaction. Raises UnknownPayment while an event of ours names no
    payment here, and ProviderUnavailable; the event is then `failed` until the next attempt.
    """
    event = WebhookEvent.objects.get(event_id=event_id)
    if event.state in (WebhookEvent.State.DONE, WebhookEvent.State.IGNORED):
        return event
    try:
        return _process(event, now=now)
    except Exception as error:
        _end(event, WebhookEvent.State.FAILED, note=type(error).__name__, now=now)
        raise


def _process(event: WebhookEvent, *, now: datetime) -> WebhookEvent:
    if event.livemode != gateway().livemode:
        log.error("event of the wrong mode: event=%s livemode=%s", event.event_id, event.livemode)
        return _end(event, WebhookEvent.State.IGNORED, note="wrong mode", now=now)
    if event.type not in INTENT_EVENTS | REFUND_EVENTS:
        return _end(event, WebhookEvent.State.IGNORED, note="type not used", now=now)
    about = json.loads(event.body)["data"]["object"]
    payment = _payment_of(event, about)
    if payment is None:
        return _end(event, WebhookEvent.State.IGNORED, note="not our payment", now=now)
    settle(payment.pk, now=now)
    if event.type in REFUND_EVENTS:
        settle_refunds(payment.pk)
    if event.type == FAILED:
        return _end_with_failure(event, payment.pk, now=now)
    return _end(event, WebhookEvent.State.DONE, now=now)


def _payment_of(event: WebhookEvent, about: Mapping[str, Any]) -> Payment | None:
    """Return our payment; None for others' money; raises UnknownPayment if it should be here."""
    field = "id" if event.type in INTENT_EVENTS else "payment_intent"
    intent_id = about.get(field)
    if not isinstance(intent_id, str):
        return None
    payment = Payment.objects.filter(intent_id=intent_id).first()
    metadata = about.get("metadata")
    if payment is None and isinstance(metadata, dict) and _is_ours(metadata):
        raise UnknownPayment
    return payment


def _is_ours(metadata: Mapping[str, Any]) -> bool:
    return metadata.get("app") == APP and metadata.get("environment") == settings.BASE_URL


@transaction.atomic(durable=True)
def _end_with_failure(event: WebhookEvent, payment_id: int, *, now: datetime) -> WebhookEvent:
    """Count a declined attempt with the end of its event; the hold and the payment stay open."""
    payment = queries.lock_payment(payment_id)
    if payment.state in states.OPEN_PAYMENT:
        is_news = payment.last_failed_at is None or now - payment.last_failed_at > BURST
        payment.failures += 1
        payment.last_failed_at = now
        payment.save(update_fields=["failures", "last_failed_at", "updated_at"])
        if is_news:
            signals.payment_failed.send(sender=Payment, payment=payment)
    return _end(event, WebhookEvent.State.DONE, now=now)


def _end(event: WebhookEvent, state: str, *, now: datetime, note: str = "") -> WebhookEvent:
    event.state, event.note, event.processed_at = state, note, now
    event.save(update_fields=["state", "note", "processed_at"])
    return event


def _key(event_id: str) -> str:
    return f"event:{event_id}"


def _name(value: object) -> str:
    """Return a name as Stripe writes them: up to 80 visible ASCII characters; raises BadEvent."""
    is_name = isinstance(value, str) and value.isascii() and value.isprintable()
    if not is_name or not 1 <= len(str(value)) <= NAME_LENGTH:
        raise BadEvent
    return str(value)
