"""One row for each e-mail."""

import uuid

from django.db import models

from bookings.models import Booking


class Message(models.Model):
    """An e-mail of one kind about one booking; `key` is what makes it unique (a version in it).

    Address and text are built at the moment of sending and are not kept here.
    """

    class Kind(models.TextChoices):
        """The mails: five about bookings and money, two about what is going to sail."""

        BOOKING_CONFIRMATION = "booking_confirmation", "booking confirmation with tickets"
        CANCELLATION = "cancellation", "cancellation"
        PAYMENT_SUCCESS = "payment_success", "payment received"
        PAYMENT_FAILED = "payment_failed", "payment failed"
        REFUND_CONFIRMATION = "refund_confirmation", "refund on its way"
        DEPARTURE_REMINDER = "departure_reminder", "reminder before departure"
        SAILING_CHANGE = "sailing_change", "change of a sailing"

    class State(models.TextChoices):
        """`sending` is a claim: it is taken before SMTP and settled after."""

        QUEUED = "queued", "queued"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        REFUSED = "refused", "address refused by its mail server"
        WITHDRAWN = "withdrawn", "not sent, no longer true"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    key = models.CharField(max_length=100, unique=True)
    # What the mail is about, as ids and amounts: {"refund": id} or {"charge": 0, "refund": 1105}.
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    may_be_double = models.BooleanField(
        default=False, help_text="an earlier attempt ended without an answer of the mail server"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="message_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.key
