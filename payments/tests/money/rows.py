"""What a row of the scenario table says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A situation, the steps that lead into it, and what must come of it.

    Sums are minor units. Of the booking: what it has paid and got back. Of each payment: what was
    captured, is back (sent or about to be) and was lost to a bank. `mails` are those to the
    customer, `staff` the kinds of tasks left open, `dead` the number of dead letters.
    """

    situation: str
    steps: str
    booking: str
    payments: str = ""
    refunds: str = ""
    disputes: str = ""
    mails: str = ""
    staff: str = ""
    dead: int = 0
