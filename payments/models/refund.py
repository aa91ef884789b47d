"""Money on its way back."""

import uuid

from django.db import models
from django.db.models import Q

from maritime.lib.money import format_minor
from payments.models.payment import Payment
from payments.models.vouchers import Voucher


class Refund(models.Model):
    """Money on its way back. The row and its uuid exist before the provider is called.

    With `voucher`, the money stays here and became that voucher; no provider is called.
    """

    class State(models.TextChoices):
        """Moves forward only; `failed` may follow `succeeded` when a bank sends it back."""

        WAITING = "waiting", "waits for an approval or for the end of a dispute"
        REQUESTED = "requested", "requested"
        UNKNOWN = "unknown", "the provider was asked and did not answer"
        PENDING = "pending", "pending at the provider"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed; staff must look"
        CANCELED = "canceled", "canceled"

    class WaitsFor(models.TextChoices):
        """What must happen before the provider is asked."""

        NOTHING = "", "nothing"
        APPROVAL = "approval", "a second member of staff"
        DISPUTE = "dispute", "the end of a dispute"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    waits_for = models.CharField(
        max_length=10, choices=WaitsFor.choices, default=WaitsFor.NOTHING, blank=True
    )
    amount = models.PositiveIntegerField(help_text="minor units")
    # The same request (one cancellation, one staff form) opens at most one refund.
    request_key = models.CharField(max_length=100)
    reason = models.CharField(max_length=100)
    actor = models.CharField(max_length=100)
    approved_by = models.CharField(max_length=100, blank=True)
    # The life of the idempotency key at the provider counts from here.
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="the provider was first asked then"
    )
    failure = models.CharField(max_length=60, blank=True, help_text="the provider's code")
    refund_id = models.CharField(max_length=80, unique=True, null=True, blank=True)
    voucher = models.ForeignKey(
        Voucher, models.PROTECT, null=True, blank=True, related_name="refunds", help_text="issued"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["waiting", "requested", "unknown", "pending"]),
                name="refund_without_end",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["payment", "request_key"], name="refund_request_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(state="waiting") & ~Q(waits_for="")
                | ~Q(state="waiting") & Q(waits_for=""),
                name="waiting_refund_names_reason",
            ),
        ]
        permissions = [("approve_refund", "Can approve refunds of other staff")]

    def __str__(self) -> str:
        return f"{format_minor(self.amount, self.payment.currency)}, {self.told}"

    @property
    def told(self) -> str:
        """Return the state in words for staff, and what it waits for."""
        if self.waits_for:
            return f"waits for {self.get_waits_for_display()}"
        return self.get_state_display()
