"""What our own inventory offers: timetable, prices and what is left, put together for a party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ferries import deck, fits, refusals
from ferries.deck import AreaSpace
from ferries.fits import LegRules
from ferries.fitting import Fitting
from ferries.listing import LegFacts, Listing
from ferries.network import FamilyFacts, Pair, Seller
from ferries.offers import AccommodationOffer, FareOption, Offer, PetOffer, Refusal
from ferries.party import PET_PLACES, Party
from ferries.spaces import PoolSpace, left_on, releases
from ferries.till import Price, Till

NO_SHIP = Fitting()


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
    tills = {seller.pk: Till(seller, pair, day=day, party=party, now=now) for seller in pair.local}
    return [
        offer_of(
            leg,
            till=tills[leg.operator_id],
            fitting=found.fittings.get(leg.configuration_id or 0, NO_SHIP),
            spaces=spaces.get(leg.sailing_id, ()),
        )
        for leg in found.legs
        if leg.operator_id in tills
    ]


def offer_of(leg: LegFacts, *, till: Till, fitting: Fitting, spaces: Sequence[PoolSpace]) -> Offer:
    """Return the offer that timetable, prices and what is left make for the till's party now.

    It is priced in the first of the till's prices; the others are named beside it. Where everybody
    needs a cabin, berth or seat and none is chosen yet, the cheapest ones are, so that the first
    price shown is the whole price.
    """
    space = _Space(
        till=till,
        rules=LegRules(fitting, till.seller.vehicle_gap_cm, leg.accommodation_required),
        spaces=spaces,
        sectors=range(leg.from_sequence, leg.to_sequence),
    )
    seller, origin, destination = till.seller, till.pair.origin, till.pair.destination
    left = space.left(till.now)
    areas = deck.areas_left(fitting.areas, left)
    party = space.with_cheapest(left)
    prices = till.prices(party.accommodation)
    price = prices[0]
    base = f"{seller.code}~{leg.public_id.replace('-', '')}~{leg.from_sequence}-{leg.to_sequence}"
    check_in = leg.check_in_minutes
    return Offer(
        id=_with_family(base, price.family),
        sailing=leg.public_id,
        operator=seller.code,
        operator_name=seller.name,
        vessel=leg.vessel,
        origin=origin.code,
        origin_name=origin.name,
        origin_zone=origin.zone,
        destination=destination.code,
        destination_name=destination.name,
        destination_zone=destination.zone,
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
        currency=price.currency,
        lines=price.lines,
        left=_shown(areas, left, party),
        refusals=_closed(leg, seller, till.now)
        or (*price.refusals, *_against(leg, space, left, party, areas)),
        timetable_note=seller.timetable_note,
        family=price.family.code,
        family_name=price.family.name,
        fares=_fares(base, prices),
        accommodation=_accommodation(fitting, left, price),
        accommodation_required=leg.accommodation_required,
        chosen_accommodation=party.accommodation,
        pets=_pets(fitting, left, price),
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
    space: "_Space",
    left: Mapping[str, int],
    party: Party,
    areas: Sequence[AreaSpace],
) -> tuple[Refusal, ...]:
    """Return why the party does not fit, with the release of a share that would help."""
    against = fits.refuse(space.rules, left, party, areas)
    if not against:
        return ()
    sale_end = refusals.sale_end(
        departs_at=leg.departs_at,
        closes_minutes=space.till.seller.sale_closes_minutes,
        closes_at=leg.sale_closes_at,
    )
    return _with_release(against, space, until=sale_end)


@dataclass(frozen=True)
class _Space:
    """What decides on one leg whether the till's party fits, at any moment."""

    till: Till
    rules: LegRules
    spaces: Sequence[PoolSpace]
    sectors: range

    def left(self, moment: datetime) -> dict[str, int]:
        """Return what the party can take of each resource at the moment."""
        return left_on(self.spaces, self.sectors, group=self.till.party.group, now=moment)

    def with_cheapest(self, left: Mapping[str, int]) -> Party:
        """Return the party with the cheapest accommodation, if it needs one and has not chosen."""
        party = self.till.party
        if party.accommodation or not self.rules.accommodation_required:
            return party
        return replace(party, accommodation=self.till.cheapest(self.rules.fitting, left))

    def refuse(self, moment: datetime) -> tuple[Refusal, ...]:
        """Return why the party does not fit at the moment."""
        left = self.left(moment)
        return fits.refuse(self.rules, left, self.with_cheapest(left))


def _with_release(
    against: tuple[Refusal, ...], space: _Space, *, until: datetime
) -> tuple[Refusal, ...]:
    """Return the refusals of a party, with the first release of an allotment that would help.

    Releases from `until` on, the end of the sale, help nobody.
    """
    till = space.till
    for moment in releases(space.spaces, group=till.party.group, now=till.now):
        if moment >= until:
            break
        remaining = {refusals.subject(refusal) for refusal in space.refuse(moment)}
        nearest = refusals.allotment_release(moment)
        against = tuple(
            refusal
            if refusals.subject(refusal) in remaining
            else refusals.with_nearest(refusal, nearest)
            for refusal in against
        )
    return against


def _shown(areas: Sequence[AreaSpace], left: Mapping[str, int], party: Party) -> dict[str, int]:
    """Return what an offer shows as left: persons, and lane cm where vehicles are carried.

    The lane length is the longest piece in one area that admits the party's vehicle.
    """
    shown = {"persons": left.get("persons", 0)}
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
    fitting: Fitting, left: Mapping[str, int], price: Price
) -> tuple[AccommodationOffer, ...]:
    """Return the cabins and seats that have a price, with what is left of each."""
    if not fitting.accommodation:
        return ()
    amounts = price.accommodation
    return tuple(
        AccommodationOffer(
            **vars(facts), amount=amounts[facts.code], left=left.get(f"acc:{facts.code}", 0)
        )
        for facts in fitting.accommodation
        if facts.code in amounts
    )


def _pets(fitting: Fitting, left: Mapping[str, int], price: Price) -> tuple[PetOffer, ...]:
    amounts = price.pets
    if not amounts:
        return ()
    return tuple(
        PetOffer(place, amounts[place], left.get(f"pet:{place}", 0) if counted else None)
        for place in PET_PLACES
        if place in amounts
        and ((counted := place in fitting.pets) or place in ("cabin", "vehicle"))
    )


def _with_family(base: str, family: FamilyFacts) -> str:
    return f"{base}~{family.code}" if family.code else base
