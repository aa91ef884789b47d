"""The demo gateway: no money moves, everything else is as with Stripe.

Its books are rows, so that several processes share them and a restart keeps them. It tells its
news as Stripe does, by signed events posted to the real webhook address (`demo_events.py`).
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from maritime.ops import jobs
from payments import demo_events
from payments.errors import PaymentClosed, ProviderRefused, UnknownOutcome
from payments.gateways import Intent, ProviderRefund
from payments.models import DemoIntent, DemoRefund, Payment

OUTCOMES: dict[str, str] = {
    "succeed": "Pay",
    "decline": "Card declined",
    "insufficient_funds": "Insufficient funds",
    "3ds_ok": "Pay with a bank check (3-D Secure)",
    "3ds_refused": "Fail the bank check (3-D Secure)",
    "delayed_ok": "Pay by a slow method that succeeds",
    "delayed_fail": "Pay by a slow method that fails",
    "pay_twice": "Pay, with the news told twice",
}


@dataclass(frozen=True)
class _Step:
    """One thing that happens to an intent, and the event that tells of it."""

    status: str
    event: str
    error: str = ""
    deliveries: int = 1


def _decline(error: str) -> _Step:
    return _Step("requires_payment_method", "payment_intent.payment_failed", error)


_SUCCEED = _Step("succeeded", "payment_intent.succeeded")
_ASK_BANK = _Step("requires_action", "payment_intent.requires_action")
_PROCESS = _Step("processing", "payment_intent.processing")
_STEPS: dict[str, tuple[_Step, ...]] = {
    "succeed": (_SUCCEED,),
    "decline": (_decline("card_declined"),),
    "insufficient_funds": (_decline("insufficient_funds"),),
    "3ds_ok": (_ASK_BANK, _SUCCEED),
    "3ds_refused": (_ASK_BANK, _decline("payment_intent_authentication_failure")),
    "delayed_ok": (_PROCESS,),
    "delayed_fail": (_PROCESS,),
    "pay_twice": (_Step("succeeded", "payment_intent.succeeded", deliveries=2),),
}
# What a worker lets happen afterwards, as a bank would.
_LATER: dict[str, _Step] = {
    "delayed_ok": _SUCCEED,
    "delayed_fail": _decline("payment_method_provider_decline"),
}
_ENDED = ("succeeded", "canceled")


class DemoGateway:
    """Answers as Stripe would, from the rows of DemoIntent and DemoRefund."""

    code = "demo"
    livemode = False

    def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: Mapping[str, str],
        methods: str = "all",
    ) -> Intent:
        """Open an attempt; the same key returns the one it opened before."""
        intent_id = f"pi_demo_{uuid.uuid4().hex}"
        row, _ = DemoIntent.objects.get_or_create(
            idempotency_key=key,
            defaults={
                "intent_id": intent_id,
                "client_secret": f"{intent_id}_secret_{secrets.token_urlsafe(24)}",
                "amount": amount,
                "currency": currency,
                "metadata": dict(metadata),
            },
        )
        return _intent(row)

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the present state of the intent."""
        row = DemoIntent.objects.filter(intent_id=intent_id).first()
        if row is None:
            raise ProviderRefused("resource_missing")
        return _intent(row)

    def cancel_intent(self, intent_id: str) -> Intent:
        """Close the intent unless it has ended or is processing."""
        cancellable = DemoIntent.objects.exclude(status__in=(*_ENDED, "processing"))
        if cancellable.filter(intent_id=intent_id).update(status="canceled"):
            row = DemoIntent.objects.get(intent_id=intent_id)
            demo_events.post(demo_events.intent_event(row, "payment_intent.canceled"))
        return self.retrieve_intent(intent_id)

    def create_refund(
        self, *, intent_id: str, amount: int, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give back a part of what was received; the same key returns the refund it made before."""
        row, is_new = _book_refund(intent_id, amount=amount, key=key, metadata=metadata)
        if is_new:
            demo_events.post(demo_events.refund_event(row.intent))
        return _refund(row)

    def list_refunds(self, intent_id: str) -> list[ProviderRefund]:
        """Return every refund of the intent."""
        rows = DemoRefund.objects.filter(intent__intent_id=intent_id).select_related("intent")
        return [_refund(row) for row in rows.order_by("-pk")]


def connect() -> DemoGateway:
    """Return the gateway; all its state is in the database."""
    return DemoGateway()


def play(payment: Payment, outcome: str) -> DemoIntent:
    """Let a payment end as one of OUTCOMES, and tell of it by signed events over HTTP.

    Never call it inside a transaction. Raises UnknownOutcome, and PaymentClosed when the payment
    has ended already or is being processed.
    """
    if outcome not in OUTCOMES or payment.intent_id is None:
        raise UnknownOutcome
    for step in _STEPS[outcome]:
        intent = _take(payment.intent_id, step, is_last=False)
    if outcome in _LATER:
        jobs.add(
            "payments.finish_demo_payment",
            key=f"demo:{uuid.uuid4().hex}",
            intent_id=payment.intent_id,
            outcome=outcome,
        )
    return intent


def finish(intent_id: str, outcome: str) -> DemoIntent:
    """Let a payment that is being processed come to its end; raises PaymentClosed."""
    return _take(intent_id, _LATER[outcome], is_last=True)


def _take(intent_id: str, step: _Step, *, is_last: bool) -> DemoIntent:
    with transaction.atomic(durable=True):
        intent = DemoIntent.objects.select_for_update().get(intent_id=intent_id)
        is_processing = intent.status == "processing"
        if intent.status in _ENDED or is_processing != is_last:
            raise PaymentClosed
        intent.status, intent.last_error = step.status, step.error
        if step.status == "succeeded":
            intent.amount_received = intent.amount
        intent.save(update_fields=["status", "last_error", "amount_received"])
    event = demo_events.intent_event(intent, step.event)
    for _ in range(step.deliveries):
        demo_events.post(event)
    return intent


@transaction.atomic(durable=True)
def _book_refund(
    intent_id: str, *, amount: int, key: str, metadata: Mapping[str, str]
) -> tuple[DemoRefund, bool]:
    intent = DemoIntent.objects.select_for_update().filter(intent_id=intent_id).first()
    if intent is None:
        raise ProviderRefused("resource_missing")
    earlier = DemoRefund.objects.filter(idempotency_key=key).first()
    if earlier:
        return earlier, False
    if intent.amount_refunded + amount > intent.amount_received:
        raise ProviderRefused("charge_already_refunded")
    intent.amount_refunded += amount
    intent.save(update_fields=["amount_refunded"])
    row = DemoRefund.objects.create(
        refund_id=f"re_demo_{uuid.uuid4().hex}",
        idempotency_key=key,
        intent=intent,
        amount=amount,
        metadata=dict(metadata),
    )
    return row, True


def _intent(row: DemoIntent) -> Intent:
    return Intent(
        id=row.intent_id,
        status=row.status,
        amount=row.amount,
        amount_received=row.amount_received,
        currency=row.currency,
        client_secret=row.client_secret,
        metadata=row.metadata,
        last_error=row.last_error,
    )


def _refund(row: DemoRefund) -> ProviderRefund:
    return ProviderRefund(
        id=row.refund_id,
        intent_id=row.intent.intent_id,
        amount=row.amount,
        status=row.status,
        metadata=row.metadata,
    )
