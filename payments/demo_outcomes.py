"""What customers of the demo gateway do: each button of the pay page, played to its end.

Nothing here is called where real keys are set. News goes out as signed events, so that every button
shows the road that real money takes.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy

from bookings.operations.expire import end_hold
from maritime.lib import clock
from maritime.ops import jobs
from payments import demo_events
from payments.demo_gateway import ENDED, DemoGateway
from payments.errors import NoSuchDispute, PaymentClosed, UnknownOutcome
from payments.models import DemoDispute, DemoIntent, Payment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

FINISH_JOB = "payments.finish_demo_payment"
DISPUTE_JOB = "payments.open_demo_dispute"
EVIDENCE_TIME = timedelta(days=7)
VERDICTS = ("won", "lost")

# The first is the main button of the pay page.
OUTCOMES: dict[str, "Promise"] = {
    "succeed": gettext_lazy("Pay"),
    "decline": gettext_lazy("Card declined"),
    "insufficient_funds": gettext_lazy("Insufficient funds"),
    "3ds_ok": gettext_lazy("Pay with a bank check (3-D Secure)"),
    "3ds_refused": gettext_lazy("Fail the bank check (3-D Secure)"),
    "3ds_wait": gettext_lazy("Stop at the bank check (3-D Secure)"),
    "delayed_ok": gettext_lazy("Pay by a slow method that succeeds"),
    "delayed_fail": gettext_lazy("Pay by a slow method that fails"),
    "close_window": gettext_lazy("Close the payment window"),
    "late": gettext_lazy("Pay after the hold has run out"),
    "told_twice": gettext_lazy("Pay, with the news told twice"),
    "pay_twice": gettext_lazy("Pay twice, in two tabs"),
    "refund_fails": gettext_lazy("Pay; a later refund fails"),
    "dispute": gettext_lazy("Pay, then dispute the payment"),
}
# The others, under headings in the order of the pay page.
GROUPS: tuple[tuple["Promise", tuple[str, ...]], ...] = (
    (gettext_lazy("The bank says no"), ("decline", "insufficient_funds")),
    (gettext_lazy("The bank asks who you are"), ("3ds_ok", "3ds_refused", "3ds_wait")),
    (gettext_lazy("It takes time"), ("delayed_ok", "delayed_fail", "late", "close_window")),
    (
        gettext_lazy("Twice, or taken back"),
        ("told_twice", "pay_twice", "refund_fails", "dispute"),
    ),
)


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
    "decline": (_decline("card_declined"),),
    "insufficient_funds": (_decline("insufficient_funds"),),
    "3ds_ok": (_ASK_BANK, _SUCCEED),
    "3ds_refused": (_ASK_BANK, _decline("payment_intent_authentication_failure")),
    "3ds_wait": (_ASK_BANK,),
    "delayed_ok": (_PROCESS,),
    "delayed_fail": (_PROCESS,),
    "close_window": (),
    "told_twice": (_Step("succeeded", "payment_intent.succeeded", deliveries=2),),
}
# What a worker lets happen afterwards, as a bank would.
_LATER: dict[str, _Step] = {
    "delayed_ok": _SUCCEED,
    "delayed_fail": _decline("payment_method_provider_decline"),
}


def play(payment: Payment, outcome: str) -> DemoIntent:
    """Let a payment end as one of OUTCOMES, and tell of it by signed events over HTTP.

    Never call it inside a transaction. Raises UnknownOutcome, and PaymentClosed when the payment
    has ended already or is being processed.
    """
    if outcome not in OUTCOMES or payment.intent_id is None:
        raise UnknownOutcome
    before, after = _BEFORE.get(outcome), _AFTER.get(outcome)
    _require_open(payment.intent_id)
    if before:
        before(payment)
    for step in _STEPS.get(outcome, (_SUCCEED,)):
        _take(payment.intent_id, step, is_last=False)
    if after:
        after(payment)
    if outcome in _LATER:
        key = f"demo:{uuid.uuid4().hex}"
        jobs.add(FINISH_JOB, key=key, intent_id=payment.intent_id, outcome=outcome)
    return DemoIntent.objects.get(intent_id=payment.intent_id)


def finish(intent_id: str, outcome: str) -> DemoIntent:
    """Let a payment that is being processed come to its end; raises PaymentClosed."""
    return _take(intent_id, _LATER[outcome], is_last=True)


def open_dispute(intent_id: str) -> DemoDispute:
    """Let the customer's bank take the payment back for now; once for each intent."""
    with transaction.atomic(durable=True):
        intent = DemoIntent.objects.select_for_update().get(intent_id=intent_id)
        earlier = intent.disputes.first()
        if earlier:
            return earlier
        row = DemoDispute.objects.create(
            dispute_id=f"du_demo_{uuid.uuid4().hex}",
            intent=intent,
            amount=intent.amount_received - intent.amount_refunded,
            due_by=clock.now() + EVIDENCE_TIME,
        )
    demo_events.post(demo_events.dispute_event(row, "charge.dispute.created"))
    return row


