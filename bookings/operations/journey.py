"""The legs of a journey as their operators offer them now, before anything is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bookings.errors import InvalidJourney
from ferries.errors import NotBookable
from ferries.inventory import PoolSpace
from ferries.models import Leg, Operator
from ferries.operators import calls, registry
from ferries.operators.base import Offer
from ferries.operators.local import check_leg, leg_of_offer
from ferries.party import Party

MAX_LEGS = 2


@dataclass(frozen=True)
class QuotedLeg:
    """One leg with its live offer.

    `local` is our own leg and `spaces` what was left of its sailing; both are empty for a remote
    operator's.
    """

    operator: Operator
    offer: Offer
    local: Leg | None
    spaces: tuple[PoolSpace, ...] = ()
    operator_ref: str = ""


def quote_journey(
    offer_ids: Sequence[str], *, party: Party, now: datetime
) -> tuple[QuotedLeg, ...]:
    """Ask each operator for the offer as it stands now; may use the network.

    Raises InvalidJourney (number of legs, order, currencies), NotBookable with the refusals of
    all legs (each with the number of its leg), UnknownOffer, OperatorUnavailable.
    """
    if not 1 <= len(offer_ids) <= MAX_LEGS:
        raise InvalidJourney("A booking has one or two crossings.")
    legs = tuple(_quote(offer_id, party, now) for offer_id in offer_ids)
    for earlier, later in pairwise(legs):
        _require_joint_sale(earlier.offer, later.offer)
    refusals = [
        {**refusal.as_dict(), "leg": number}
        for number, leg in enumerate(legs, start=1)
        for refusal in leg.offer.refusals
    ]
    if refusals:
        raise NotBookable(refusals)
    return legs


def reserve_remote(
    legs: Sequence[QuotedLeg], *, party: Party, reference: str, until: datetime
) -> tuple[QuotedLeg, ...]:
    """Hold the space of remote legs at their operators; never inside a transaction.

    If the booking is not made after all, nobody cancels: the operator gives the space back by
    itself at `until`. Raises NotBookable, OperatorUnavailable, OperatorRefused.
    """
    return tuple(
        leg if leg.local else _reserved(leg, party, f"{reference}-{position}", until)
        for position, leg in enumerate(legs, start=1)
    )


def _quote(offer_id: str, party: Party, now: datetime) -> QuotedLeg:
    operator = registry.operator_of_offer(offer_id)
    if operator.adapter == Operator.Adapter.LOCAL:
        leg = leg_of_offer(offer_id)
        offer, spaces = check_leg(leg, party=party, now=now)
        return QuotedLeg(operator, offer, leg, tuple(spaces))
    return QuotedLeg(operator, calls.check(operator, offer_id=offer_id, party=party), None)


def _reserved(leg: QuotedLeg, party: Party, reference: str, until: datetime) -> QuotedLeg:
    answer = calls.reserve(
        leg.operator, offer_id=leg.offer.id, party=party, reference=reference, until=until
    )
    return QuotedLeg(leg.operator, leg.offer, None, operator_ref=answer.operator_reference)


def _require_joint_sale(earlier: Offer, later: Offer) -> None:
    if later.departs_at < earlier.arrives_at:
        raise InvalidJourney("The second crossing departs before the first one arrives.")
    if later.currency != earlier.currency:
        raise InvalidJourney(
            f"One crossing is sold in {earlier.currency} and the other in {later.currency}; "
            "please book them separately."
        )
