"""What the provider told us."""

from datetime import datetime, timedelta

from django.db import models

KEPT = timedelta(days=90)


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
    # Charges, refunds and disputes name it too, so a payment finds all that was told of it.
    intent_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    livemode = models.BooleanField(default=False)
    api_version = models.CharField(max_length=40, blank=True)
    created = models.DateTimeField(null=True, blank=True, help_text="by the provider's clock")
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    note = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["object_id"], name="event_by_object"),
            models.Index(fields=["intent_id"], name="event_by_intent"),
            models.Index(
                fields=["received_at"],
                condition=models.Q(state__in=["received", "failed"]),
                name="event_not_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @classmethod
    def purgeable(cls, now: datetime) -> models.QuerySet["WebhookEvent"]:
        """Return the settled events whose time is over.

        Their text names customers. The provider repeats an event for three days at most, and what it
        caused stands in payments, refunds and the ledger.
        """
        settled = cls.objects.filter(state__in=[cls.State.DONE, cls.State.IGNORED])
        return settled.filter(received_at__lt=now - KEPT)
