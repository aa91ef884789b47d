"""What holds at the end of every story, whatever happened in it."""

from collections import Counter

from django.apps import apps
from django.core import mail
from django.db.models import Sum

from bookings.models import Booking
from ferries.models import CapacityClaim
from maritime.ops.models import Job, StaffTask
from payments.models import Dispute, LedgerEntry, Payment, Refund
from payments.tests.provider.books import LIVE_REFUNDS
from payments.tests.provider.server import Provider

# Messages live on the floor above, which this one must not import.
Message = apps.get_model("notifications", "Message")
SOLD = ("paid", "confirmed")
MAILS = {
    "booking_confirmation": "tickets",
    "cancellation": "cancelled",
    "payment_success": "paid",
    "payment_failed": "declined",
    "refund_confirmation": "refund",
}
# What a job may fail with: errors that say what they are. Any other is a fault of the product.
EXPECTED_ERRORS = (
    "payments.errors.",
    "bookings.errors.",
    "ferries.errors.",
    "notifications.errors.",
)


def faults(provider: Provider) -> list[str]:
    """Return everything that is wrong now; all jobs must have run."""
    return [*faults_of_money(provider), *_of_mails()]


def faults_of_money(provider: Provider) -> list[str]:
    """Return everything that is wrong but for mails."""
    return [
        *_of_sums(provider),
        *_of_ledger(provider),
        *_of_places(),
        *_of_charges(provider),
        *_of_refunds(provider),
        *_of_jobs(),
    ]


def mails() -> str:
    """Return the mails to the customer, by their short names in alphabetical order."""
    sent = Message.objects.filter(state="sent").values_list("kind", flat=True)
    return " ".join(sorted(MAILS[kind] for kind in sent))


def tasks() -> str:
    """Return the kinds of the open tasks for staff."""
    opened = StaffTask.objects.filter(closed_at=None).values_list("kind", flat=True)
    return " ".join(sorted(opened))


def _of_sums(provider: Provider) -> list[str]:
    """Our sums of a payment are the provider's."""
    wrong = []
    for payment in Payment.objects.filter(gateway="stripe").exclude(intent_id=None):
        intent = provider.books.intents[payment.intent_id or ""]
        known = [one["amount"] for one in provider.books.refunds_of(intent["id"])
                 if one["status"] in LIVE_REFUNDS]  # fmt: skip
        waiting = payment.refunds.filter(state__in=["waiting", "requested"])
        ahead = waiting.aggregate(sum=Sum("amount"))["sum"] or 0
        if payment.captured != intent["amount_received"]:
            wrong.append(f"captured {payment.captured} of {intent['amount_received']}")
        if payment.refunded != sum(known) + ahead:
            wrong.append(f"refunded {payment.refunded}, provider {sum(known)}, waiting {ahead}")
    return wrong


def _of_ledger(provider: Provider) -> list[str]:
    """Cash in the ledger is what the provider keeps of each payment; every transaction is even."""
    uneven = LedgerEntry.objects.values("transaction").annotate(sum=Sum("amount")).exclude(sum=0)
    wrong = [f"uneven transaction {row}" for row in uneven]
    for payment in Payment.objects.filter(gateway="stripe").exclude(intent_id=None):
        entries = LedgerEntry.objects.filter(transaction__payment=payment, account="cash")
        cash = entries.aggregate(sum=Sum("amount"))["sum"] or 0
        net = provider.books.net(payment.intent_id or "")
        if cash != net:
            wrong.append(f"ledger has {cash}, the provider {net}")
    return wrong


def _of_places() -> list[str]:
    """Nobody travels without money, and no money is kept of who does not travel."""
    wrong = []
    for booking in Booking.objects.all():
        has_places = _claims(booking)
        payments = list(booking.payments.all())
        kept = sum(one.left for one in payments if one.counted)
        idle = sum(one.left for one in payments if not one.counted and one.state == "succeeded")
        lost = sum(one.charged_back for one in payments if one.counted)
        if booking.state in SOLD and not has_places:
            wrong.append(f"{booking.state} without places")
        if booking.state in SOLD and kept + lost + _spent_back(booking) < booking.total:
            wrong.append(f"{booking.state} for {kept} of {booking.total}")
        if booking.state not in SOLD and has_places and booking.expires_at is None:
            wrong.append(f"{booking.state} with places for good")
        if booking.state in ("cancelled", "cancelled_by_operator", "expired"):
            owed = 0 if booking.state == "expired" else min(booking.total, booking.paid)
            if kept > owed + _explained(booking):
                wrong.append(f"{booking.state}, and {kept} of its money are kept, not {owed}")
        if idle > _explained(booking):
            wrong.append(f"{idle} of money that paid for nothing are kept")
    return wrong


