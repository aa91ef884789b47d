"""The connector of operators that sell from our own inventory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ferries import inventory, network, pricing, refusals
from ferries.errors import NoFare, UnknownOffer
from ferries.inventory import PoolSpace
from ferries.models import Leg, Operator, Route
from ferries.network import Pair, PortFacts, Seller
from ferries.operators.base import Offer, PriceLine, Refusal, Reservation
from ferries.party import Party
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


@dataclass(frozen=True)
class Price:
    """What a party pays a seller on a day, or why there is no fare."""

    currency: str
    lines: tuple[PriceLine, ...]
    refusals: tuple[Refusal, ...] = ()


class LocalConnector:
    """Answers live from the database.

    Space is claimed by `ferries.inventory` in the booking's own transaction, so reserving,
    confirming and cancelling have nothing left to do here.
    """

    capabilities = frozenset({"search", "check", "reserve", "confirm", "status", "cancel"})

    def search(
        self, operator: Operator, *, origin: str, destination: str, day: date, party: Party
    ) -> list[Offer]:
        """Return the offers of a local calendar day by departure; raises UnknownPort."""
        now = clock.now()
        pair = network.read_pair(origin, destination)
        sellers = {seller.pk: seller for seller in pair.local if seller.pk == operator.pk}
        legs = legs_on(pair, day) if sellers else []
        spaces = inventory.spaces_of({leg.sailing_id for leg in legs}, now=now)
        prices = {pk: price_on(seller, day, party) for pk, seller in sellers.items()}
        return [
            offer_of(
                leg,
                pair=pair,
                seller=sellers[leg.operator_id],
                price=prices[leg.operator_id],
                spaces=[space for space in spaces if space.sailing_id == leg.sailing_id],
                party=party,
                now=now,
            )
            for leg in legs
            if leg.operator_id in sellers
        ]

    def check(self, operator: Operator, *, offer_id: str, party: Party) -> Offer:
        """Return the offer as it stands now, in three queries; raises UnknownOffer."""
        leg = leg_of_offer(offer_id)
        if leg.sailing.operator_id != operator.pk:
            raise UnknownOffer
        return check_leg(leg, party=party, now=clock.now())[0]

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


def check_leg(leg: Leg, *, party: Party, now: datetime) -> tuple[Offer, list[PoolSpace]]:
    """Return the leg's offer as it stands now, and what is left of its sailing; two queries.

    `leg` is one that `leg_of_offer` loaded.
    """
    operator = leg.sailing.operator
    routes = Route.objects.filter(
        operator=operator, origin=leg.origin, destination=leg.destination, active=True
    )
    tariffs = next(iter(network.read_tariffs(routes).values()), ())
    seller = network.seller(operator, tariffs)
    ends = network.port_facts(leg.origin), network.port_facts(leg.destination)
    spaces = inventory.spaces_of([leg.sailing_id], now=now)
    offer = offer_of(
        _facts(leg),
        pair=Pair(*ends, local=(seller,), remote=()),
        seller=seller,
        price=price_on(seller, _local_day(leg.departs_at, ends[0]), party),
        spaces=spaces,
        party=party,
        now=now,
    )
    return offer, spaces


def leg_of_offer(offer_id: str) -> Leg:
    """Return the leg behind one of our own offer ids, with sailing, operator, ship and ports.

    Raises UnknownOffer for an id that is not ours or whose sailing is gone.
    """
    code, _, rest = offer_id.partition("~")
    sailing, _, sequences = rest.partition("~")
    start, _, end = sequences.partition("-")
    if not (start.isdecimal() and end.isdecimal() and len(sequences) <= 11):
        raise UnknownOffer
    try:
        public_id = UUID(hex=sailing)
    except ValueError as error:
        raise UnknownOffer from error
    leg = (
        Leg.objects.select_related(
            "sailing__operator", "sailing__configuration__vessel", "origin", "destination"
        )
        .filter(
            sailing__public_id=public_id,
            sailing__operator__code=code,
            from_sequence=min(int(start), 32_767),
            to_sequence=min(int(end), 32_767),
        )
        .first()
    )
    if leg is None:
        raise UnknownOffer
    return leg


def legs_on(pair: Pair, day: date) -> list[LegFacts]:
    """Return the legs of the pair's sellers on the origin's calendar day, by departure."""
    start, end = clock.day_bounds(day, pair.origin.zone)
    sellers = {seller.pk for seller in pair.local}
    rows = (
        Leg.objects.filter(
            origin=pair.origin.pk,
            destination=pair.destination.pk,
            departs_at__gte=start,
            departs_at__lt=end,
        )
        .order_by("departs_at", "pk")
        .values_list(
            "sailing_id",
            "sailing__operator_id",
            "sailing__public_id",
            "sailing__status",
            "sailing__configuration__vessel__name",
            "from_sequence",
            "to_sequence",
            "departs_at",
            "arrives_at",
        )
    )
    # Sellers are compared here: in SQL it would lead the planner away from the leg index.
    return [LegFacts(*row[:4], row[4] or "", *row[5:]) for row in rows if row[1] in sellers]


def price_on(seller: Seller, day: date, party: Party) -> Price:
    """Return the party's price by the tariff that holds on the local day of travel."""
    tariff = network.tariff_on(seller.tariffs, day)
    if tariff is None:
        return Price(seller.currency, (), (refusals.no_tariff(),))
    try:
        return Price(tariff.currency, pricing.price(party, tariff.fares))
    except NoFare as error:
        return Price(tariff.currency, (), (refusals.no_fare(error.category),))


def offer_of(
    leg: LegFacts,
    *,
    pair: Pair,
    seller: Seller,
    price: Price,
    spaces: Sequence[PoolSpace],
    party: Party,
    now: datetime,
) -> Offer:
    """Return the offer that timetable, price and what is left make for the party now."""
    sectors = range(leg.from_sequence, leg.to_sequence)
    persons = inventory.persons_left(spaces, sectors)
    areas = inventory.areas_left(spaces, sectors)
    against = refusals.on_sale(
        status=leg.status,
        has_vessel=bool(leg.vessel),
        departs_at=leg.departs_at,
        closes_minutes=seller.sale_closes_minutes,
        now=now,
    ) or (
        *price.refusals,
        *inventory.refuse(persons=persons, areas=areas, party=party, gap_cm=seller.vehicle_gap_cm),
    )
    return Offer(
        id=f"{seller.code}~{leg.public_id.hex}~{leg.from_sequence}-{leg.to_sequence}",
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
        left=inventory.left_for(persons, areas, party),
        refusals=against,
        timetable_note=seller.timetable_note,
    )


def _facts(leg: Leg) -> LegFacts:
    fitting = leg.sailing.configuration
    return LegFacts(
        sailing_id=leg.sailing_id,
        operator_id=leg.sailing.operator_id,
        public_id=leg.sailing.public_id,
        status=leg.sailing.status,
        vessel=fitting.vessel.name if fitting else "",
        from_sequence=leg.from_sequence,
        to_sequence=leg.to_sequence,
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
    )


def _local_day(moment: datetime, port: PortFacts) -> date:
    return clock.local(moment, port.zone).date()