def close_dispute(reference: str, verdict: str) -> DemoDispute:
    """Let the open dispute of a booking end as one of VERDICTS; raises NoSuchDispute."""
    intents = Payment.objects.filter(booking__reference=reference).values("intent_id")
    opened = DemoDispute.objects.filter(
        intent__intent_id__in=intents, status__in=("needs_response", "under_review")
    )
    row = opened.select_related("intent").first()
    if row is None:
        raise NoSuchDispute
    row.status = verdict
    row.save(update_fields=["status"])
    demo_events.post(demo_events.dispute_event(row, "charge.dispute.closed"))
    return row


def _end_hold(payment: Payment) -> None:
    """Let the time to pay run out now, with the customer still on the payment form."""
    end_hold(payment.booking_id, now=clock.now())


def _let_refunds_fail(payment: Payment) -> None:
    DemoIntent.objects.filter(intent_id=payment.intent_id).update(refund_status="failed")


def _pay_in_other_tab(payment: Payment) -> None:
    """Let an attempt of another tab, which was closed here, succeed as well."""
    other = Payment.objects.create(
        booking=payment.booking,
        gateway=payment.gateway,
        state=Payment.State.CANCELED,
        amount=payment.amount,
        currency=payment.currency,
    )
    first = DemoIntent.objects.get(intent_id=payment.intent_id)
    intent = DemoGateway().create_intent(
        amount=payment.amount,
        currency=payment.currency,
        key=f"pi:{other.public_id}",
        metadata={**first.metadata, "payment": str(other.public_id)},
    )
    Payment.objects.filter(pk=other.pk).update(intent_id=intent.id)
    _take(intent.id, _SUCCEED, is_last=False)


def _queue_dispute(payment: Payment) -> None:
    jobs.add(DISPUTE_JOB, key=f"dispute:{payment.intent_id}", intent_id=payment.intent_id)


_BEFORE: dict[str, Callable[[Payment], None]] = {
    "late": _end_hold,
    "refund_fails": _let_refunds_fail,
}
_AFTER: dict[str, Callable[[Payment], None]] = {
    "pay_twice": _pay_in_other_tab,
    "dispute": _queue_dispute,
}


def _require_open(intent_id: str) -> None:
    row = DemoIntent.objects.filter(intent_id=intent_id).first()
    if row is None or row.status in (*ENDED, "processing"):
        raise PaymentClosed


def _take(intent_id: str, step: _Step, *, is_last: bool) -> DemoIntent:
    with transaction.atomic(durable=True):
        intent = DemoIntent.objects.select_for_update().get(intent_id=intent_id)
        is_processing = intent.status == "processing"
        if intent.status in ENDED or is_processing != is_last:
            raise PaymentClosed
        intent.status, intent.last_error = step.status, step.error
        if step.status == "succeeded":
            intent.amount_received = intent.amount
        intent.save(update_fields=["status", "last_error", "amount_received"])
    event = demo_events.intent_event(intent, step.event)
    for _ in range(step.deliveries):
        demo_events.post(event)
    return intent
