"""What a route costs from: the lowest fares of its tariffs, whatever is left on board."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ferries import network
from ferries.day_strip import Lowest
from ferries.discovery.months import Departure
from ferries.fitting import Fitting
from ferries.network import Pair
from ferries.party import TYPICAL_SIZES, Party, VehicleSize
from ferries.till import Till

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

MANY = 99


def _with(kind: str) -> Party:
    length_cm, height_cm = TYPICAL_SIZES[kind]
    return Party(vehicle=VehicleSize(kind, length_cm, height_cm))


ADULT = Party()
PARTIES: tuple[tuple["Promise", Party], ...] = (
    (_("Adult on foot"), ADULT),
    (_("Child"), Party(adults=0, children=1)),
    (_("Bicycle with its rider"), _with("bicycle")),
    (_("Motorcycle with its rider"), _with("motorcycle")),
    (_("Car with its driver"), _with("car")),
    (_("Motorhome with its driver"), _with("motorhome")),
)


class Fares:
    """The lowest fares of a port pair; each is worked out once for all days of one tariff."""

    def __init__(self, pair: Pair, fittings: Mapping[int, Fitting], *, now: datetime) -> None:
        """Take the fittings of the ships on which everybody needs a place, by configuration."""
        self._pair, self._fittings, self._now = pair, fittings, now
        self._sellers = {seller.code: seller for seller in pair.local}
        self._known: dict[tuple[object, ...], Lowest | None] = {}

    def lowest(self, departure: Departure, party: Party = ADULT) -> Lowest | None:
        """Return the least that the party pays on a departure; None where it cannot travel."""
        seller = self._sellers.get(departure.operator)
        if seller is None:
            return None
        tariffs = network.tariffs_on(seller.tariffs, departure.day, self._now.date())
        ship = departure.configuration if departure.accommodation_required else None
        key = (seller.pk, *(id(tariff) for tariff in tariffs), ship, party)
        if key not in self._known:
            till = Till(seller, self._pair, day=departure.day, party=party, now=self._now)
            self._known[key] = self._work_out(till, ship)
        return self._known[key]

    def lowest_of(self, departures: Iterable[Departure], party: Party = ADULT) -> Lowest | None:
        """Return the least of several departures; None if none has a price, or in two currencies."""
        found = [lowest for each in departures if (lowest := self.lowest(each, party))]
        if len({each.currency for each in found}) != 1:
            return None
        return min(found, key=lambda each: each.amount or 0)

    def _work_out(self, till: Till, ship: int | None) -> Lowest | None:
        accommodation: tuple[str, ...] = ()
        if ship is not None:
            fitting = self._fittings[ship]
            plenty = {f"acc:{facts.code}": MANY for facts in fitting.accommodation}
            accommodation = till.cheapest(fitting, plenty)
            if not accommodation:
                return None
        prices = [price for price in till.prices(accommodation) if not price.refusals]
        if not prices:
            return None
        price = min(prices, key=lambda each: each.amount)
        return Lowest(price.amount, price.currency)
