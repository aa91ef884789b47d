"""Ships and the ways in which they are fitted out."""

from django.db import models

from ferries.models.network import Operator


class Vessel(models.Model):
    """A ship."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="vessels")
    name = models.CharField(max_length=100)
    imo = models.CharField("IMO number", max_length=7, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "name"], name="vessel_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class VesselConfiguration(models.Model):
    """One fit-out of a vessel: what its certificate and its decks admit."""

    vessel = models.ForeignKey(Vessel, models.CASCADE, related_name="configurations")
    name = models.CharField(max_length=50, default="standard")
    certified_persons = models.PositiveIntegerField(help_text="every human counts, infants too")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vessel", "name"], name="configuration_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.vessel} ({self.name})"


class DeckArea(models.Model):
    """A part of a vehicle deck with one clear height; its capacity is length of lanes."""

    configuration = models.ForeignKey(
        VesselConfiguration, models.CASCADE, related_name="deck_areas"
    )
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=50)
    lane_cm = models.PositiveIntegerField("lane centimetres")
    clear_height_cm = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["configuration", "code"], name="deck_area_once"),
        ]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.name}"
