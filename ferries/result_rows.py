"""One offer as the results page shows it: reasons with a way out, and what the crossing emits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from ferries import cache
from ferries.day_strip import moved
from ferries.emissions import Footprint, footprint
from ferries.offers import Offer
from maritime.lib import clock


@dataclass(frozen=True)
class Hint:
    """Why an offer cannot be booked, the nearest thing that can, and the address of its search."""

    message: str
    nearest: str
    href: str


@dataclass(frozen=True)
class Row:
    """An offer in the list; `anchor` is its name within the page."""

    offer: Offer
    anchor: str
    hints: Sequence[Hint]
    footprint: Footprint | None


def rows_of(
    offers: Sequence[Offer],
    *,
    question: Mapping[str, str],
    field: str,
    distance_km: float | None,
) -> list[Row]:
    """Return the rows of one direction, whose day is the parameter `field` of the question."""
    return [
        Row(
            offer=offer,
            anchor=anchor_of(offer.id),
            hints=[
                Hint(refusal.message, *_nearest(refusal.nearest, offer, question, field))
                for refusal in offer.refusals
            ],
            footprint=footprint(offer.vessel, distance_km),
        )
        for offer in offers
    ]


def anchor_of(offer_id: str) -> str:
    """Return a short name for an offer within the page; ids may hold any character."""
    return f"offer-{cache.digest(offer_id)[:8]}"


def _nearest(
    nearest: Mapping[str, Any] | None, offer: Offer, question: Mapping[str, str], field: str
) -> tuple[str, str]:
    """Return the sentence and the address of what would fit; empty where there is none."""
    if nearest is None:
        return "", ""
    return nearest["message"], _search_for(nearest, offer, question, field)


def _search_for(
    nearest: Mapping[str, Any], offer: Offer, question: Mapping[str, str], field: str
) -> str:
    kind = nearest["kind"]
    if kind == "other_sailing":
        departs_at = datetime.fromisoformat(nearest["departs_at"])
        day = clock.local(departs_at, offer.origin_zone).date()
        return f"?{urlencode(moved(question, field, day))}#{anchor_of(nearest['offer'])}"
    if kind == "without_trailer":
        return f"?{urlencode(_without(question, 'trailer', 'trailer_length_cm'))}"
    if kind == "other_deck":
        lower = _without(question, "roof_box", "roof_bicycles")
        return f"?{urlencode({**lower, 'vehicle_height_cm': nearest['clear_height_cm']})}"
    return ""


def _without(question: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in question.items() if name not in names}
