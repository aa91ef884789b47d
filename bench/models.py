"""Tables of the bare cases: the least that a hold, a payment and an intake of events can write."""

from django.db import models
from django.db.models import F, Q


class Bare(models.Model):
    """A row that is shown by its key."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class Event(Bare):
    """One accepted webhook event."""

    id = models.TextField(primary_key=True)
    body = models.TextField()


class HotRow(Bare):
    """The one row that every raw writer wants."""

    authorised = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(used__lte=F("authorised")), name="hot_row_within"),
        ]


class Booking(Bare):
    """A booking with nothing but a name, a state and a price."""

    sailing = models.ForeignKey(HotRow, models.PROTECT)
    reference = models.CharField(max_length=12, unique=True)
    state = models.CharField(max_length=20, default="held")
    total = models.PositiveIntegerField()
    email = models.EmailField()
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Passenger(Bare):
    """One traveller of a bare booking."""

    booking = models.ForeignKey(Booking, models.CASCADE)
    given_name = models.CharField(max_length=80)
    surname = models.CharField(max_length=80)


class Payment(Bare):
    """What was received for a bare booking."""

    booking = models.ForeignKey(Booking, models.PROTECT)
    amount = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)


class Outbox(Bare):
    """A message to send after the commit."""

    booking = models.ForeignKey(Booking, models.CASCADE)
    kind = models.CharField(max_length=20)
    sent = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
