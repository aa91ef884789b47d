"""What a change costs: today's lines in place of old ones, and the fee of the conditions.

On the same offer only items whose price differs between the old and the new party, both at today's
tariff, get new lines: what today would be priced alike stays at the price it was sold for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.errors import InvalidJourney, NotAmendable
from bookings.labels import CORRECTED_NAME, FEE, NOT_REFUNDED
from bookings.models import Booking, OrderItem
from bookings.operations.amend_cast import Booked, Cast, Standing, named_units
from bookings.operations.journey import LegWish
from ferries import conditions, discounts, network
from ferries.conditions import Charge, Departures, Line, Terms, terms_from_json
from ferries.discounts import LegPrice
from ferries.errors import NotBookable
from ferries.models import Leg
from ferries.offers import Offer, PriceLine
from ferries.operators.local import check_leg, family_of_offer, leg_of_offer
from maritime.lib import clock

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
# A band of the action "amend" whose components name this charges for corrected names and plates.
NAME = "name"
Lines = tuple[PriceLine, ...]


@dataclass(frozen=True)
class Changed:
    """One leg that changes: its place on a sailing, who travels, and its lines at today's price.

    `before` are today's lines of the old party on the present offer; empty when the leg moves.
    """

    standing: Standing
    leg: Leg
    offer: Offer
    cast: Cast
    moves: bool
    before: Lines
    after: Lines

    @property
    def cancelled(self) -> tuple[OrderItem, ...]:
        """Return the live lines that the change ends."""
        keep = self._kept()
        return tuple(line for line in self.standing.lines if line.item not in keep)

    @property
    def inserted(self) -> Lines:
        """Return the new lines."""
        keep = self._kept()
        return tuple(line for line in self.after if line.item not in keep)

    @property
    def difference(self) -> int:
        """Return new lines less ended ones, in minor units."""
        return _sum(self.inserted) - _sum(self.cancelled)

    @property
    def touched(self) -> set[str]:
        """Return the names of the items that are something else than before."""
        return self.cast.items if self.moves else self.standing.cast.touched(self.cast)

    def _kept(self) -> set[str]:
        if self.moves:
            return set()
        sold = {line.item for line in self.standing.lines}
        return {item for item in sold if _of(self.before, item) == _of(self.after, item) != []}


@dataclass(frozen=True)
class Fee:
    """What the conditions charge for the change of one leg, in minor units, and why."""

    leg: Standing
    label: str
    rule: str
    amount: int


def changed_leg(
    booked: Booked, standing: Standing, cast: Cast, wish: LegWish | None, *, now: datetime
) -> Changed:
    """Return the leg with today's offer for the new party; discounts of the journey come later.

    Raises NotBookable (no fare), NotAmendable (other operator or route), InvalidJourney
    (currency), InvalidParty, UnknownOffer.
    """
    row, booking = standing.row, booked.booking
    offer_id = wish.offer_id if wish else row.offer_id
    leg = leg_of_offer(offer_id)
    _require_same_route(standing, leg)
    offer = _offer(leg, offer_id, cast, booking, now)
    if not offer.lines:
        against = [{**each.as_dict(), "leg": standing.number} for each in offer.refusals]
        raise NotBookable(against)
    if offer.currency != booking.currency:
        raise InvalidJourney(
            _("This crossing is now sold in %(currency)s.") % {"currency": offer.currency}
        )
    if not cast.accommodation and offer.chosen_accommodation:
        cast = replace(cast, accommodation=named_units(cast, offer.chosen_accommodation))
    moves = row.offer_id not in (offer_id, offer.id)
    before: Lines = ()
    if not moves:
        present = _offer(leg, offer_id, standing.cast, booking, now)
        before = _named(present.lines, standing.cast)
    return Changed(standing, leg, offer, cast, moves, before, _named(offer.lines, cast))


def with_discounts(
    booked: Booked, changed: Sequence[Changed], *, now: datetime
) -> tuple[Changed, ...]:
    """Return the legs with the discounts that the journey as a whole has today, before and after."""
    operators = sorted({each.standing.row.operator_id for each in changed})
    facts = network.read_discounts(operators)
    if not facts:
        return tuple(changed)
    by_number = {each.standing.number: each for each in changed}
    sides = []
    for is_after in (False, True):
        prices = [
            _leg_price(by_number.get(leg.number), leg, is_after=is_after)
            for leg in booked.legs
            if leg.lines
        ]
        made = discounts.discounted(
            prices,
            facts,
            group=booked.booking.group,
            offer_code=booked.booking.offer_code,
            booked_on=now.date(),
        )
        numbers = [leg.number for leg in booked.legs if leg.lines]
        sides.append(dict(zip(numbers, made, strict=True)))
    return tuple(
        replace(
            each,
            before=() if each.moves else sides[0][each.standing.number],
            after=sides[1][each.standing.number],
        )
        for each in changed
    )


def require_amendable(standing: Standing, *, by_fare: bool, now: datetime) -> None:
    """Raise NotAmendable if the operator, the clock or (with `by_fare`) the fare forbids a change."""
    row, terms = standing.row, terms_from_json(standing.row.conditions)
    if not row.is_local:
        raise NotAmendable(
            _("%(operator)s cannot change a booking. Please cancel and book again.")
            % {"operator": row.operator.name}
        )
    if not by_fare:
        return
    if terms.family and terms.amend_until_hours is None:
        raise NotAmendable(
            _("The fare %(fare)s cannot be changed. Please cancel and book again.")
            % {"fare": row.family_name or terms.family}
        )
    hours = terms.amend_until_hours
    if hours is not None and row.departs_at - now < hours * HOUR:
        raise NotAmendable(
            ngettext(
                "This fare can be changed until %(hours)d hour before departure; that time is over.",
                "This fare can be changed until %(hours)d hours before departure; that time is over.",
                hours,
            )
            % {"hours": hours}
        )


def fees(
    booked: Booked,
    changed: Sequence[Changed],
    corrected: Mapping[int, Collection[str]],
    *,
    amendments: int,
    now: datetime,
) -> tuple[list[Fee], list[Charge]]:
    """Return what the change costs beside the fares, and the charges behind it.

    `corrected` are the items with another name or plate, by the number of the leg; `amendments`
    how many changes were applied before. Bands of the action "amend" charge the lines that end or
    whose item changes; an added item bears flat amounts, but no percentage of its new price.
    Raises NotAmendable when bands exist and none of them holds now.
    """
    by_number = {each.standing.number: each for each in changed}
    terms = {leg.number: terms_from_json(leg.row.conditions) for leg in booked.legs}
    lines = [
        line
        for leg in booked.legs
        if amendments >= terms[leg.number].free_amendments
        for line in (
            *_charged(by_number.get(leg.number), terms[leg.number]),
            *_corrected(leg, terms[leg.number], corrected.get(leg.number, ())),
        )
    ]
    charged = conditions.charges(
        lines, terms=terms, departures=departures(booked), now=now, action="amend"
    )
    if any(charge.band in ("no_conditions", "departed") for charge in charged):
        raise NotAmendable(
            _("The fare allows no change at this time. Please cancel and book again.")
        )
    found = []
    for leg in booked.legs:
        own = [charge for charge in charged if charge.leg == leg.number]
        amount = sum(charge.charge for charge in own)
        if amount:
            found.append(Fee(leg, FEE, next(each.band for each in own if each.charge), amount))
    found += (
        Fee(each.standing, NOT_REFUNDED, "difference_kept", -each.difference)
        for each in changed
        if each.difference < 0 and not terms[each.standing.number].difference_refunded
    )
    return found, charged


def holds_until(booked: Booked, numbers: Collection[int], *, now: datetime) -> datetime | None:
    """Return the next moment at which the conditions of the legs say something else."""
    at = departures(booked)
    moments = []
    for leg in booked.legs:
        if leg.number not in numbers:
            continue
        terms = terms_from_json(leg.row.conditions)
        moments.append(conditions.next_change(terms, at[leg.number], now, action="amend"))
        if terms.amend_until_hours is not None:
            last = leg.row.departs_at - terms.amend_until_hours * HOUR
            moments.append(last + INSTANT)
    return min((moment for moment in moments if moment and moment > now), default=None)


def departures(booked: Booked) -> dict[int, Departures]:
    """Return from when the hours of each leg count, by its number: the departures booked now.

    After a change they count from the earlier of the old and the new departure.
    """
    departs = {leg.number: leg.row.departs_at for leg in booked.legs}
    first, outbound = min(departs.values()), departs[min(departs)]
    return {
        leg.number: Departures(leg.row.departs_at, first, outbound, leg.row.sold_departs_at)
        for leg in booked.legs
    }


def _offer(leg: Leg, offer_id: str, cast: Cast, booking: Booking, now: datetime) -> Offer:
    family = family_of_offer(offer_id)
    return check_leg(leg, family=family, party=cast.party(booking), now=now).offer


def _require_same_route(standing: Standing, leg: Leg) -> None:
    row = standing.row
    if leg.sailing.operator_id != row.operator_id:
        raise NotAmendable(
            _(
                "Crossing %(number)d can only be moved to another sailing of %(operator)s. Please "
                "cancel and book again."
            )
            % {"number": standing.number, "operator": row.operator.name}
        )
    if (leg.origin.code, leg.destination.code) != (row.origin, row.destination):
        raise NotAmendable(
            _("Crossing %(number)d stays %(route)s; only its sailing can change.")
            % {"number": standing.number, "route": row}
        )


def _leg_price(changed: Changed | None, leg: Standing, *, is_after: bool) -> LegPrice:
    """Return a leg as discounts see it: as it shall be, or as it is."""
    row = leg.row
    lines: Lines = tuple(_snapshot(line) for line in leg.lines)
    family, departs_at = row.family, row.departs_at
    if changed and is_after:
        lines, family, departs_at = changed.after, changed.offer.family, changed.offer.departs_at
    elif changed and not changed.moves:
        lines = changed.before
    return LegPrice(
        operator=row.operator.code,
        family=family,
        origin=row.origin,
        destination=row.destination,
        day=clock.local(departs_at, row.origin_zone).date(),
        lines=tuple(line for line in lines if line.kind != "discount"),
    )


def _snapshot(line: OrderItem) -> PriceLine:
    return PriceLine(
        line.kind, line.label, line.amount, line.item, line.rule, line.vat, line.vat_bp
    )


def _named(lines: Sequence[PriceLine], cast: Cast) -> Lines:
    names = cast.names
    return tuple(replace(line, item=names.get(line.item, line.item)) for line in lines)


def _of(lines: Sequence[PriceLine], item: str) -> list[PriceLine]:
    return [line for line in lines if line.item == item]


def _charged(changed: Changed | None, terms: Terms) -> list[Line]:
    """Return the lines of a changed leg on which the bands of the conditions are computed."""
    if changed is None:
        return []
    number, touched = changed.standing.number, changed.touched
    ended = {line.pk for line in changed.cancelled}
    old = [line for line in changed.standing.lines if line.pk in ended or line.item in touched]
    found = [_line(number, line) for line in old if terms.bands_of("amend", line.kind)]
    sold = {line.item for line in changed.standing.lines}
    for line in changed.inserted:
        bands = terms.bands_of("amend", line.kind)
        is_flat = bands and all(band.charge != "percent" for band in bands)
        if line.item not in sold and is_flat:
            found.append(_line(number, line))
    return found


def _corrected(leg: Standing, terms: Terms, items: Collection[str]) -> list[Line]:
    if not any(NAME in band.components for band in terms.bands if band.action == "amend"):
        return []
    paid = {item: sum(line.amount for line in leg.lines if line.item == item) for item in items}
    return [
        Line(leg.number, item, NAME, CORRECTED_NAME, amount)
        for item, amount in sorted(paid.items())
    ]


def _line(number: int, line: OrderItem | PriceLine) -> Line:
    return Line(number, line.item, line.kind, line.label, line.amount)


def _sum(lines: Sequence[OrderItem] | Lines) -> int:
    return sum(line.amount for line in lines)
