"""Events of the provider: stored once as they were signed, then each is a reason to look."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from maritime.lib import request_ids, rows
from maritime.ops import jobs, staff
from maritime.ops.models import Job
from payments import currencies, queries, queue, states
from payments.errors import BadEvent, ProviderUnavailable
from payments.gateways import API_VERSION, Intent, gateway
from payments.models import Payment, WebhookEvent
from payments.operations import owners
from payments.operations.disputes import settle_dispute
from payments.operations.failures import tell_failure
from payments.operations.send import settle_refunds
from payments.operations.settle import apply_intent, mismatch, settle

log = logging.getLogger(__name__)

TASK = "payments.process_payment_webhook"
VERSION_LENGTH = 40
SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"
ABOUT_INTENT = "payment_intent."
INTENT_EVENTS = frozenset(
    {SUCCEEDED, FAILED}
    | {f"payment_intent.{news}" for news in ("processing", "requires_action", "canceled")}
)
REFUND_EVENTS = frozenset(
    {"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated"}
    | {"refund.failed"}
)
DISPUTE_EVENTS = frozenset(
    f"charge.dispute.{news}"
    for news in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
)
USED = INTENT_EVENTS | REFUND_EVENTS | DISPUTE_EVENTS
NOT_USED = "type not used"
# An answer that was asked for so long after an event came in knows what the event tells.
ASKED_AFTER = timedelta(seconds=5)
# Attempts that the provider may leave unanswered before a signed success counts by itself.
PATIENCE = 4
WRONG_MODE = "webhook_mode"

# The event and its job in one statement: one round trip, one commit, both or none.
STORE = """
    WITH stored AS (
        INSERT INTO payments_webhookevent
            (event_id, type, object_id, intent_id, livemode, api_version, created, body, state, note,
            received_at, processed_at)
        VALUES (%(event_id)s, %(type)s, %(object_id)s, %(intent_id)s, %(livemode)s, %(api_version)s,
            %(created)s, %(body)s, %(state)s, %(note)s, %(now)s, %(processed_at)s)
        ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id
    ),
    job AS (
        INSERT INTO ops_job
            (task, arguments, key, state, attempts, max_attempts, next_at, published_at,
            last_error, created_at, request_id)
        SELECT %(task)s, jsonb_build_object('event_id', event_id), %(key)s, 'pending', 0,
            %(attempts)s, %(now)s, NULL, '', %(now)s, %(request_id)s
        FROM stored WHERE %(state)s = 'received'
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    )
    SELECT job.id FROM stored LEFT JOIN job ON true
"""


@dataclass(frozen=True)
class SignedEvent:
    """A verified event: the exact text and the few facts that we file it under."""

    body: str
    event_id: str
    type: str
    object_id: str
    intent_id: str
    livemode: bool
    api_version: str
    created: datetime | None


@dataclass(frozen=True)
class Stored:
    """What became of an event: whether it was new, and the job that will process it, if any."""

    is_new: bool
    job: Job | None


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
    kind = _name(facts.get("type"))
    return SignedEvent(
        body=text,
        event_id=_name(facts.get("id")),
        type=kind,
        object_id=_name(about["id"]) if about.get("id") else "",
        intent_id=owners.intent_of(about, is_intent=kind.startswith(ABOUT_INTENT)),
        livemode=livemode,
        api_version=_name(facts.get("api_version") or "unknown")[:VERSION_LENGTH],
        created=_moment(facts.get("created")),
    )


def store_event(event: SignedEvent, *, now: datetime) -> Stored:
    """Store the event with the job that will process it.

    One statement that commits by itself. The job is free for the relay, which publishes it within a
    second unless the caller was quicker. A repeated event is work again only if its job has died.
    An event of a type that is not used gets no job: an endpoint that is subscribed to all of them
    must not keep workers busy.
    """
    is_used = event.type in USED
    values = {
        **vars(event),
        "task": TASK,
        "key": _key(event.event_id),
        "attempts": queue.ATTEMPTS,
        "now": now,
        "request_id": request_ids.current(),
        "state": str(WebhookEvent.State.RECEIVED if is_used else WebhookEvent.State.IGNORED),
        "note": "" if is_used else NOT_USED,
        "processed_at": None if is_used else now,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
        row = cursor.fetchone()
    if row is None:
        retry_event(event.event_id)
        return Stored(is_new=False, job=None)
    if row[0] is None:
        return Stored(is_new=True, job=None)
    job = Job(pk=row[0], task=TASK, arguments={"event_id": event.event_id})
    return Stored(is_new=True, job=job)


def retry_event(event_id: str) -> bool:
    """Give an event whose job is a dead letter fresh attempts; return whether it had died."""
    job = Job.objects.filter(key=_key(event_id), state=Job.State.DEAD).first()
    if job:
        jobs.retry(job)
    return job is not None


def queue_event(event_id: str) -> Job:
    """Write a job for a stored event whose job is gone; one that is there stays as it is."""
    return queue.add(TASK, key=_key(event_id), event_id=event_id)


def process_event(event_id: str, *, now: datetime) -> WebhookEvent:
    """Act on a stored event, once; a repeated call returns the finished event.

    Never call it inside a transaction. Raises UnknownPayment while an event of ours names no
    payment here, and ProviderUnavailable; the event is then `failed` until the next attempt.
    """
    event = rows.one(WebhookEvent, "event_id", event_id)
    if event is None:
        raise WebhookEvent.DoesNotExist
    if event.state in (WebhookEvent.State.DONE, WebhookEvent.State.IGNORED):
        return event
    try:
        return _process(event, now=now)
    except Exception as error:
        _end(event, WebhookEvent.State.FAILED, note=type(error).__name__, now=now)
        raise


def _process(event: WebhookEvent, *, now: datetime) -> WebhookEvent:
    if event.livemode != gateway().livemode:
        return _ignore_mode(event, now=now)
    if event.type not in USED:
        return _end(event, WebhookEvent.State.IGNORED, note=NOT_USED, now=now)
    about = _about(event)
    payment = owners.payment_of(about, is_intent=event.type in INTENT_EVENTS)
    if payment is None:
        return _end(event, WebhookEvent.State.IGNORED, note="not our payment", now=now)
    if not _is_our_version(event):
        # What we act on is fetched in our own version; nothing else of the event is read.
        log.warning("event of another version: id=%s version=%s", event.event_id, event.api_version)
    _look(event, about, payment, now=now)
    if event.type == FAILED:
        return _end_with_failure(event, payment.pk, now=now)
    return _end(event, WebhookEvent.State.DONE, now=now)


def _look(
    event: WebhookEvent, about: Mapping[str, Any], payment: Payment, *, now: datetime
) -> None:
    """Bring what the event is about to the provider's present state."""
    if event.type in INTENT_EVENTS and _was_asked_since(event, payment):
        return
    try:
        settle(payment.pk, now=now)
    except ProviderUnavailable:
        if not _may_take_word(event):
            raise
        _take_word(event, about, payment, now=now)
    if event.type in REFUND_EVENTS:
        settle_refunds(payment.pk)
    if event.type in DISPUTE_EVENTS:
        settle_dispute(event.object_id, now=now)


