"""The tasks of the queue `payments`: each loads by id and calls one operation."""

from celery import shared_task

from maritime.lib import clock
from maritime.ops.tasks import DurableTask
from payments import demo_gateway, demo_outcomes
from payments.operations import disputes, events, reconcile, send, settle, sweep


@shared_task(base=DurableTask, name="payments.process_payment_webhook")
def process_payment_webhook(event_id: str) -> None:
    """Act on a stored event of the provider."""
    events.process_event(event_id, now=clock.now())


@shared_task(base=DurableTask, name="payments.verify_payment_status")
def verify_payment_status(payment_id: int) -> None:
    """Ask the provider how a payment and its refunds stand."""
    settle.settle(payment_id, now=clock.now())


@shared_task(base=DurableTask, name="payments.send_refund")
def send_refund(refund_id: int) -> None:
    """Ask the provider to give money back."""
    send.send_refund(refund_id, now=clock.now())


@shared_task(base=DurableTask, name="payments.settle_refunds")
def settle_refunds(payment_id: int) -> None:
    """Bring all refunds of a payment to what the provider lists."""
    send.settle_refunds(payment_id)


@shared_task(base=DurableTask, name="payments.settle_dispute")
def settle_dispute(dispute_id: str) -> None:
    """Ask the provider how a dispute stands."""
    disputes.settle_dispute(dispute_id, now=clock.now())


@shared_task(base=DurableTask, name="payments.close_payment")
def close_payment(payment_id: int) -> None:
    """Close a payment whose booking ended without it."""
    settle.close_payment(payment_id, now=clock.now())


@shared_task(base=DurableTask, name="payments.finish_demo_payment")
def finish_demo_payment(intent_id: str, outcome: str) -> None:
    """Let a delayed demo payment come to its end."""
    demo_outcomes.finish(intent_id, outcome)


@shared_task(base=DurableTask, name="payments.finish_demo_refund")
def finish_demo_refund(refund_id: str) -> None:
    """Let a pending demo refund come to its end."""
    demo_gateway.finish_refund(refund_id)


@shared_task(base=DurableTask, name="payments.open_demo_dispute")
def open_demo_dispute(intent_id: str) -> None:
    """Let the bank of a demo customer take a payment back."""
    demo_outcomes.open_dispute(intent_id)


@shared_task(name="payments.verify_open_payments", ignore_result=True)
def verify_open_payments() -> int:
    """Queue a check for everything that has been open for too long."""
    return sweep.queue_checks(now=clock.now())


# Many pages of a provider take longer than a job may; what is missed is compared the next night.
@shared_task(name="payments.reconcile", ignore_result=True, soft_time_limit=1740, time_limit=1800)
def reconcile_daily() -> int:
    """Compare our books with the provider's, and queue a look at what differs."""
    return reconcile.reconcile_and_fix(now=clock.now())


@shared_task(
    name="payments.report_differences", ignore_result=True, soft_time_limit=1740, time_limit=1800
)
def report_differences() -> int:
    """Tell staff what differs still."""
    return reconcile.report_remaining(now=clock.now())
