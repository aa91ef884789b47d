"""The demo gateway's own books: what Stripe would know."""

from django.db import models

from maritime.lib import clock


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
    refund_status = models.CharField(
        max_length=20, default="succeeded", help_text="how refunds of it end"
    )
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.intent_id


class DemoRefund(models.Model):
    """The demo gateway's own books: what Stripe would know of a Refund."""

    refund_id = models.CharField(max_length=80, unique=True)
    idempotency_key = models.CharField(max_length=120, unique=True)
    intent = models.ForeignKey(DemoIntent, models.CASCADE, related_name="refunds")
    amount = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default="succeeded")
    failure = models.CharField(max_length=60, blank=True)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.refund_id


class DemoDispute(models.Model):
    """The demo gateway's own books: what Stripe would know of a Dispute."""

    dispute_id = models.CharField(max_length=80, unique=True)
    intent = models.ForeignKey(DemoIntent, models.CASCADE, related_name="disputes")
    amount = models.PositiveIntegerField()
    status = models.CharField(max_length=30, default="needs_response")
    reason = models.CharField(max_length=60, default="fraudulent")
    due_by = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.dispute_id