def _was_asked_since(event: WebhookEvent, payment: Payment) -> bool:
    """Tell whether the provider was asked about the payment long enough after the event came in.

    A burst of events about one payment costs one call, not one for each.
    """
    asked_at = payment.checked_at
    return asked_at is not None and asked_at > event.received_at + ASKED_AFTER


def _may_take_word(event: WebhookEvent) -> bool:
    """Tell whether a signed success shall count although the provider does not answer."""
    if event.type != SUCCEEDED or not _is_our_version(event):
        return False
    attempts = Job.objects.filter(key=_key(event.event_id)).values_list("attempts", flat=True)
    return (attempts.first() or 0) >= PATIENCE


def _take_word(
    event: WebhookEvent, about: Mapping[str, Any], payment: Payment, *, now: datetime
) -> None:
    """Take the money in by the signed text alone, if everything in it is as it should be.

    Success is the one state that never changes again. Raises ProviderUnavailable otherwise.
    """
    intent = _told_intent(about)
    if intent is None or payment.state not in states.MAY_SUCCEED:
        raise ProviderUnavailable
    if mismatch(payment, intent, now=now):
        raise ProviderUnavailable
    log.warning("success taken from the event: id=%s payment=%s", event.event_id, payment.public_id)
    apply_intent(payment.pk, intent, now=now)


def _told_intent(about: Mapping[str, Any]) -> Intent | None:
    """Return the intent as the event shows it, if it has succeeded and is whole."""
    currency, amount, received = (
        about.get(name) for name in ("currency", "amount", "amount_received")
    )
    if about.get("status") != "succeeded" or not owners.is_ours(about.get("metadata")):
        return None
    if not (owners.is_name(currency) and type(amount) is int and type(received) is int):
        return None
    code = str(currency).upper()
    return Intent(
        id=str(about.get("id")),
        status="succeeded",
        amount=currencies.from_provider(amount, code),
        amount_received=currencies.from_provider(received, code),
        currency=code,
        client_secret="",
        metadata=about["metadata"],
    )


@transaction.atomic(durable=True)
def _end_with_failure(event: WebhookEvent, payment_id: int, *, now: datetime) -> WebhookEvent:
    """Count a declined attempt with the end of its event; the hold and the payment stay open."""
    payment = queries.lock_payment(payment_id)
    if payment.state in states.OPEN_PAYMENT:
        payment.failures += 1
        tell_failure(payment, now=now)
    return _end(event, WebhookEvent.State.DONE, now=now)


@transaction.atomic(durable=True)
def _ignore_mode(event: WebhookEvent, *, now: datetime) -> WebhookEvent:
    mode = "live" if event.livemode else "test"
    staff.open_task(
        WRONG_MODE,
        kind="webhook",
        title=f"Stripe sends us {mode} events, and our key is of the other mode",
        detail=(
            f"First seen with {event.event_id}. They are stored and ignored. Look at the webhook"
            " endpoint in Stripe's dashboard, its secret and STRIPE_SECRET_KEY."
        ),
    )
    return _end(event, WebhookEvent.State.IGNORED, note="wrong mode", now=now)


def _end(event: WebhookEvent, state: str, *, now: datetime, note: str = "") -> WebhookEvent:
    event.state, event.note, event.processed_at = state, note, now
    rows.update(event, "state", "note", "processed_at")
    return event


def _about(event: WebhookEvent) -> dict[str, Any]:
    """Return the object of a stored event; empty when the text is nested too deep to be read here."""
    try:
        about: dict[str, Any] = json.loads(event.body)["data"]["object"]
    except RecursionError:
        log.warning("event nested too deep: id=%s", event.event_id)
        return {}
    return about


def _is_our_version(event: WebhookEvent) -> bool:
    """Tell whether the event was written in our version, or a later one that only adds to it."""
    return event.api_version.rpartition(".")[2] == API_VERSION.rpartition(".")[2]


def _key(event_id: str) -> str:
    return f"event:{event_id}"


def _name(value: object) -> str:
    """Return a name as the provider writes them; raises BadEvent."""
    if not owners.is_name(value):
        raise BadEvent
    return str(value)


def _moment(seconds: object) -> datetime | None:
    """Return a moment of the provider's clock; None for what is none."""
    if type(seconds) is not int:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
