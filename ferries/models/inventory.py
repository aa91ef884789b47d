"""What a sailing can carry, and what has been taken of it.

Written by `ferries.inventory`, `ferries.exchange` and the operations that keep shares and change ships.
"""

from django.db import models
from django.db.models import F, Q

from ferries.models.groups import Allotment
from ferries.models.sailings import Sailing

PERSONS = "persons"
FOOT = "foot"


def deck_resource(area_code: str) -> str:
    """Return the resource name of a deck area; its unit is lane centimetres, or places."""
    return f"deck:{area_code}"


def weight_resource(area_code: str) -> str:
    """Return the resource name of a deck area's load; its unit is kilogrammes."""
    return f"weight:{area_code}"


def plug_resource(area_code: str) -> str:
    """Return the resource name of a deck area's charging plugs."""
    return f"plugs:{area_code}"


def accommodation_resource(type_code: str) -> str:
    """Return the resource name of an accommodation type; its unit is cabins, berths or seats."""
    return f"acc:{type_code}"


def pet_resource(kind: str) -> str:
    """Return the resource name of places for pets."""
    return f"pet:{kind}"


class CapacityPool(models.Model):
    """One resource on one sector, or the part of it that is kept for a customer group.

    `authorised` is what may be sold, `physical` what the certificate or the steel admits. An
    allotment's share stands in a row of its own, so that it is guarded like everything else: the
    group takes from it first, everybody else only after its release.
    """

    sailing = models.ForeignKey(Sailing, models.CASCADE, related_name="pools")
    sector = models.PositiveSmallIntegerField()
    resource = models.CharField(max_length=40)
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, null=True, blank=True, related_name="pools"
    )
    physical = models.PositiveIntegerField()
    authorised = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sailing", "sector", "resource", "allotment"],
                nulls_distinct=False,
                name="capacity_pool_once",
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
    is the sum of its held and confirmed claims; `held` ones past `expires_at` are reaped by
    whoever needs the space. A `displaced` claim lost its space to a change of ship: it takes
    nothing any more and stays on record until its holder is served otherwise.
    """

    class State(models.TextChoices):
        """The life of a claim."""

        HELD = "held", "held"
        CONFIRMED = "confirmed", "confirmed"
        RELEASED = "released", "released"
        DISPLACED = "displaced", "displaced by a change of ship"

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
