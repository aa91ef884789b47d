"""What our own inventory offers: timetable, prices and what is left, put together for a party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from ferries import berths, deck, discounts, fits, network, pricing, refusals
from ferries.discounts import LegPrice
from ferries.errors import NoFare
from ferries.fits import LegRules
from ferries.fitting import Fitting
from ferries.fittings import read_fittings
from ferries.network import ONE_LEVEL, FamilyFacts, Pair, Seller, TariffFacts
from ferries.offers import AccommodationOffer, FareOption, Offer, PetOffer, PriceLine, Refusal
from ferries.party import PET_PLACES, Party
from ferries.pricing import FareLine
from ferries.spaces import PoolSpace, left_on, releases
from maritime.lib import clock


@dataclass(frozen=True)
class LegFacts:
    """One leg as the timetable has it; `sailing_id` is the primary key, `operator_id` too."""

    sailing_id: int
    operator_id: int
    public_id: UUID
    status: str
    vessel: str
    from_sequence: int
    to_sequence: int
    departs_at: datetime
    arrives_at: datetime
    configuration_id: int | None
    sale_opens_at: datetime | None
    sale_closes_at: datetime | None
    check_in_minutes: int | None
    accommodation_required: bool


@dataclass(frozen=True)
class Listing:
    """The legs of a day and the fittings of their ships, by configuration."""

    legs: list[LegFacts]
    fittings: dict[int, Fitting]


@dataclass(frozen=True)
class Price:
    """What a party pays a seller on a day in one fare family, or why there is no fare."""

    currency: str
    lines: tuple[PriceLine, ...]
    refusals: tuple[Refusal, ...] = ()
    family: FamilyFacts = ONE_LEVEL
    tariff: TariffFacts | None = None

    @property
    def amount(self) -> int:
        """Return the sum of the lines in minor units."""
        return sum(line.amount for line in self.lines)


LEGS = """
SELECT leg.sailing_id, sailing.operator_id, sailing.public_id, sailing.status,
  coalesce(vessel.name, ''), leg.from_sequence, leg.to_sequence, leg.departs_at, leg.arrives_at,
  sailing.configuration_id, sailing.sale_opens_at, sailing.sale_closes_at,
  sailing.check_in_minutes, sailing.accommodation_required
FROM ferries_leg leg
JOIN ferries_sailing sailing ON sailing.id = leg.sailing_id
LEFT JOIN ferries_vesselconfiguration ship ON ship.id = sailing.configuration_id
LEFT JOIN ferries_vessel vessel ON vessel.id = ship.vessel_id
WHERE leg.origin_id = %s AND leg.destination_id = %s
  AND leg.departs_at >= %s AND leg.departs_at < %s
ORDER BY leg.departs_at, leg.id
"""


def listing(pair: Pair, day: date) -> Listing:
    """Return the legs of the pair's sellers on the origin's calendar day, by departure."""
    if not pair.local:
        return Listing([], {})
    start, end = clock.day_bounds(day, pair.origin.zone)
    sellers = {seller.pk for seller in pair.local}
    with connection.cursor() as cursor:
        cursor.execute(LEGS, [pair.origin.pk, pair.destination.pk, start, end])
        rows = cursor.fetchall()
    # Sellers are compared here: in SQL it would lead the planner away from the leg index.
    legs = [LegFacts(*row) for row in rows if row[1] in sellers]
    ships = {leg.configuration_id for leg in legs if leg.configuration_id is not None}
    return Listing(legs, read_fittings(ships))


def prices_on(seller: Seller, pair: Pair, day: date, party: Party, *, now: datetime) -> list[Price]:
    """Return the party's price in each fare family on the local day of travel, cheapest first.

    Group discounts are taken off already. At least one entry: without a tariff it says so.
    """
    tariffs = network.tariffs_on(seller.tariffs, day, now.date())
    if not tariffs:
        return [Price(seller.currency, (), (refusals.no_tariff(),))]
    return [_price(seller, pair, day, party, tariff, now=now) for tariff in tariffs]


def _price(
    seller: Seller, pair: Pair, day: date, party: Party, tariff: TariffFacts, *, now: datetime
) -> Price:
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
            day=day,
            lines=lines,
        )
        lines = discounts.discounted(
            (leg,), seller.discounts, group=party.group, offer_code="", booked_on=now.date()
        )[0]
    return Price(tariff.currency, lines, (), tariff.family, tariff)


def offers_of(
    found: Listing,
    *,
    pair: Pair,
    day: date,
    spaces: Mapping[int, Sequence[PoolSpace]],
    party: Party,
    now: datetime,
) -> list[Offer]:
    """Return the offers of a listing; `spaces` are what is left, by the sailing's key."""
    sellers = {seller.pk: seller for seller in pair.local}
    prices = {pk: prices_on(seller, pair, day, party, now=now) for pk, seller in sellers.items()}
    return [
        offer_of(
            leg,
            pair=pair,
            seller=sellers[leg.operator_id],
            prices=prices[leg.operator_id],
            fitting=found.fittings.get(leg.configuration_id or 0, Fitting()),
            spaces=spaces.get(leg.sailing_id, ()),
            party=party,
            now=now,
        )
        for leg in found.legs
        if leg.operator_id in sellers
    ]


