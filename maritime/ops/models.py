"""Durable jobs and remembered answers to repeated requests."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


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
    next_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    discard_reason = models.CharField(max_length=200, blank=True, db_default="")
    # Logs of the request that caused the job and of its runs are found by the same id.
    request_id = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["pending", "running"]),
                name="job_open_by_next_at",
            ),
            models.Index(
                fields=["done_at"],
                condition=Q(state__in=["done", "discarded"]),
                name="job_ended_by_done_at",
            ),
            models.Index(fields=["task"], condition=Q(state="dead"), name="job_dead_by_task"),
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


class StaffTask(models.Model):
    """Something that a person has to decide; opened by `maritime.ops.staff.open_task`.

    The text holds references and codes, never names or addresses: it is mailed to staff.
    """

    key = models.CharField(max_length=200, unique=True, help_text="one open task for each problem")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    path = models.CharField(max_length=200, blank=True, help_text="page of the admin that helps")
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["opened_at"], condition=Q(closed_at=None), name="staff_task_open"),
        ]

    def __str__(self) -> str:
        return self.title
