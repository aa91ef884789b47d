"""Payments that a cardholder's bank takes back or wants to take back."""

from django.db import models
from django.db.models import Q

from payments.models.payment import Payment


class Dispute(models.Model):
    """One dispute as the provider tells of it; while it is open, nothing is refunded.

    An inquiry is one that has not begun: the bank only asks, and a refund may still end it.
    """

    class State(models.TextChoices):
        """Stripe's own statuses (https://docs.stripe.com/api/disputes/object)."""

        WARNING_NEEDS_RESPONSE = "warning_needs_response", "inquiry, needs a response"
        WARNING_UNDER_REVIEW = "warning_under_review", "inquiry, under review"
        WARNING_CLOSED = "warning_closed", "inquiry, closed"
        NEEDS_RESPONSE = "needs_response", "needs a response"
        UNDER_REVIEW = "under_review", "under review"
        WON = "won", "won"
        LOST = "lost", "lost"
        PREVENTED = "prevented", "prevented"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=30, choices=State.choices)
    amount = models.PositiveIntegerField(help_text="minor units")
    withdrawn = models.PositiveIntegerField(
        default=0, help_text="minor units that the provider holds back at present"
    )
    refundable = models.BooleanField(
        default=False, db_default=False, help_text="an inquiry whose payment may be refunded"
    )
    reason = models.CharField(max_length=60, blank=True, help_text="the bank's code")
    due_by = models.DateTimeField(null=True, blank=True, help_text="evidence must be there by then")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(help_text="the provider was last asked then")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id}, {self.get_state_display()}"
