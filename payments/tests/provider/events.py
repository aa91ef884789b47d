"""What the provider tells by webhook: snapshots, each to be posted by the test when it likes."""

import copy
import json
import threading
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from payments.webhook_signature import sign

API_VERSION = "2026-10-28.endive"
# What the endpoint asked for, as docs/payments.md tells it.
SUBSCRIBED = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.canceled",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)


@dataclass(frozen=True)
class Event:
    """One event: what it is about, and the text that is posted."""

    id: str
    type: str
    about: str
    body: str

    def signed(self, secret: str) -> tuple[bytes, str]:
        """Return body and Stripe-Signature header, signed now as for each delivery."""
        body = self.body.encode()
        return body, sign(body, secret=secret, at=datetime.now(UTC))

    def again(self, **changes: Any) -> "Event":
        """Return the same news as another event, as a second endpoint or another mode sends it."""
        facts = {**json.loads(self.body), "id": new_id("evt"), **changes}
        return replace(self, id=facts["id"], type=facts["type"], body=json.dumps(facts))


class Events:
    """All events, and those that nobody has taken to deliver; safe in threads.

    Only kinds in `subscribed` are told; None subscribes to everything.
    """

    def __init__(self, subscribed: frozenset[str] | None = SUBSCRIBED) -> None:
        self._lock = threading.Lock()
        self.subscribed = subscribed
        self.all: list[Event] = []
        self._waiting: list[Event] = []

    def add(self, kind: str, about: dict[str, Any], *, created: int, livemode: bool) -> None:
        """Write an event with the object as it is at this moment, if anybody wants it."""
        if self.subscribed is not None and kind not in self.subscribed:
            return
        facts = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": created,
            "livemode": livemode,
            "type": kind,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": copy.deepcopy(about)},
        }
        event = Event(facts["id"], kind, about["id"], json.dumps(facts))
        with self._lock:
            self.all.append(event)
            self._waiting.append(event)

    def take(self) -> list[Event]:
        """Return what is to be delivered, oldest first; each is returned once."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken


def new_id(prefix: str) -> str:
    """Return an id as Stripe writes them."""
    return f"{prefix}_{uuid.uuid4().hex[:24]}"
