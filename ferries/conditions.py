"""What a cancellation costs, by the time left before departure. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maritime.lib import money

HOUR = timedelta(hours=1)
DEPARTED_SENTENCE = "The sailing has departed; nothing is refunded."
NO_CONDITIONS_SENTENCE = "The fare allows no refund."


@dataclass(frozen=True)
class Band:
    """One band of an operator's conditions, as the table `ConditionBand` has it.

    Includes `from_hours`, excludes `to_hours`; no `to_hours` means "or earlier".
    """

    code: str
    from_hours: int
    to_hours: int | None
    charge_percent: int
    sentence: str

    def spans(self, left: timedelta) -> bool:
        """Tell whether so much time before departure falls into the band."""
        return left >= self.from_hours * HOUR and (
            self.to_hours is None or left < self.to_hours * HOUR
        )


@dataclass(frozen=True)
class Charge:
    """What is kept of an amount and what goes back, with the band that says so.

    `hours` are the whole hours left before departure; amounts are minor units of one currency.
    """

    band: str
    hours: int
    base: int
    charge: int
    refund: int
    sentence: str


def charge(bands: Sequence[Band], *, base: int, departs_at: datetime, now: datetime) -> Charge:
    """Return what cancelling an item of the price `base` costs now.

    The hours are absolute: a night when clocks change has no effect. From departure on everything
    is kept (band "departed"), and so it is where no band says otherwise ("no_conditions").
    """
    left = departs_at - now
    if left <= timedelta(0):
        return Charge("departed", 0, base, base, 0, DEPARTED_SENTENCE)
    hours = left // HOUR
    band = next((band for band in bands if band.spans(left)), None)
    if band is None:
        return Charge("no_conditions", hours, base, base, 0, NO_CONDITIONS_SENTENCE)
    kept = money.percent(base, band.charge_percent)
    return Charge(band.code, hours, base, kept, base - kept, band.sentence)
