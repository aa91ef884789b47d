"""Reasons that set the conditions aside: what is not used goes back in full."""

from datetime import datetime

from django.db import models

from bookings.errors import InvalidOverrule
from bookings.models import Booking
from bookings.operations.cancel_quote import Cancellation, free_of_charge
from bookings.operations.cancel_selection import choose_everything


class Overrule(models.TextChoices):
    """Codes that staff give; they stand in the booking's event for the auditor."""

    OPERATOR_CANCELLED = "operator_cancelled", "the ferry company cancelled the sailing"
    DELAY = "delay", "delay of more than 90 minutes"
    STAFF_ERROR = "staff_error", "an error of our staff"
    DEATH = "death", "death of a traveller or relative"
    STRIKE = "strike", "strike"


# The journey has lost its purpose, so what was used goes back too (Regulation (EU) 1177/2010,
# art. 18).
GIVES_ALL_BACK = frozenset({Overrule.OPERATOR_CANCELLED, Overrule.DELAY})


def work_out_in_full(booking: Booking, *, overrule: str, now: datetime) -> Cancellation:
    """Return the cancellation that gives back what is not used, under one of the codes.

    Not used are the crossings to come; when the operator is the cause, everything that we still
    have goes back, fees and departed crossings too. An unpaid booking gives nothing back. Raises
    InvalidOverrule, and NotCancellable when there is nothing to cancel.
    """
    if overrule not in Overrule.values:
        raise InvalidOverrule(overrule=overrule[:30])
    code = Overrule(overrule)
    after = None if code in GIVES_ALL_BACK else now
    chosen = choose_everything(booking, after=after)
    sentence = f"Given back in full: {code.label}."
    return free_of_charge(booking, chosen, rule=f"overrule:{code}", sentence=sentence)
