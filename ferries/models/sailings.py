"""Dated runs of ships, the calls they make and the legs that are sold."""

import uuid

from django.db import models
from django.db.models import F, Q

from ferries.fitting import Fitting
from ferries.models.network import Operator, Port
from ferries.models.vessels import VesselConfiguration


class Sailing(models.Model):
    """One dated run of one vessel configuration over ordered port calls.

    Several timetable trips that are one ship at one time are one sailing, so its car deck is
    sold once. Without a configuration (timetables name no ship) nothing can be sold.
    """

    class Status(models.TextChoices):
        """Only `on_sale` sailings are sold."""

        ON_SALE = "on_sale", "on sale"
        STOP_SALE = "stop_sale", "sale stopped"
        DEPARTED = "departed", "departed"
        CANCELLED = "cancelled", "cancelled"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="sailings")
    configuration = models.ForeignKey(
        VesselConfiguration, models.PROTECT, null=True, blank=True, related_name="sailings"
    )
    service_date = models.DateField(help_text="the timetable's day; may end after midnight")
    source_ref = models.CharField(max_length=200, help_text="the timetable's own name of the run")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ON_SALE)
    departs_at = models.DateTimeField(help_text="from the first call")
    arrives_at = models.DateTimeField(help_text="at the last call")
    timetable_hash = models.CharField(max_length=32, blank=True)
    sale_opens_at = models.DateTimeField(null=True, blank=True, help_text="empty: at once")
    sale_closes_at = models.DateTimeField(
        null=True, blank=True, help_text="empty: by the operator's minutes before departure"
    )
    check_in_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="check-in closes before departure; empty: the operator's"
    )
    accommodation_required = models.BooleanField(
        default=False, help_text="every traveller needs a cabin, berth or seat"
    )
    is_demo = models.BooleanField(
        default=False, help_text="times, cabins, lengths and prices are invented"
    )
    version = models.PositiveIntegerField(default=1, help_text="counts swaps of ship")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "service_date", "source_ref"], name="sailing_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_ref} on {self.service_date}"


class PortCall(models.Model):
    """The sailing's stop at one port; the stretch to the next call is the sector `sequence`."""

    sailing = models.ForeignKey(Sailing, models.CASCADE, related_name="calls")
    sequence = models.PositiveSmallIntegerField()
    port = models.ForeignKey(Port, models.PROTECT, related_name="calls")
    arrives_at = models.DateTimeField(null=True, blank=True)
    departs_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sailing", "sequence"], name="port_call_once"),
        ]

    def __str__(self) -> str:
        return f"{self.port} ({self.sequence})"


class Leg(models.Model):
    """What a customer can buy on a sailing: from one call to a later one.

    A row exists only for pairs that the operator sells, which also keeps local-traffic bans.
    It takes the sectors `from_sequence` up to, not including, `to_sequence`.
    """

    sailing = models.ForeignKey(Sailing, models.CASCADE, related_name="legs")
    from_sequence = models.PositiveSmallIntegerField()
    to_sequence = models.PositiveSmallIntegerField()
    origin = models.ForeignKey(Port, models.PROTECT, related_name="legs_from")
    destination = models.ForeignKey(Port, models.PROTECT, related_name="legs_to")
    departs_at = models.DateTimeField()
    arrives_at = models.DateTimeField()
    # Not a column: how the ship is fitted out; legs that `ferries.live` read have it.
    fitting: Fitting

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sailing", "from_sequence", "to_sequence"], name="leg_once"
            ),
            models.CheckConstraint(
                condition=Q(from_sequence__lt=F("to_sequence")), name="leg_goes_forward"
            ),
        ]
        indexes = [
            # The search: one port pair on one day. Flat from 10 thousand to 10 million rows.
            models.Index(fields=["origin", "destination", "departs_at"], name="leg_search"),
        ]

    def __str__(self) -> str:
        return f"{self.origin} to {self.destination}"

    @property
    def sectors(self) -> range:
        """Return the sector numbers that the leg crosses."""
        return range(self.from_sequence, self.to_sequence)
