"""Priced lines of a booking, and the tickets issued for them."""

import uuid

from django.db import models
from django.db.models import Q

from bookings.labels import told_label
from bookings.models.booking import Booking, JourneyLeg
from bookings.models.party import Passenger, Vehicle


class OrderItem(models.Model):
    """One priced line, a snapshot: later tariff edits never change it.

    A booking's total is the sum of its lines that are not cancelled. Discounts are negative; what
    a cancellation or an amendment costs is a line of kind `fee`.
    """

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="items")
    leg = models.ForeignKey(JourneyLeg, models.CASCADE, related_name="items")
    item = models.CharField(max_length=10, help_text="p0, v0, t0, a0, x0 ...; b0: the leg")
    kind = models.CharField(max_length=20)
    label = models.CharField(max_length=150)
    amount = models.IntegerField(help_text="minor units, VAT included")
    vat = models.IntegerField(default=0, help_text="minor units, contained in the amount")
    vat_bp = models.PositiveIntegerField(default=0, help_text="hundredths of a percent")
    rule = models.CharField(max_length=60, help_text="the fare rule that made the amount")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label

    @property
    def told(self) -> str:
        """Return the label in the reader's language, as far as it is ours and not the operator's."""
        return told_label(self.label)


class Ticket(models.Model):
    """The right of one traveller or one vehicle to travel on one leg."""

    serial = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    leg = models.ForeignKey(JourneyLeg, models.CASCADE, related_name="tickets")
    passenger = models.ForeignKey(
        Passenger, models.CASCADE, null=True, blank=True, related_name="tickets"
    )
    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, null=True, blank=True, related_name="tickets"
    )
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(passenger__isnull=False, vehicle__isnull=True)
                | Q(passenger__isnull=True, vehicle__isnull=False),
                name="ticket_for_one",
            ),
            models.UniqueConstraint(
                fields=["leg", "passenger"],
                condition=Q(voided_at=None, passenger__isnull=False),
                name="passenger_ticket_once",
            ),
            models.UniqueConstraint(
                fields=["leg", "vehicle"],
                condition=Q(voided_at=None, vehicle__isnull=False),
                name="vehicle_ticket_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.serial)
