"""Customer groups, and the shares of sailings that are kept for them."""

from django.db import models
from django.db.models import Q

from ferries.models.network import Operator, Route
from ferries.models.sailings import Sailing


class CustomerGroup(models.Model):
    """Residents, an agent, medical journeys, walk-up: who knows the code belongs to the group."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="groups")
    code = models.SlugField(max_length=30, help_text="what members type; lower case")
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="customer_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operator.code}: {self.name}"


class Allotment(models.Model):
    """A share of one resource of one sailing, kept for a group until its release.

    From `release_at` on it is free for all, without anything having to run. Written by
    `ferries.operations.allot`, which moves the amount out of the general pools.
    """

    sailing = models.ForeignKey(Sailing, models.CASCADE, related_name="allotments")
    group = models.ForeignKey(CustomerGroup, models.PROTECT, related_name="allotments")
    resource = models.CharField(max_length=40)
    amount = models.PositiveIntegerField(help_text="of each sector, in the resource's unit")
    release_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sailing", "group", "resource"], name="allotment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.resource} for {self.group.name}"


class AllotmentRule(models.Model):
    """A share that every new sailing of a route keeps for a group."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="allotment_rules")
    group = models.ForeignKey(CustomerGroup, models.PROTECT, related_name="rules")
    resource = models.CharField(max_length=40)
    percent = models.PositiveSmallIntegerField()
    release_hours = models.PositiveIntegerField(help_text="before departure")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["route", "group", "resource"], name="allotment_rule_once"
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="allotment_rule_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.resource} for {self.group.name}"
