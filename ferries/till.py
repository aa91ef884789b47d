"""What a seller asks of a party on a day: worked out once for all sailings of that day. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from ferries import berths, discounts, network, pricing, refusals
from ferries.discounts import LegPrice
from ferries.errors import NoFare
from ferries.fitting import Fitting
from ferries.network import ONE_LEVEL, FamilyFacts, Pair, Seller, TariffFacts
from ferries.offers import PriceLine, Refusal
from ferries.party import Party


@dataclass(frozen=True)
class Price:
    """What a party pays a seller on a day in one fare family, or why there is no fare."""

    currency: str
    lines: tuple[PriceLine, ...]
    refusals: tuple[Refusal, ...] = ()
    family: FamilyFacts = ONE_LEVEL
    tariff: TariffFacts | None = None

    @cached_property
    def amount(self) -> int:
        """Return the sum of the lines in minor units."""
        return sum(line.amount for line in self.lines)

    @cached_property
    def accommodation(self) -> dict[str, int]:
        """Return what one unit of each type of cabin or seat costs in the tariff."""
        return _amounts(self.tariff, "accommodation")

    @cached_property
    def pets(self) -> dict[str, int]:
        """Return what a pet costs in the tariff by the place where it travels."""
        return _amounts(self.tariff, "pet")


class Till:
    """What a seller asks of one party on one local day of travel, for all sailings of that day.

    Prices depend on the accommodation chosen and not on the sailing, so each is worked out once;
    so is the cheapest accommodation where ships have the same left of it.
    """

    def __init__(
        self,
        seller: Seller,
        pair: Pair,
        *,
        day: date,
        party: Party,
        now: datetime,
        family: str = "",
    ) -> None:
        """Open for one party; offers are priced in the family of that code, or in the first."""
        self.seller, self.pair, self.party, self.now = seller, pair, party, now
        self._day, self._family = day, family
        self._prices: dict[tuple[str, ...], list[Price]] = {}
        self._cheapest: dict[tuple[object, ...], tuple[str, ...]] = {}

    def prices(self, accommodation: tuple[str, ...]) -> list[Price]:
        """Return the price in each fare family with such accommodation, that of the offer first.

        Group discounts are taken off already. At least one entry: without a tariff it says so.
        """
        found = self._prices.get(accommodation)
        if found is None:
            party = replace(self.party, accommodation=accommodation)
            found = self._prices[accommodation] = self._work_out(party)
        return found

    def cheapest(self, fitting: Fitting, left: Mapping[str, int]) -> tuple[str, ...]:
        """Return the cheapest accommodation for the party of what is left; see `ferries.berths`."""
        types = fitting.accommodation
        # Nobody can use more units of a type than this, so more of them make no difference.
        most = self.party.persons + 1
        key = (types, *(min(most, left.get(f"acc:{facts.code}", 0)) for facts in types))
        found = self._cheapest.get(key)
        if found is None:
            tariff = self.prices(self.party.accommodation)[0].tariff
            fares = tariff.fares if tariff else ()
            found = self._cheapest[key] = berths.cheapest(fitting, left, fares, self.party)
        return found

    def _work_out(self, party: Party) -> list[Price]:
        tariffs = network.tariffs_on(self.seller.tariffs, self._day, self.now.date())
        if not tariffs:
            return [Price(self.seller.currency, (), (refusals.no_tariff(),))]
        prices = [self._price(party, tariff) for tariff in tariffs]
        if self._family:
            prices.sort(key=lambda price: price.family.code != self._family)
        return prices

    def _price(self, party: Party, tariff: TariffFacts) -> Price:
        seller, pair = self.seller, self.pair
        try:
            lines = pricing.price(party, tariff.fares)
        except NoFare as error:
            against = (refusals.no_fare(error.category),)
            return Price(tariff.currency, (), against, tariff.family, tariff)
        if party.group and seller.discounts:
            leg = LegPrice(
                operator=seller.code,
                family=tariff.family.code,
                origin=pair.origin.code,
                destination=pair.destination.code,
                day=self._day,
                lines=lines,
            )
            today = self.now.date()
            lines = discounts.discounted(
                (leg,), seller.discounts, group=party.group, offer_code="", booked_on=today
            )[0]
        return Price(tariff.currency, lines, (), tariff.family, tariff)


def _amounts(tariff: TariffFacts | None, kind: str) -> dict[str, int]:
    # Of several lines for one category the first counts, as in `ferries.pricing`.
    fares = reversed(tariff.fares) if tariff else ()
    return {fare.category: fare.amount for fare in fares if fare.kind == kind}
