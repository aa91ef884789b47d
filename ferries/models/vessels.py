"""Ships and the ways in which they are fitted out."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

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
    """One fit-out of a vessel: what its certificate, its decks and its cabins admit.

    A ship has several: summer and winter, hoistable deck up and down. The periods inform staff
    and the schedule tool; a sailing names the configuration it sails with.
    """

    vessel = models.ForeignKey(Vessel, models.CASCADE, related_name="configurations")
    name = models.CharField(max_length=50, default="standard")
    valid_from = models.DateField(null=True, blank=True, help_text="first day of the season")
    valid_until = models.DateField(null=True, blank=True, help_text="last day of the season")
    certified_persons = models.PositiveIntegerField(help_text="every human counts, infants too")
    lsa_persons = models.PositiveIntegerField(
        "places in life-saving appliances",
        null=True,
        blank=True,
        help_text="for passengers and crew together; empty: not the binding limit",
    )
    crew = models.PositiveIntegerField(default=0, help_text="taken off the life-saving places")
    foot_persons = models.PositiveIntegerField(
        "foot passengers", null=True, blank=True, help_text="empty: no lower limit for them"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vessel", "name"], name="configuration_name_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lte=F("valid_until")),
                name="configuration_season_in_order",
                violation_error_message="The season ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(lsa_persons=None) | Q(lsa_persons__gte=F("crew")),
                name="configuration_lsa_carries_the_crew",
                violation_error_message="The life-saving places do not even carry the crew.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vessel} ({self.name})"

    @property
    def persons(self) -> int:
        """Return how many travellers may be sold: the lower of certificate and life-saving."""
        if self.lsa_persons is None:
            return self.certified_persons
        return min(self.certified_persons, self.lsa_persons - self.crew)


class DeckArea(models.Model):
    """A part of a vehicle deck with one clear height; its capacity is length of lanes.

    A bay for motorcycles and bicycles counts places instead: then `places` is set and `lane_cm`
    is 0. Limits of 0 and an empty list of classes mean "no limit".
    """

    configuration = models.ForeignKey(
        VesselConfiguration, models.CASCADE, related_name="deck_areas"
    )
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=50)
    lane_cm = models.PositiveIntegerField("lane centimetres", default=0)
    places = models.PositiveIntegerField(null=True, blank=True, help_text="of a bay; else empty")
    clear_height_cm = models.PositiveIntegerField()
    lane_width_cm = models.PositiveIntegerField(
        default=0, help_text="a wider vehicle takes two lanes or more; 0: it never does"
    )
    max_width_cm = models.PositiveIntegerField(default=0)
    max_vehicle_kg = models.PositiveIntegerField(default=0, help_text="with trailer")
    total_kg = models.PositiveIntegerField(default=0, help_text="all vehicles together")
    plugs = models.PositiveIntegerField("charging plugs", default=0)
    admits = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="car, van, motorhome, motorcycle, bicycle; empty: all",
    )
    fill_order = models.PositiveSmallIntegerField(
        default=0, help_text="lower fills first; equal ones from the lowest clear height up"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["configuration", "code"], name="deck_area_once"),
            models.CheckConstraint(
                condition=Q(places=None) | Q(lane_cm=0),
                name="deck_area_counts_lanes_or_places",
                violation_error_message="An area counts lane length or places, not both.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.name}"


class AccommodationType(models.Model):
    """Cabins, berths, reserved seats or lounge places of one kind; sold by the unit.

    A unit is a whole cabin, one berth, one seat or one lounge place. Accessible ones are sold
    only to parties that need them.
    """

    class Kind(models.TextChoices):
        """What a unit is."""

        CABIN = "cabin", "cabin"
        BERTH = "berth", "berth in a shared cabin"
        SEAT = "seat", "reserved seat"
        LOUNGE = "lounge", "lounge place"

    configuration = models.ForeignKey(
        VesselConfiguration, models.CASCADE, related_name="accommodation"
    )
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    units = models.PositiveIntegerField()
    berths = models.PositiveSmallIntegerField(default=1, help_text="beds or seats in a unit")
    min_occupancy = models.PositiveSmallIntegerField(default=1)
    max_occupancy = models.PositiveSmallIntegerField(default=1)
    infants_ok = models.BooleanField("infants allowed", default=True)
    accessible = models.BooleanField(default=False)
    pets_ok = models.BooleanField("pets allowed", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "code"], name="accommodation_type_once"
            ),
            models.CheckConstraint(
                condition=Q(min_occupancy__lte=F("max_occupancy")),
                name="accommodation_occupancy_in_order",
                violation_error_message="The least occupancy is above the greatest.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.name}"


class PetSpace(models.Model):
    """Places for pets that are neither in a cabin nor in a vehicle."""

    class Kind(models.TextChoices):
        """Where the pet travels."""

        KENNEL = "kennel", "kennel"
        DECK = "deck", "on deck"

    configuration = models.ForeignKey(
        VesselConfiguration, models.CASCADE, related_name="pet_spaces"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    places = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["configuration", "kind"], name="pet_space_once"),
        ]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.kind}"
