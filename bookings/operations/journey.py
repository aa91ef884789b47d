"""The legs of a journey as their operators offer them now, before anything is held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _

from bookings.errors import InvalidJourney
from ferries import discounts, refusals, search
from ferries.discounts import DiscountFacts, LegPrice
from ferries.errors import NotBookable
from ferries.models import Leg, Operator
from ferries.operators import calls, registry
from ferries.operators.base import Offer
from ferries.operators.local import check_offer
from ferries.party import Party
from ferries.spaces import PoolSpace
from maritime.lib import clock

MAX_LEGS = 2


@dataclass(frozen=True)
class LegWish:
    """What a customer wants on one crossing: an offer, and cabins or seats by their type codes."""

    offer_id: str
    accommodation: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuotedLeg:
    """One leg with its live offer for `party`, the party with its wishes on this leg.

    `local` is our own leg and `spaces` what was left of its sailing; both are empty for a remote
    operator's. `persons_list`: its route asks for the list of persons.
    """

    operator: Operator
    offer: Offer
    party: Party
    local: Leg | None
    spaces: tuple[PoolSpace, ...] = ()
    discounts: tuple[DiscountFacts, ...] = ()
    operator_ref: str = ""
    persons_list: bool = False


def quote_journey(
    wishes: Sequence[LegWish], *, party: Party, offer_code: str = "", now: datetime
) -> tuple[QuotedLeg, ...]:
    """Ask each operator for the offer as it stands now; may use the network.

    Discounts of the journey as a whole are lines of the offers. Raises InvalidJourney (number of
    legs, order, currencies), NotBookable with the refusals of all legs (each with the number of
    its leg) or of the offer code, UnknownOffer, OperatorUnavailable.
    """
    legs = look_at_journey(wishes, party=party, now=now)
    refused = [
        {**refusal.as_dict(), "leg": number}
        for number, leg in enumerate(legs, start=1)
        for refusal in leg.offer.refusals
    ]
    if refused:
        raise NotBookable(refused)
    return with_discounts(legs, offer_code=offer_code, now=now)


def look_at_journey(
    wishes: Sequence[LegWish], *, party: Party, now: datetime
) -> tuple[QuotedLeg, ...]:
    """Return the legs as their operators offer them now, refused ones too.

    A refusal names the nearest sailing that takes the party. May use the network. Raises
    InvalidJourney, UnknownOffer, OperatorUnavailable.
    """
    if not 1 <= len(wishes) <= MAX_LEGS:
        raise InvalidJourney(_("A booking has one or two crossings."))
    legs = tuple(_explained(_quote(wish, party, now), now) for wish in wishes)
    for earlier, later in pairwise(legs):
        _require_joint_sale(earlier.offer, later.offer)
    return legs


def with_discounts(
    legs: tuple[QuotedLeg, ...], *, offer_code: str, now: datetime
) -> tuple[QuotedLeg, ...]:
    """Return priced legs with the journey's discounts as lines of their offers.

    Raises NotBookable with the reason why an offer code does not count.
    """
    facts = tuple({each: None for leg in legs for each in leg.discounts})
    prices = tuple(_leg_price(leg) for leg in legs)
    if offer_code:
        against = discounts.reason_against(offer_code, prices, facts, booked_on=now.date())
        if against:
            raise NotBookable([against.as_dict()])
    if not facts:
        return legs
    made = discounts.discounted(
        prices, facts, group=legs[0].party.group, offer_code=offer_code, booked_on=now.date()
    )
    return tuple(
        replace(leg, offer=replace(leg.offer, lines=lines))
        for leg, lines in zip(legs, made, strict=True)
    )


def reserve_remote(
    legs: Sequence[QuotedLeg], *, reference: str, until: datetime
) -> tuple[QuotedLeg, ...]:
    """Hold the space of remote legs at their operators; never inside a transaction.

    If the booking is not made after all, nobody cancels: the operator gives the space back by
    itself at `until`. Raises NotBookable, OperatorUnavailable, OperatorRefused.
    """
    return tuple(
        leg if leg.local else _reserved(leg, f"{reference}-{position}", until)
        for position, leg in enumerate(legs, start=1)
    )


def _quote(wish: LegWish, party: Party, now: datetime) -> QuotedLeg:
    party = replace(party, accommodation=wish.accommodation)
    live = check_offer(wish.offer_id, party=party, now=now)
    if live is None:
        operator = registry.operator_of_offer(wish.offer_id)
        offer = refusals.told(calls.check(operator, offer_id=wish.offer_id, party=party))
        return QuotedLeg(operator, _without_extras(offer, party), party, None)
    if not party.accommodation:
        party = replace(party, accommodation=live.offer.chosen_accommodation)
    operator = live.leg.sailing.operator
    return QuotedLeg(
        operator,
        live.offer,
        party,
        live.leg,
        live.spaces,
        live.discounts,
        persons_list=live.persons_list,
    )


def _explained(leg: QuotedLeg, now: datetime) -> QuotedLeg:
    """Return the leg; a refused one of ours with the nearest sailing that takes the party."""
    if leg.offer.bookable or leg.local is None:
        return leg
    return replace(leg, offer=search.name_alternative(leg.offer, party=leg.party, now=now))


def _without_extras(offer: Offer, party: Party) -> Offer:
    """Refuse what remote systems cannot be asked for, instead of losing it on the way."""
    wishes = {
        _("cabins or seats"): bool(party.accommodation),
        _("places for pets"): bool(party.pets),
        _("places for assistance dogs"): bool(party.assistance_dogs),
    }
    against = [refusals.not_offered(what) for what, wanted in wishes.items() if wanted]
    return replace(offer, refusals=(*offer.refusals, *against)) if against else offer


def _leg_price(leg: QuotedLeg) -> LegPrice:
    offer = leg.offer
    return LegPrice(
        operator=offer.operator,
        family=offer.family,
        origin=offer.origin,
        destination=offer.destination,
        day=clock.local(offer.departs_at, offer.origin_zone).date(),
        lines=tuple(line for line in offer.lines if line.kind != "discount"),
    )


def _reserved(leg: QuotedLeg, reference: str, until: datetime) -> QuotedLeg:
    answer = calls.reserve(
        leg.operator, offer_id=leg.offer.id, party=leg.party, reference=reference, until=until
    )
    return replace(leg, operator_ref=answer.operator_reference)


def _require_joint_sale(earlier: Offer, later: Offer) -> None:
    if later.departs_at < earlier.arrives_at:
        raise InvalidJourney(_("The second crossing departs before the first one arrives."))
    if later.currency != earlier.currency:
        raise InvalidJourney(
            _(
                "One crossing is sold in %(first)s and the other in %(second)s; please book them "
                "separately."
            )
            % {"first": earlier.currency, "second": later.currency}
        )
