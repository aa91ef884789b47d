"""Prices and conditions."""

from django.db import models

from ferries.models.network import Operator, Route


class Tariff(models.Model):
    """The prices of one route for travel in a period; the end is included."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="tariffs")
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    valid_until = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["route", "name"], name="tariff_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.route}"


class FareRule(models.Model):
    """One line of a tariff: whom or what it applies to, and the amount in minor units.

    Bands include their minimum and exclude their maximum; an empty maximum has no end. A vehicle
    is measured with its trailer. `per_started_cm` makes the amount repeat for each started
    stretch of that length beyond `min_length_cm`, on top of the longest plain band.
    """

    class Kind(models.TextChoices):
        """What a line prices."""

        PASSENGER = "passenger", "passenger"
        VEHICLE = "vehicle", "vehicle"

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="rules")
    code = models.CharField(max_length=40, help_text="the operator's own number of the line")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    category = models.CharField(
        max_length=20, help_text="adult, child, infant; car, van, motorhome, motorcycle, bicycle"
    )
    label = models.CharField(max_length=120)
    amount = models.PositiveIntegerField(help_text="minor units")
    min_length_cm = models.PositiveIntegerField(default=0)
    max_length_cm = models.PositiveIntegerField(null=True, blank=True)
    min_height_cm = models.PositiveIntegerField(default=0)
    max_height_cm = models.PositiveIntegerField(null=True, blank=True)
    per_started_cm = models.PositiveIntegerField(null=True, blank=True)
    includes_driver = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "code", "category"], name="fare_rule_once"),
        ]

    def __str__(self) -> str:
        return self.label


class ConditionBand(models.Model):
    """What a cancellation costs so many hours before the leg's departure.

    Includes `from_hours`, excludes `to_hours`; an empty `to_hours` means "or earlier". The charge
    is a percentage of the item's price. Snapshotted into each booking.
    """

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="condition_bands")
    code = models.SlugField(max_length=40)
    from_hours = models.PositiveIntegerField()
    to_hours = models.PositiveIntegerField(null=True, blank=True)
    charge_percent = models.PositiveSmallIntegerField()
    sentence = models.CharField(max_length=200, help_text="shown to the traveller")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="condition_band_once"),
            models.CheckConstraint(
                condition=models.Q(charge_percent__lte=100), name="condition_charge_at_most_all"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence
