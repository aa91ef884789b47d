"""The sweep: whatever has been open for too long is looked at again, by a job of its own."""

from datetime import datetime, timedelta

from maritime.ops import jobs
from payments import states
from payments.models import Payment, Refund

PAYMENT_AGE = timedelta(minutes=5)
REFUND_AGE = timedelta(minutes=5)
# Banks need days for some refunds; asking for each once an hour is enough.
PENDING_AGE = timedelta(hours=1)
BATCH = 200


def queue_checks(*, now: datetime) -> int:
    """Add a job for every payment and refund whose end is overdue; return how many there are.

    The key holds the number of the interval, so each is asked for once in its interval, however
    many sweeps run.
    """
    open_payments = _old(Payment, states.OPEN_PAYMENT, now=now, age=PAYMENT_AGE)
    for payment_id in open_payments:
        key = f"verify:{payment_id}:{_interval(now, PAYMENT_AGE)}"
        jobs.add("payments.verify_payment_status", key=key, payment_id=payment_id)
    requested = _old(Refund, (Refund.State.REQUESTED,), now=now, age=REFUND_AGE)
    for refund_id in requested:
        key = f"refund:{refund_id}:{_interval(now, REFUND_AGE)}"
        jobs.add("payments.send_refund", key=key, refund_id=refund_id)
    pending = _old(Refund, (Refund.State.PENDING,), now=now, age=PENDING_AGE)
    for refund_id in pending:
        payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
        key = f"verify:{payment_id}:refunds:{_interval(now, PENDING_AGE)}"
        jobs.add("payments.verify_payment_status", key=key, payment_id=payment_id)
    return len(open_payments) + len(requested) + len(pending)


def _old(
    model: type[Payment] | type[Refund], wanted: tuple[str, ...], *, now: datetime, age: timedelta
) -> list[int]:
    rows = model.objects.filter(state__in=wanted, created_at__lte=now - age)
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True)[:BATCH])


def _interval(now: datetime, length: timedelta) -> int:
    return int(now.timestamp() // length.total_seconds())
