"""What a sailing can carry, and what has been taken of it. Written by `ferries.inventory` only."""

from django.db import models
from django.db.models import F, Q

from ferries.models.sailings import Sailing

PERSONS = "persons"


def deck_resource(area_code: str) -> str:
    """Return the resource name of a deck area; its unit is lane centimetres."""
    return f"deck:{area_code}"


class CapacityPool(models.Model):
    """One resource on one sector: `persons`, or `deck:<area>` in lane centimetres.

    `authorised` is what may be sold, `physical` what the certificate or the steel admits.
    """

    sailing = models.ForeignKey(Sailing, models.CASCADE, related_name="pools")
    sector = models.PositiveSmallIntegerField()
    resource = models.CharField(max_length=40)
    physical = models.PositiveIntegerField()
    authorised = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sailing", "sector", "resource"], name="capacity_pool_once"
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0) & Q(used__lte=F("authorised")),
                name="capacity_pool_never_oversold",
                violation_error_message="More is sold than would be authorised.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.used}/{self.authorised}"


class CapacityClaim(models.Model):
    """What one booking item took of one pool, until when (hold) or for good.

    `holder` is opaque here: the booking's id, which this floor never looks up. A pool's `used`
    is the sum of its claims that are not released; `held` ones past `expires_at` are reaped by
    whoever needs the space.
    """

    class State(models.TextChoices):
        """The life of a claim."""

        HELD = "held", "held"
        CONFIRMED = "confirmed", "confirmed"
        RELEASED = "released", "released"

    pool = models.ForeignKey(CapacityPool, models.PROTECT, related_name="claims")
    holder = models.UUIDField()
    item = models.CharField(max_length=60, help_text="which passenger or vehicle of the holder")
    amount = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="held") | Q(expires_at__isnull=False),
                name="held_claim_expires",
            ),
        ]
        indexes = [
            models.Index(fields=["holder"], name="claim_by_holder"),
            models.Index(
                fields=["pool", "expires_at"], condition=Q(state="held"), name="claim_held"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.amount}"
