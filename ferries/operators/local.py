"""The connector of operators that sell from our own inventory."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from ferries import inventory, live, network, offering
from ferries.discounts import DiscountFacts
from ferries.errors import UnknownOffer
from ferries.fittings import fitting_of
from ferries.listing import LegFacts, listing_of
from ferries.live import LiveLeg
from ferries.models import Leg, Operator
from ferries.network import Pair, PortFacts
from ferries.operators.base import Offer, Reservation
from ferries.party import Party
from ferries.spaces import PoolSpace
from ferries.till import Till
from maritime.lib import clock


class LocalConnector:
    """Answers live from the database.

    Space is claimed by `ferries.inventory` in the booking's own transaction, so reserving,
    confirming and cancelling have nothing left to do here.
    """

    def search(
        self, operator: Operator, *, origin: str, destination: str, day: date, party: Party
    ) -> list[Offer]:
        """Return the offers of a local calendar day by departure; raises UnknownPort."""
        now = clock.now()
        pair = network.read_pair(origin, destination)
        pair = replace(pair, local=tuple(each for each in pair.local if each.pk == operator.pk))
        found = listing_of(pair, day)
        spaces = inventory.spaces_of({leg.sailing_id for leg in found.legs}, now=now)
        by_sailing: dict[int, list[PoolSpace]] = defaultdict(list)
        for space in spaces:
            by_sailing[space.sailing_id].append(space)
        return offering.offers_of(
            found, pair=pair, day=day, spaces=by_sailing, party=party, now=now
        )

    def check(self, operator: Operator, *, offer_id: str, party: Party) -> Offer:
        """Return the offer as it stands now, in two queries; raises UnknownOffer."""
        live_offer = check_offer(offer_id, party=party, now=clock.now())
        if live_offer is None or live_offer.leg.sailing.operator_id != operator.pk:
            raise UnknownOffer
        return live_offer.offer

    def reserve(
        self, operator: Operator, *, offer_id: str, party: Party, reference: str, until: datetime
    ) -> Reservation:
        """Answer that it is held: the booking's transaction has claimed the space."""
        return Reservation("held", reference)

    def confirm(self, operator: Operator, *, reference: str) -> Reservation:
        """Answer that it is confirmed."""
        return Reservation("confirmed", reference)

    def status(self, operator: Operator, *, reference: str) -> Reservation:
        """Answer that nobody else knows more about it than the booking does."""
        return Reservation("unknown", reference)

    def cancel(self, operator: Operator, *, reference: str) -> Reservation:
        """Answer that it is cancelled."""
        return Reservation("cancelled", reference)


@dataclass(frozen=True)
class LiveOffer:
    """An offer of a leg as it stands now, what is left of its sailing, the operator's discounts.

    `persons_list`: the route asks for the list of persons.
    """

    leg: Leg
    offer: Offer
    spaces: tuple[PoolSpace, ...]
    discounts: tuple[DiscountFacts, ...]
    persons_list: bool


def check_offer(offer_id: str, *, party: Party, now: datetime) -> LiveOffer | None:
    """Return one of our offers as it stands now, in two queries; None if it is none of ours.

    Raises UnknownOffer for a family that is not sold.
    """
    found = live_leg(offer_id)
    if found is None:
        return None
    return _check(found, family=family_of_offer(offer_id), party=party, now=now)


def check_leg(leg: Leg, *, family: str, party: Party, now: datetime) -> LiveOffer:
    """Return the leg's offer in a fare family as it stands now, in two queries.

    Raises UnknownOffer for a family that is not sold, and for a leg that is gone.
    """
    found = live.by_key(leg.pk)
    if found is None:
        raise UnknownOffer
    return _check(found, family=family, party=party, now=now)


def leg_of_offer(offer_id: str) -> Leg:
    """Return the leg behind one of our own offer ids, with sailing, operator, ship and ports.

    Raises UnknownOffer for an id that is not ours or whose sailing is gone.
    """
    found = live_leg(offer_id)
    if found is None:
        raise UnknownOffer
    return found.leg


def family_of_offer(offer_id: str) -> str:
    """Return the code of the fare family that one of our offer ids names, or nothing."""
    parts = offer_id.split("~")
    return parts[3] if len(parts) == 4 else ""


def live_leg(offer_id: str) -> LiveLeg | None:
    """Return the leg behind one of our offer ids with its seller; None if it is none of ours."""
    parts = offer_id.split("~")
    if len(parts) not in (3, 4):
        return None
    code, sailing, sequences = parts[:3]
    start, _, end = sequences.partition("-")
    if not (start.isdecimal() and end.isdecimal() and len(sequences) <= 11):
        return None
    try:
        public_id = UUID(hex=sailing)
    except ValueError:
        return None
    return live.by_offer(
        operator=code,
        sailing=public_id,
        from_sequence=min(int(start), 32_767),
        to_sequence=min(int(end), 32_767),
    )


def _check(found: LiveLeg, *, family: str, party: Party, now: datetime) -> LiveOffer:
    leg, seller = found.leg, found.seller
    ends = network.port_facts(leg.origin), network.port_facts(leg.destination)
    pair = Pair(*ends, local=(seller,), remote=())
    day = _local_day(leg.departs_at, ends[0])
    till = Till(seller, pair, day=day, party=party, now=now, family=family)
    prices = till.prices(party.accommodation)
    if family and prices[0].family.code != family:
        raise UnknownOffer
    spaces = inventory.spaces_of([leg.sailing_id], now=now)
    offer = offering.offer_of(
        _facts(leg),
        till=till,
        fitting=fitting_of(leg),
        spaces=spaces,
    )
    return LiveOffer(leg, offer, tuple(spaces), seller.discounts, found.persons_list)


def _facts(leg: Leg) -> LegFacts:
    sailing = leg.sailing
    return LegFacts(
        sailing_id=leg.sailing_id,
        operator_id=sailing.operator_id,
        public_id=str(sailing.public_id),
        status=sailing.status,
        vessel=sailing.configuration.vessel.name if sailing.configuration else "",
        from_sequence=leg.from_sequence,
        to_sequence=leg.to_sequence,
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
        configuration_id=sailing.configuration_id,
        sale_opens_at=sailing.sale_opens_at,
        sale_closes_at=sailing.sale_closes_at,
        check_in_minutes=sailing.check_in_minutes,
        accommodation_required=sailing.accommodation_required,
    )


def _local_day(moment: datetime, port: PortFacts) -> date:
    return clock.local(moment, port.zone).date()