def offer_of(
    leg: LegFacts,
    *,
    pair: Pair,
    seller: Seller,
    prices: Sequence[Price],
    fitting: Fitting,
    spaces: Sequence[PoolSpace],
    party: Party,
    now: datetime,
) -> Offer:
    """Return the offer that timetable, prices and what is left make for the party now.

    It is priced in the first of `prices`; the others are named beside it. Where everybody needs a
    cabin, berth or seat and none is chosen yet, the cheapest ones are, so that the first price
    shown is the whole price.
    """
    space = _Space(
        rules=LegRules(fitting, seller.vehicle_gap_cm, leg.accommodation_required),
        spaces=spaces,
        sectors=range(leg.from_sequence, leg.to_sequence),
        fares=prices[0].tariff.fares if prices[0].tariff else (),
    )
    left = space.left(party, now)
    asked, party = party, space.with_cheapest(party, left)
    if party.accommodation != asked.accommodation:
        day = clock.local(leg.departs_at, pair.origin.zone).date()
        prices = _in_order(prices, prices_on(seller, pair, day, party, now=now))
    price = prices[0]
    base = f"{seller.code}~{leg.public_id.hex}~{leg.from_sequence}-{leg.to_sequence}"
    check_in = leg.check_in_minutes
    return Offer(
        id=_with_family(base, price.family),
        sailing=str(leg.public_id),
        operator=seller.code,
        operator_name=seller.name,
        vessel=leg.vessel,
        origin=pair.origin.code,
        origin_name=pair.origin.name,
        origin_zone=pair.origin.zone,
        destination=pair.destination.code,
        destination_name=pair.destination.name,
        destination_zone=pair.destination.zone,
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
        currency=price.currency,
        lines=price.lines,
        left=_shown(fitting, left, party),
        refusals=_closed(leg, seller, now)
        or (*price.refusals, *_against(leg, seller, space, left, party, asked, now)),
        timetable_note=seller.timetable_note,
        family=price.family.code,
        family_name=price.family.name,
        fares=_fares(base, prices),
        accommodation=_accommodation(fitting, left, price.tariff),
        accommodation_required=leg.accommodation_required,
        chosen_accommodation=party.accommodation,
        pets=_pets(fitting, left, price.tariff),
        check_in_minutes=seller.check_in_minutes if check_in is None else check_in,
    )


def _closed(leg: LegFacts, seller: Seller, now: datetime) -> tuple[Refusal, ...]:
    """Return why the leg is not on sale at the moment, or nothing."""
    return refusals.on_sale(
        status=leg.status,
        has_vessel=bool(leg.vessel),
        departs_at=leg.departs_at,
        closes_minutes=seller.sale_closes_minutes,
        now=now,
        opens_at=leg.sale_opens_at,
        closes_at=leg.sale_closes_at,
    )


def _against(
    leg: LegFacts,
    seller: Seller,
    space: "_Space",
    left: Mapping[str, int],
    party: Party,
    asked: Party,
    now: datetime,
) -> tuple[Refusal, ...]:
    """Return why the party does not fit, with the release of a share that would help."""
    against = fits.refuse(space.rules, left, party)
    if not against:
        return ()
    sale_end = refusals.sale_end(
        departs_at=leg.departs_at,
        closes_minutes=seller.sale_closes_minutes,
        closes_at=leg.sale_closes_at,
    )
    return _with_release(against, space, asked, now=now, until=sale_end)


