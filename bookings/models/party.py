"""Who and what travels in a booking."""

from django.db import models

from bookings.models.booking import Booking
from bookings.persons import GENDERS


class Passenger(models.Model):
    """A traveller; every category counts as a person on board."""

    class Category(models.TextChoices):
        """Age groups; the operator's tariff sets the bounds."""

        ADULT = "adult", "adult"
        CHILD = "child", "child"
        INFANT = "infant", "infant"

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="passengers")
    position = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=10, choices=Category.choices)
    given_name = models.CharField(max_length=80)
    surname = models.CharField(max_length=80)
    age = models.PositiveSmallIntegerField(null=True, blank=True)
    # For the list of persons on board only, and erased after the voyage; see `bookings.persons`.
    # NULL in all three alike: not asked, not told, or erased.
    gender = models.CharField(  # noqa: DJ001
        max_length=1, choices=list(GENDERS.items()), null=True, blank=True
    )
    nationality = models.CharField(  # noqa: DJ001
        max_length=2, null=True, blank=True, help_text="ISO 3166-1 alpha-2"
    )
    birth_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="passenger_once"),
        ]
        permissions = [("view_persons_list", "Can read the lists of persons on board")]

    def __str__(self) -> str:
        return f"{self.given_name} {self.surname}"

    @property
    def item(self) -> str:
        """Return the name that price lines and claims use: p0, p1 ..."""
        return f"p{self.position}"


class Vehicle(models.Model):
    """A vehicle with its trailer; lengths and height in cm."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="vehicles")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    length_cm = models.PositiveIntegerField()
    height_cm = models.PositiveIntegerField()
    trailer_length_cm = models.PositiveIntegerField(default=0)
    width_cm = models.PositiveIntegerField(default=0, help_text="0: not stated")
    weight_kg = models.PositiveIntegerField(default=0, help_text="with trailer; 0: not stated")
    charges = models.BooleanField(default=False, help_text="needs a charging plug on board")
    registration = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="vehicle_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.registration}".strip()

    @property
    def item(self) -> str:
        """Return the name that price lines and claims use: v0."""
        return f"v{self.position}"


class Pet(models.Model):
    """An animal that travels with the party; assistance dogs are not pets."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="pets")
    position = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=10, help_text="kennel, cabin, vehicle or deck")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="pet_once"),
        ]

    def __str__(self) -> str:
        return f"pet ({self.place})"

    @property
    def item(self) -> str:
        """Return the name that price lines and claims use: x0, x1 ..."""
        return f"x{self.position}"
