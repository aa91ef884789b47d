"""The demo gateway: no money moves, everything else is as with Stripe.

Its books are rows, so that several processes share them and a restart keeps them. It tells its
news as Stripe does, by signed events posted to the real webhook address (`demo_events.py`). What its
customers do is `demo_outcomes.py`.
"""

import secrets
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import connection, transaction

from maritime.lib import rows
from maritime.ops import jobs
from payments import demo_events
from payments.errors import ProviderRefused
from payments.gateways import Intent, ProviderDispute, ProviderRefund
from payments.models import DemoDispute, DemoIntent, DemoRefund

ENDED = ("succeeded", "canceled")
# Asked for each settlement; the bench counts what that costs us, not what it costs the provider.
INTENT = "SELECT row_to_json(intent) FROM payments_demointent intent WHERE intent_id = %s"
REFUND_JOB = "payments.finish_demo_refund"


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
        with connection.cursor() as cursor:
            cursor.execute(INTENT, [intent_id])
            found = rows.from_json(DemoIntent, (row for (row,) in cursor.fetchall()))
        if not found:
            raise ProviderRefused("resource_missing")
        return _intent(found[0])

    def cancel_intent(self, intent_id: str) -> Intent:
        """Close the intent unless it has ended or is processing."""
        cancellable = DemoIntent.objects.exclude(status__in=(*ENDED, "processing"))
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
        if row.status == "pending":
            jobs.add(REFUND_JOB, key=f"demo:{row.refund_id}", refund_id=row.refund_id)
        return _refund(row)

    def list_refunds(self, intent_id: str) -> list[ProviderRefund]:
        """Return every refund of the intent."""
        rows = DemoRefund.objects.filter(intent__intent_id=intent_id).select_related("intent")
        return [_refund(row) for row in rows.order_by("-pk")]

    def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        """Return the present state of the dispute."""
        row = DemoDispute.objects.select_related("intent").filter(dispute_id=dispute_id).first()
        if row is None:
            raise ProviderRefused("resource_missing")
        return _dispute(row)

    def intents_since(self, since: datetime) -> Iterator[Intent]:
        """Return the intents created since then, newest first."""
        rows = DemoIntent.objects.filter(created_at__gte=since).order_by("-pk")
        return map(_intent, rows.iterator())

    def refunds_since(self, since: datetime) -> Iterator[ProviderRefund]:
        """Return the refunds created since then, newest first."""
        rows = DemoRefund.objects.filter(created_at__gte=since).select_related("intent")
        return map(_refund, rows.order_by("-pk").iterator())

    def disputes_since(self, since: datetime) -> Iterator[ProviderDispute]:
        """Return the disputes created since then, newest first."""
        rows = DemoDispute.objects.filter(created_at__gte=since).select_related("intent")
        return map(_dispute, rows.order_by("-pk").iterator())


def connect() -> DemoGateway:
    """Return the gateway; all its state is in the database."""
    return DemoGateway()


def finish_refund(refund_id: str) -> DemoRefund:
    """Let a pending refund come to its end, as a bank would days later, and tell of it."""
    with transaction.atomic(durable=True):
        found = DemoRefund.objects.values_list("intent_id", flat=True).get(refund_id=refund_id)
        intent = DemoIntent.objects.select_for_update().get(pk=found)
        row = DemoRefund.objects.select_related("intent").get(refund_id=refund_id)
        if row.status != "pending":
            return row
        row.status = intent.refund_status
        if row.status == "failed":
            row.failure = "lost_or_stolen_card"
            intent.amount_refunded -= row.amount
            intent.save(update_fields=["amount_refunded"])
        row.save(update_fields=["status", "failure"])
    demo_events.post(demo_events.one_refund_event(row))
    return row


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
        # One that fails later is on its way first.
        status="succeeded" if intent.refund_status == "succeeded" else "pending",
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
        failure=row.failure,
    )


def _dispute(row: DemoDispute) -> ProviderDispute:
    return ProviderDispute(
        id=row.dispute_id,
        intent_id=row.intent.intent_id,
        amount=row.amount,
        withdrawn=0 if row.status == "won" else row.amount,
        currency=row.intent.currency,
        status=row.status,
        # Its disputes take the money at once; none begins as an inquiry.
        refundable=False,
        reason=row.reason,
        due_by=row.due_by,
        created=row.created_at,
    )