@dataclass(frozen=True)
class _Space:
    """What decides on one leg whether a party fits, at any moment."""

    rules: LegRules
    spaces: Sequence[PoolSpace]
    sectors: range
    fares: Sequence[FareLine]

    def left(self, party: Party, moment: datetime) -> dict[str, int]:
        """Return what the party can take of each resource at the moment."""
        return left_on(self.spaces, self.sectors, group=party.group, now=moment)

    def with_cheapest(self, party: Party, left: Mapping[str, int]) -> Party:
        """Return the party with the cheapest accommodation, if it needs one and has not chosen."""
        if party.accommodation or not self.rules.accommodation_required:
            return party
        chosen = berths.cheapest(self.rules.fitting, left, self.fares, party)
        return replace(party, accommodation=chosen)

    def refuse(self, party: Party, moment: datetime) -> tuple[Refusal, ...]:
        """Return why the party does not fit at the moment."""
        left = self.left(party, moment)
        return fits.refuse(self.rules, left, self.with_cheapest(party, left))


def _with_release(
    against: tuple[Refusal, ...], space: _Space, party: Party, *, now: datetime, until: datetime
) -> tuple[Refusal, ...]:
    """Return the refusals of a party, with the first release of an allotment that would help.

    Releases from `until` on, the end of the sale, help nobody.
    """
    for moment in releases(space.spaces, group=party.group, now=now):
        if moment >= until:
            break
        remaining = {refusals.subject(refusal) for refusal in space.refuse(party, moment)}
        nearest = refusals.allotment_release(moment)
        against = tuple(
            refusal
            if refusals.subject(refusal) in remaining
            else refusals.with_nearest(refusal, nearest)
            for refusal in against
        )
    return against


def _shown(fitting: Fitting, left: Mapping[str, int], party: Party) -> dict[str, int]:
    """Return what an offer shows as left: persons, and lane cm where vehicles are carried.

    The lane length is the longest piece in one area that admits the party's vehicle.
    """
    shown = {"persons": left.get("persons", 0)}
    areas = deck.areas_left(fitting.areas, left)
    lanes = [each for each in areas if not each.area.counts_places]
    if not lanes:
        return shown
    vehicle = party.vehicle
    lengths = [each.left for each in lanes if not vehicle or deck.admits(each.area, vehicle)]
    return {**shown, "lane_cm": max(lengths, default=0)}


def _fares(base: str, prices: Sequence[Price]) -> tuple[FareOption, ...]:
    """Return the fare families in their order; none for an operator without families."""
    named = [price for price in prices if price.family.code and not price.refusals]
    named.sort(key=lambda price: (price.family.order, price.family.code))
    return tuple(
        FareOption(
            id=_with_family(base, price.family),
            family=price.family.code,
            name=price.family.name,
            sentence=price.family.sentence,
            amount=price.amount,
        )
        for price in named
    )


def _accommodation(
    fitting: Fitting, left: Mapping[str, int], tariff: TariffFacts | None
) -> tuple[AccommodationOffer, ...]:
    """Return the cabins and seats that have a price, with what is left of each."""
    amounts = _amounts(tariff, "accommodation")
    return tuple(
        AccommodationOffer(
            **vars(facts), amount=amounts[facts.code], left=left.get(f"acc:{facts.code}", 0)
        )
        for facts in fitting.accommodation
        if facts.code in amounts
    )


def _pets(
    fitting: Fitting, left: Mapping[str, int], tariff: TariffFacts | None
) -> tuple[PetOffer, ...]:
    amounts = _amounts(tariff, "pet")
    return tuple(
        PetOffer(place, amounts[place], left.get(f"pet:{place}", 0) if counted else None)
        for place in PET_PLACES
        if place in amounts
        and ((counted := place in fitting.pets) or place in ("cabin", "vehicle"))
    )


def _amounts(tariff: TariffFacts | None, kind: str) -> dict[str, int]:
    # Of several lines for one category the first counts, as in `ferries.pricing`.
    fares = reversed(tariff.fares) if tariff else ()
    return {fare.category: fare.amount for fare in fares if fare.kind == kind}


def _with_family(base: str, family: FamilyFacts) -> str:
    return f"{base}~{family.code}" if family.code else base


def _in_order(wanted: Sequence[Price], prices: Sequence[Price]) -> list[Price]:
    """Return the prices with the family that `wanted` has first in the first place."""
    first = wanted[0].family
    return sorted(prices, key=lambda price: price.family != first)