def _claims(booking: Booking) -> bool:
    if booking.legs.filter(sailing=None).exists():
        return bool(booking.state in SOLD)
    claims = CapacityClaim.objects.filter(holder=booking.public_id)
    return claims.filter(state__in=["held", "confirmed"]).exists()


def _spent_back(booking: Booking) -> int:
    """Return what staff gave back of a booking that goes on: goodwill, or made in the dashboard."""
    refunds = Refund.objects.filter(payment__booking=booking, payment__counted=True)
    live = refunds.exclude(state__in=["failed", "canceled"])
    return live.aggregate(sum=Sum("amount"))["sum"] or 0


def _explained(booking: Booking) -> int:
    """Return the money that is kept for a reason that a person knows: an open dispute or task."""
    if Dispute.objects.filter(payment__booking=booking).exists():
        return int(booking.payments.aggregate(sum=Sum("captured"))["sum"] or 0)
    failed = Refund.objects.filter(payment__booking=booking, state__in=["failed", "canceled"])
    told = StaffTask.objects.filter(closed_at=None, kind__contains="refund").exists()
    return (failed.aggregate(sum=Sum("amount"))["sum"] or 0) if told else 0


def _of_charges(provider: Provider) -> list[str]:
    """No customer is charged twice: what is collected twice goes back."""
    wrong = []
    by_booking: Counter[str] = Counter()
    told = StaffTask.objects.filter(closed_at=None, kind__in=["dead_letter", "reconcile"]).exists()
    for intent in provider.books.intents.values():
        if told and not Payment.objects.filter(intent_id=intent["id"]).exists():
            continue
        reference = intent["metadata"].get("booking", "")
        live = [one["amount"] for one in provider.books.refunds_of(intent["id"])
                if one["status"] in LIVE_REFUNDS]  # fmt: skip
        by_booking[reference] += intent["amount_received"] - sum(live)
    for booking in Booking.objects.all():
        ours = booking.payments.all()
        known = sum(one.left + one.charged_back for one in ours if one.gateway == "stripe")
        waiting = sum(
            refund.amount
            for refund in Refund.objects.filter(
                payment__booking=booking, state__in=["waiting", "requested"]
            )
        )
        if by_booking[booking.reference] > known + waiting:
            wrong.append(f"charged {by_booking[booking.reference]}, known {known}")
        counted = sum(one.captured for one in ours if one.counted)
        if counted != booking.paid:
            wrong.append(f"paid {booking.paid}, counted payments {counted}")
    return wrong


def _of_refunds(provider: Provider) -> list[str]:
    """No refund of ours was made twice, none exceeds its payment, and each is known here."""
    wrong = []
    names = [one["metadata"].get("refund") for one in provider.books.refunds.values()
             if one["status"] in LIVE_REFUNDS]  # fmt: skip
    wrong += [f"refund made twice: {name}" for name, n in Counter(names).items() if name and n > 1]
    for intent in provider.books.intents.values():
        live = [one["amount"] for one in provider.books.refunds_of(intent["id"])
                if one["status"] in LIVE_REFUNDS]  # fmt: skip
        if sum(live) > intent["amount_received"]:
            wrong.append(f"refunded {sum(live)} of {intent['amount_received']}")
    for payment in Payment.objects.filter(refunded__gt=0):
        if payment.refunded + payment.charged_back > payment.captured:
            wrong.append(f"refunds {payment.refunded} exceed {payment.captured}")
    return wrong


def _of_jobs() -> list[str]:
    failed = Job.objects.exclude(last_error="").exclude(state="dead")
    unknown = [job for job in failed if not job.last_error.startswith(EXPECTED_ERRORS)]
    waiting = Job.objects.filter(state__in=["pending", "running"])
    return [f"{job.task} failed: {job.last_error}" for job in unknown] + [
        f"{job.task} is {job.state}" for job in waiting
    ]


def _of_mails() -> list[str]:
    """Each message was sent once, and nothing else was."""
    wrong = []
    posted = [one for one in mail.outbox if "staff@example.com" not in one.to]
    sent = Message.objects.filter(state="sent").count()
    if len(posted) != sent:
        wrong.append(f"{len(posted)} mails of {sent} messages")
    wrong += [
        f"mail still {one.state}"
        for one in Message.objects.exclude(state__in=["sent", "withdrawn"])
    ]
    staff = [one for one in mail.outbox if "staff@example.com" in one.to]
    opened = Job.objects.filter(task="ops.mail_staff_task", state="done").count()
    if len(staff) > opened:
        wrong.append(f"{len(staff)} mails to staff for {opened} tasks")
    return wrong
