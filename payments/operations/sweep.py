"""The sweep: whatever has been open for too long is looked at again, by a job of its own."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from maritime.ops.models import Job
from payments import queue, states
from payments.errors import PaymentsNotConfigured
from payments.gateways import gateway
from payments.models import Dispute, Payment, Refund, WebhookEvent
from payments.operations.events import queue_event

PAYMENT_AGE = timedelta(minutes=5)
REFUND_AGE = timedelta(minutes=5)
# Banks need days for some payments and refunds; asking for each once an hour is enough.
PENDING_AGE = timedelta(hours=1)
DISPUTE_AGE = timedelta(days=1)
EVENT_AGE = timedelta(minutes=5)
# Ended jobs are kept for longer than this, so what staff discarded is not begun again.
EVENT_LIFE = timedelta(days=7)
BATCH = 200


def queue_checks(*, now: datetime) -> int:
    """Add a job for everything whose end is overdue; return how many there are.

    The key holds the number of the interval, so each is asked for once in its interval, however
    many sweeps run.
    """
    return (
        _queue_payments(now)
        + _queue_refunds(now)
        + _queue_disputes(now)
        + _queue_lost_events(now=now)
    )


def _queue_payments(now: datetime) -> int:
    """Ask for open payments of the gateway in use; a bank at work is asked about once an hour."""
    try:
        in_use = gateway().code
    except PaymentsNotConfigured:
        return 0
    waiting = Payment.objects.filter(
        gateway=in_use, state__in=states.OPEN_PAYMENT, created_at__lte=now - PAYMENT_AGE
    ).order_by("created_at", "pk")[:BATCH]
    for payment in waiting:
        is_slow = payment.state == Payment.State.PROCESSING
        is_slow = is_slow and payment.created_at <= now - PENDING_AGE
        _verify(payment.pk, "", now=now, length=PENDING_AGE if is_slow else PAYMENT_AGE)
    return len(waiting)


def _queue_refunds(now: datetime) -> int:
    unsent = _old(Refund.objects.filter(state__in=states.UNSENT_REFUND), now=now, age=REFUND_AGE)
    for refund in unsent:
        key = f"refund:{refund.pk}:{_interval(now, REFUND_AGE)}"
        queue.add("payments.send_refund", key=key, refund_id=refund.pk)
    pending = _old(Refund.objects.filter(state=Refund.State.PENDING), now=now, age=PENDING_AGE)
    for refund in pending:
        _verify(refund.payment_id, ":refunds", now=now, length=PENDING_AGE)
    return len(unsent) + len(pending)


def _queue_disputes(now: datetime) -> int:
    opened = Dispute.objects.exclude(state__in=states.CLOSED_DISPUTE)
    waiting = opened.filter(checked_at__lte=now - DISPUTE_AGE).order_by("checked_at", "pk")[:BATCH]
    for dispute in waiting:
        key = f"dispute:{dispute.pk}:{_interval(now, DISPUTE_AGE)}"
        queue.add("payments.settle_dispute", key=key, dispute_id=dispute.dispute_id)
    return len(waiting)


def _queue_lost_events(*, now: datetime) -> int:
    """Begin events again that are not done and have no job at all, dead or alive."""
    own_job = Job.objects.filter(
        key=Concat(Value("event:"), Cast(OuterRef("event_id"), TextField()))
    )
    lost = WebhookEvent.objects.filter(
        ~Exists(own_job),
        state__in=(WebhookEvent.State.RECEIVED, WebhookEvent.State.FAILED),
        received_at__lte=now - EVENT_AGE,
        received_at__gt=now - EVENT_LIFE,
    ).order_by("received_at", "pk")[:BATCH]
    for event in lost:
        queue_event(event.event_id)
    return len(lost)


def _verify(payment_id: int, about: str, *, now: datetime, length: timedelta) -> None:
    key = f"verify:{payment_id}{about}:{_interval(now, length)}"
    queue.add("payments.verify_payment_status", key=key, payment_id=payment_id)


def _old(refunds: QuerySet[Refund], *, now: datetime, age: timedelta) -> list[Refund]:
    """Return refunds that are older, the oldest first."""
    return list(refunds.filter(created_at__lte=now - age).order_by("created_at", "pk")[:BATCH])


def _interval(now: datetime, length: timedelta) -> int:
    return int(now.timestamp() // length.total_seconds())
