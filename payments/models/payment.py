"""Money in, money out, and what the provider told us."""

import secrets
import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from bookings.models import Booking
from maritime.lib import references

VOUCHER_CODE_LENGTH = 12


def new_voucher_code() -> str:
    """Return a random code of letters that people can read out (25^12: about 55 bits)."""
    return "".join(secrets.choice(references.ALPHABET) for _ in range(VOUCHER_CODE_LENGTH))


class Voucher(models.Model):
    """Money of a cancelled booking that buys another one; never paid out.

    `used` goes up when it pays a booking, and down when that booking gives money back.
    """

    code = models.CharField(max_length=20, unique=True, default=new_voucher_code)
    booking = models.ForeignKey(
        Booking, models.PROTECT, related_name="vouchers", help_text="whose cancellation issued it"
    )
    currency = models.CharField(max_length=3)
    amount = models.PositiveIntegerField(help_text="minor units")
    used = models.PositiveIntegerField(default=0, help_text="minor units spent")
    # Demo money must not turn into real travel on the day that real keys are set.
    is_demo = models.BooleanField(default=False, help_text="no money stands behind it")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    # One cancellation issues at most one voucher.
    request_key = models.CharField(max_length=100, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0) & Q(used__lte=F("amount")), name="voucher_used_within"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="voucher_is_positive"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def left(self) -> int:
        """Return what it can still pay, in minor units."""
        return self.amount - self.used

    def is_expired(self, now: datetime) -> bool:
        """Tell whether its time is over; the moment itself is too late."""
        return self.expires_at <= now


class Payment(models.Model):
    """One attempt to collect the price of a booking: one PaymentIntent, made after this row."""

    class State(models.TextChoices):
        """Moves forward only, see `payments/states.py`."""

        OPEN = "open", "open"
        PROCESSING = "processing", "processing"
        SUCCEEDED = "succeeded", "succeeded"
        CANCELED = "canceled", "canceled"
        QUARANTINED = "quarantined", "does not match the booking; staff must look"

    class Gateway(models.TextChoices):
        """Who moves the money; demo and live money never mix in reports."""

        STRIPE = "stripe", "Stripe"
        DEMO = "demo", "demo, no money moves"
        VOUCHER = "voucher", "voucher, money of an earlier booking"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments")
    gateway = models.CharField(max_length=10, choices=Gateway.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    amount = models.PositiveIntegerField(help_text="minor units")
    currency = models.CharField(max_length=3)
    captured = models.PositiveIntegerField(default=0, help_text="minor units received")
    refunded = models.PositiveIntegerField(default=0, help_text="minor units of open and settled")
    intent_id = models.CharField(max_length=80, unique=True, null=True, blank=True)
    voucher = models.ForeignKey(
        Voucher,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        help_text="that paid",
    )
    failures = models.PositiveSmallIntegerField(default=0)
    last_failure = models.CharField(max_length=60, blank=True, help_text="the provider's code")
    last_failed_at = models.DateTimeField(null=True, blank=True)
    # Late and double money is captured too, and goes straight back: it never paid the booking.
    counted = models.BooleanField(default=False, help_text="part of what the booking has paid")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state__in=["open", "processing"]),
                name="one_open_payment_per_booking",
            ),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("captured")), name="refunds_within_captured"
            ),
            models.CheckConstraint(
                condition=Q(gateway="voucher", voucher__isnull=False)
                | (~Q(gateway="voucher") & Q(voucher__isnull=True)),
                name="voucher_payment_names_voucher",
            ),
        ]
        permissions = [("refund_payment", "Can refund payments")]

    def __str__(self) -> str:
        return f"{self.booking.reference} {self.state}"


class Refund(models.Model):
    """Money on its way back. The row and its uuid exist before the provider is called.

    With `voucher`, the money stays here and became that voucher; no provider is called.
    """

    class State(models.TextChoices):
        """Moves forward only; `failed` may follow `succeeded` when a bank sends it back."""

        REQUESTED = "requested", "requested"
        PENDING = "pending", "pending at the provider"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed; staff must look"
        CANCELED = "canceled", "canceled"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    amount = models.PositiveIntegerField(help_text="minor units")
    # The same request (one cancellation, one staff form) opens at most one refund.
    request_key = models.CharField(max_length=100)
    reason = models.CharField(max_length=100)
    actor = models.CharField(max_length=100)
    refund_id = models.CharField(max_length=80, unique=True, null=True, blank=True)
    voucher = models.ForeignKey(
        Voucher, models.PROTECT, null=True, blank=True, related_name="refunds", help_text="issued"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "request_key"], name="refund_request_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state}"


class WebhookEvent(models.Model):
    """One verified event of the provider, kept as the exact text that was signed."""

    class State(models.TextChoices):
        """Where its processing stands."""

        RECEIVED = "received", "received"
        DONE = "done", "done"
        IGNORED = "ignored", "not for us"
        FAILED = "failed", "failed"

    event_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80, blank=True)
    livemode = models.BooleanField(default=False)
    api_version = models.CharField(max_length=40, blank=True)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    note = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class DemoIntent(models.Model):
    """The demo gateway's own books: what Stripe would know of a PaymentIntent."""

    intent_id = models.CharField(max_length=80, unique=True)
    client_secret = models.CharField(max_length=120)
    idempotency_key = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=30, default="requires_payment_method")
    amount = models.PositiveIntegerField()
    amount_received = models.PositiveIntegerField(default=0)
    amount_refunded = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    metadata = models.JSONField(default=dict)
    last_error = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.intent_id


class DemoRefund(models.Model):
    """The demo gateway's own books: what Stripe would know of a Refund."""

    refund_id = models.CharField(max_length=80, unique=True)
    idempotency_key = models.CharField(max_length=120, unique=True)
    intent = models.ForeignKey(DemoIntent, models.CASCADE, related_name="refunds")
    amount = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default="succeeded")
    metadata = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.refund_id
