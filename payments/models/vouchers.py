"""Money of a cancelled booking that buys another one."""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from bookings.models import Booking
from maritime.lib import references

VOUCHER_CODE_LENGTH = 12


def new_voucher_code() -> str:
    """Return a random code of letters that people can read out (25^12: about 55 bits)."""
    return "".join(secrets.choice(references.ALPHABET) for _ in range(VOUCHER_CODE_LENGTH))


class Voucher(models.Model):
    """Money of a cancelled booking that buys another one; never paid out.

    `used` goes up when it pays a booking, and down when that booking gives money back.
    """

    code = models.CharField(max_length=20, unique=True, default=new_voucher_code)
    booking = models.ForeignKey(
        Booking, models.PROTECT, related_name="vouchers", help_text="whose cancellation issued it"
    )
    currency = models.CharField(max_length=3)
    amount = models.PositiveIntegerField(help_text="minor units")
    used = models.PositiveIntegerField(default=0, help_text="minor units spent")
    # Demo money must not turn into real travel on the day that real keys are set.
    is_demo = models.BooleanField(default=False, help_text="no money stands behind it")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    # One cancellation issues at most one voucher.
    request_key = models.CharField(max_length=100, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0) & Q(used__lte=F("amount")), name="voucher_used_within"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="voucher_is_positive"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def left(self) -> int:
        """Return what it can still pay, in minor units."""
        return self.amount - self.used

    def is_expired(self, now: datetime) -> bool:
        """Tell whether its time is over; the moment itself is too late."""
        return self.expires_at <= now
