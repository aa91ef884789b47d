"""The nearest sailing that takes a party, for offers that are refused. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from ferries import refusals
from ferries.offers import Offer
from maritime.lib import clock

# In which order other days are looked at: the next, the one before, and so on.
DAYS = (1, -1, 2, -2, 3, -3)
# Another sailing does not help against these: they are about the party, the fare or the ship.
HOPELESS = frozenset({"no_fare", "accessible_only", "pet_place_unknown", "not_offered"})


def with_nearest(
    offers: Sequence[Offer], *, day: date, offers_on: Callable[[date], Sequence[Offer]]
) -> list[Offer]:
    """Return the offers, with another sailing named in refusals that name nothing yet.

    `offers` are those of `day` between two ports. `offers_on` is asked for other days, at most
    three before and after, and only for an operator that has nothing for the party on the day.
    """
    known: dict[int, Sequence[Offer]] = {0: offers}

    def on(distance: int) -> Sequence[Offer]:
        if distance not in known:
            known[distance] = offers_on(day + timedelta(days=distance))
        return known[distance]

    return [_named(offer, on) if _may_be_helped(offer) else offer for offer in offers]


def nearest(refused: Offer, found: Iterable[Offer]) -> Offer | None:
    """Return the bookable offer of the same operator that departs nearest to the refused one."""
    others = [offer for offer in found if offer.bookable and offer.operator == refused.operator]
    return min(others, key=lambda offer: abs(offer.departs_at - refused.departs_at), default=None)


def _named(refused: Offer, on: Callable[[int], Sequence[Offer]]) -> Offer:
    for distance in (0, *DAYS):
        other = nearest(refused, on(distance))
        if other:
            return name(refused, other)
    return refused


def name(refused: Offer, other: Offer) -> Offer:
    """Return the refused offer with the other one named in each refusal that names nothing."""
    hint = refusals.other_sailing(
        offer=other.id,
        departs_at=other.departs_at,
        local=clock.local(other.departs_at, other.origin_zone),
    )
    return hinted(refused, hint)


def hinted(refused: Offer, hint: dict[str, int | str]) -> Offer:
    """Return the refused offer with the hint in each refusal that names nothing and may be helped."""
    return replace(
        refused,
        refusals=tuple(
            refusal if refusal.code in HOPELESS else refusals.with_nearest(refusal, hint)
            for refusal in refused.refusals
        ),
    )


def _may_be_helped(offer: Offer) -> bool:
    return any(
        refusal.nearest is None and refusal.code not in HOPELESS for refusal in offer.refusals
    )
