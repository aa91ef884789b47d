"""Offers as the API shows them, written as JSON text: what many share is written once."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from ferries import words
from ferries.offers import Offer
from ferries.refusals import utc_text
from maritime.lib import clock

# What the offers of one seller have in common; the price comes on top.
COMMON = (
    "operator",
    "operator_name",
    "origin",
    "origin_name",
    "origin_zone",
    "destination",
    "destination_name",
    "destination_zone",
    "family",
    "family_name",
    "timetable_note",
)
common_of = attrgetter(*COMMON)
to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def offers_json(offers: Sequence[Offer]) -> str:
    """Return a JSON array of offers: moments in UTC and on the wall clocks of the ports.

    An object has two parts: what is the offer's own, and what it shares with others of its seller
    and price, whose text is made once.
    """
    shared: dict[tuple[Any, ...], str] = {}
    texts = []
    for offer in offers:
        # Lines by identity, since sailings of one price have the very same tuple.
        key = (*common_of(offer), offer.currency, id(offer.lines))
        text = shared.get(key)
        if text is None:
            text = shared[key] = to_json(_shared(offer))
        texts.append(f"{to_json(_own(offer))[:-1]},{text[1:]}")
    return f"[{','.join(texts)}]"


def _own(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "sailing": offer.sailing,
        "vessel": offer.vessel,
        "departs_at": utc_text(offer.departs_at),
        "arrives_at": utc_text(offer.arrives_at),
        "departure_local": _local(offer.departs_at, offer.origin_zone),
        "arrival_local": _local(offer.arrives_at, offer.destination_zone),
        "duration_minutes": (offer.arrives_at - offer.departs_at) // timedelta(minutes=1),
        "bookable": offer.bookable,
        "refusals": [refusal.as_dict() for refusal in offer.refusals],
        "left": offer.left,
        "fares": [vars(fare) for fare in offer.fares],
        "accommodation": [vars(each) for each in offer.accommodation],
        "accommodation_required": offer.accommodation_required,
        "chosen_accommodation": offer.chosen_accommodation,
        "pets": [vars(pet) for pet in offer.pets],
        "check_in_minutes": offer.check_in_minutes,
    }


def _shared(offer: Offer) -> dict[str, Any]:
    return {
        **dict(zip(COMMON, common_of(offer), strict=True)),
        "price": {
            "amount": offer.amount,
            "currency": offer.currency,
            "lines": [
                {
                    "kind": line.kind,
                    "label": words.told(line.label),
                    "amount": line.amount,
                    "item": line.item,
                    "rule": line.rule,
                    "vat": line.vat,
                }
                for line in offer.lines
            ],
        },
    }


def _local(moment: datetime, zone: str) -> str:
    return clock.local(moment, zone).isoformat(timespec="seconds")
