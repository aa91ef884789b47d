"""How a traveller wants the list of offers: sorted and filtered by parameters of the address. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ferries.offers import Offer
from maritime.lib import clock

SORTS: dict[str, Promise] = {
    "departure": gettext_lazy("Departure, earliest first"),
    "price": gettext_lazy("Price, lowest first"),
    "duration": gettext_lazy("Crossing time, shortest first"),
}
# First hour and the hour after the last, on the clocks of the port of departure.
TIMES: dict[str, tuple[Promise, int, int]] = {
    "morning": (gettext_lazy("Morning, until 12:00"), 0, 12),
    "afternoon": (gettext_lazy("Afternoon, 12:00 to 18:00"), 12, 18),
    "evening": (gettext_lazy("Evening, from 18:00"), 18, 24),
}
NAMES = ("sort", "operator", "time", "fits")


def _by_departure(offer: Offer) -> Any:
    return (offer.departs_at, offer.id)


def _by_price(offer: Offer) -> Any:
    # What cannot be booked has no price that matters; currencies are not compared with each other.
    return (not offer.bookable, offer.currency, offer.amount, offer.departs_at)


def _by_duration(offer: Offer) -> Any:
    return (offer.arrives_at - offer.departs_at, offer.departs_at)


KEYS: dict[str, Callable[[Offer], Any]] = {
    "departure": _by_departure,
    "price": _by_price,
    "duration": _by_duration,
}


@dataclass(frozen=True)
class Wishes:
    """Order and filters; what the address does not say, or says wrongly, is the default."""

    sort: str = "departure"
    operator: str = ""
    time: str = ""
    fits: bool = False

    @property
    def as_query(self) -> dict[str, str]:
        """Return the parameters that differ from the default."""
        fields = {
            "sort": self.sort if self.sort != "departure" else "",
            "operator": self.operator,
            "time": self.time,
            "fits": "on" if self.fits else "",
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def filters(self) -> bool:
        """Tell whether some offers may be left out."""
        return bool(self.operator or self.time or self.fits)

    def arrange(self, offers: Sequence[Offer]) -> list[Offer]:
        """Return the offers that pass the filters, in the order wished."""
        return sorted((offer for offer in offers if self._passes(offer)), key=KEYS[self.sort])

    def _passes(self, offer: Offer) -> bool:
        if self.operator and offer.operator != self.operator:
            return False
        if self.fits and not offer.bookable:
            return False
        if not self.time:
            return True
        _, first, end = TIMES[self.time]
        return first <= clock.local(offer.departs_at, offer.origin_zone).hour < end


def read_wishes(query: Mapping[str, str]) -> Wishes:
    """Return the wishes of an address; unknown values count as not given."""
    sort, time = query.get("sort", ""), query.get("time", "")
    return Wishes(
        sort=sort if sort in SORTS else "departure",
        operator=query.get("operator", "")[:20],
        time=time if time in TIMES else "",
        fits=bool(query.get("fits")),
    )
