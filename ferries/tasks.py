"""Background work of the ferries app."""

from celery import shared_task

from ferries.operations import audit_capacity
from maritime.ops.tasks import DurableTask


@shared_task(base=DurableTask, name="ferries.audit_capacity")
def audit_capacity_nightly() -> int:
    """Compare all pools with their claims and log what differs."""
    return audit_capacity.report_differences()
