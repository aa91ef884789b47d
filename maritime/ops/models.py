"""Durable jobs and remembered answers to repeated requests."""

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One effect that must not be lost: a mail, a call to Stripe or to an operator.

    The row is written in the transaction of its cause; the Celery message that runs it is only
    a hint, so a dead broker or a killed worker delays an effect and never loses it.
    """

    class State(models.TextChoices):
        """Where a job stands; `running` ends by itself when its lease is over."""

        PENDING = "pending", "pending"
        RUNNING = "running", "running"
        DONE = "done", "done"
        DEAD = "dead", "dead letter"
        DISCARDED = "discarded", "discarded by staff"

    task = models.CharField(max_length=100)
    # Ids and plain values only: a job row must never hold personal data.
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=4)
    next_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["pending", "running"]),
                name="job_open_by_next_at",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "running", "done", "dead", "discarded"]),
                name="job_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.key}"


class IdempotentRequest(models.Model):
    """The first answer to a request that carried an Idempotency-Key header."""

    scope = models.CharField(max_length=50)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    # Public identifiers only (the booking reference); answers are rendered again, never stored.
    result = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotent_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
