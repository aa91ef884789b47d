"""Money in: attempts to collect the price of a booking."""

import uuid

from django.db import models
from django.db.models import F, Q

from bookings.models import Booking
from payments.models.vouchers import Voucher


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
    charged_back = models.PositiveIntegerField(
        default=0, help_text="minor units that a lost dispute took away"
    )
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
    problem = models.CharField(
        max_length=100, blank=True, help_text="in what a quarantined payment differs"
    )
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="the provider was last asked then"
    )
    # Late and double money is captured too, and goes straight back: it never paid the booking.
    counted = models.BooleanField(default=False, help_text="part of what the booking has paid")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["open", "processing", "quarantined"]),
                name="payment_without_end",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state__in=["open", "processing"]),
                name="one_open_payment_per_booking",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=F("refunded") + F("charged_back")),
                name="refunds_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(gateway="voucher", voucher__isnull=False)
                | (~Q(gateway="voucher") & Q(voucher__isnull=True)),
                name="voucher_payment_names_voucher",
            ),
        ]
        permissions = [("refund_payment", "Can refund payments")]

    def __str__(self) -> str:
        return f"{self.booking.reference}, {self.get_state_display()}"

    @property
    def left(self) -> int:
        """Return what can still be given back, in minor units."""
        return self.captured - self.refunded - self.charged_back
