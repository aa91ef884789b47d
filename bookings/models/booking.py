"""The booking, the legs of its journey, and the record of everything that happened to it."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from ferries.models import Operator, Sailing
from maritime.lib import references


class Booking(models.Model):
    """One party's journey, sold to one customer. `state` is written by `bookings.states` only."""

    class State(models.TextChoices):
        """The states; `bookings/states.py` has the table of allowed moves."""

        HELD = "held", "held"
        PAYMENT_PENDING = "payment_pending", "payment pending"
        PAID = "paid", "paid, operator is asked"
        CONFIRMED = "confirmed", "confirmed"
        CANCELLED = "cancelled", "cancelled"
        CANCELLED_BY_OPERATOR = "cancelled_by_operator", "cancelled by the operator"
        EXPIRED = "expired", "expired"

    # The opaque holder of capacity claims, and the subject of access tokens.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=references.new_reference)
    state = models.CharField(max_length=25, choices=State.choices, default=State.HELD)
    version = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="end of the hold")
    currency = models.CharField(max_length=3)
    total = models.PositiveIntegerField(help_text="minor units")
    paid = models.PositiveIntegerField(default=0, help_text="minor units received")
    refunded = models.PositiveIntegerField(default=0, help_text="minor units given back")
    group = models.CharField(max_length=30, blank=True, help_text="code of the customer group")
    offer_code = models.CharField(max_length=30, blank=True)
    needs_accessible = models.BooleanField(default=False, help_text="an accessible cabin")
    assistance_dogs = models.PositiveSmallIntegerField(default=0)
    # Help that somebody asked for on board and in port; the codes are those of `bookings.assistance`.
    assistance = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True
    )
    assistance_note = models.CharField(max_length=200, blank=True, default="", db_default="")
    contact_given_name = models.CharField(max_length=80)
    contact_surname = models.CharField(max_length=80)
    contact_email = models.EmailField()
    contact_phone = models.CharField(max_length=30, blank=True)
    # The database's own default serves releases that do not know the column yet.
    contact_language = models.CharField(
        max_length=7, default="en", db_default="en", help_text="of mails and tickets"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__lte=models.F("paid")), name="booking_refund_within_paid"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["held", "payment_pending"]),
                name="booking_open_holds",
            ),
        ]
        permissions = [("cancel_booking", "Can cancel bookings for travellers")]

    def __str__(self) -> str:
        return self.reference

    def state_at(self, now: datetime) -> str:
        """Return the state as it counts at the moment: a hold ends without any worker."""
        is_open = self.state in (self.State.HELD, self.State.PAYMENT_PENDING)
        if is_open and self.expires_at is not None and self.expires_at <= now:
            return self.State.EXPIRED
        return self.state


class JourneyLeg(models.Model):
    """One crossing of the journey: where, when, on what, as it was sold.

    A remote operator's sailing lives in the operator's system, so the facts are copied here and
    `sailing` is empty. `operator_ref` is the operator's own code, which ports ask for.
    """

    class OperatorState(models.TextChoices):
        """What the operator's system has been told and has answered."""

        HELD = "held", "held"
        CONFIRMED = "confirmed", "confirmed"
        REFUSED = "refused", "refused"
        CANCELLED = "cancelled", "cancelled"

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="legs")
    position = models.PositiveSmallIntegerField()
    operator = models.ForeignKey(Operator, models.PROTECT, related_name="+")
    sailing = models.ForeignKey(
        Sailing, models.PROTECT, null=True, blank=True, related_name="journey_legs"
    )
    offer_id = models.CharField(max_length=120)
    sailing_ref = models.CharField(max_length=60, help_text="public id of the sailing")
    vessel = models.CharField(max_length=100)
    origin = models.CharField(max_length=40)
    origin_name = models.CharField(max_length=100)
    origin_zone = models.CharField(max_length=50)
    destination = models.CharField(max_length=40)
    destination_name = models.CharField(max_length=100)
    destination_zone = models.CharField(max_length=50)
    departs_at = models.DateTimeField()
    arrives_at = models.DateTimeField()
    sold_departs_at = models.DateTimeField(
        null=True, blank=True, help_text="before the first amendment; empty: never moved"
    )
    timetable_note = models.CharField(max_length=200, blank=True)
    # A copy of the conditions, as `ferries.conditions.Terms.as_json` writes them.
    conditions = models.JSONField(default=dict)
    family = models.CharField(max_length=20, blank=True, help_text="code of the fare family")
    family_name = models.CharField(max_length=50, blank=True)
    # Codes of accommodation types, one for each unit: the items a0, a1 ...
    accommodation = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    check_in_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="check-in closes before departure; 0: no check-in"
    )
    operator_state = models.CharField(
        max_length=10, choices=OperatorState.choices, default=OperatorState.HELD
    )
    operator_ref = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="journey_leg_once"),
        ]

    def __str__(self) -> str:
        names = {"origin": self.origin_name, "destination": self.destination_name}
        return _("%(origin)s to %(destination)s") % names

    @property
    def reference(self) -> str:
        """Return the name under which the operator knows this leg; needs `booking` loaded."""
        return f"{self.booking.reference}-{self.position + 1}"

    @property
    def sectors(self) -> range:
        """Return the sectors that one of our own legs takes; its offer's id names its calls."""
        start, _, end = self.offer_id.split("~")[2].partition("-")
        return range(int(start), int(end))

    @property
    def check_in_closes_at(self) -> datetime | None:
        """Return when check-in closes; None where the operator has none."""
        if not self.check_in_minutes:
            return None
        return self.departs_at - timedelta(minutes=self.check_in_minutes)

    @property
    def is_local(self) -> bool:
        """Tell whether the space is ours; needs `operator` loaded."""
        return self.operator.adapter == Operator.Adapter.LOCAL


class Amendment(models.Model):
    """A change of a confirmed booking, from its request until it is paid for and applied.

    While payment is outstanding the new space is claimed under `holder` and the booking stays as
    it is; only when the money is there does the new take the place of the old.
    """

    class State(models.TextChoices):
        """Moves forward only."""

        AWAITING_PAYMENT = "awaiting_payment", "payment outstanding"
        APPLIED = "applied", "applied"
        EXPIRED = "expired", "not paid in time"
        WITHDRAWN = "withdrawn", "withdrawn"

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="amendments")
    state = models.CharField(max_length=20, choices=State.choices)
    holder = models.UUIDField(default=uuid.uuid4, help_text="of the claims on the new space")
    change = models.JSONField(help_text="what is asked for, and the lines before and after")
    difference = models.IntegerField(help_text="minor units, new price less old")
    fee = models.PositiveIntegerField(default=0, help_text="minor units")
    expires_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state="awaiting_payment"),
                name="one_outstanding_amendment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking.reference}: {self.state}"


class Disruption(models.Model):
    """Something that the operator changed under a sold leg; staff settle it with the traveller."""

    class Kind(models.TextChoices):
        """What happened."""

        VESSEL_CHANGE = "vessel_change", "another ship on which not everything fits"

    leg = models.ForeignKey(JourneyLeg, models.CASCADE, related_name="disruptions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    items = ArrayField(models.CharField(max_length=10), help_text="p0, v0, a0 ...")
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.items)}"


class BookingEvent(models.Model):
    """Append-only: who moved the booking from which state to which, when and why."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="events")
    name = models.CharField(max_length=50)
    from_state = models.CharField(max_length=25, blank=True)
    to_state = models.CharField(max_length=25)
    actor = models.CharField(max_length=100, help_text="customer, system, stripe or staff:<id>")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
