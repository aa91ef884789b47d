"""Offers as the API shows them, as JSON."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import orjson

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


def offers_json(offers: Sequence[Offer]) -> bytes:
    """Return a JSON array of offers: moments in UTC and on the wall clocks of the ports.

    What an offer shares with others of its seller and price is put together once.
    """
    shared: dict[tuple[Any, ...], dict[str, Any]] = {}
    shown = []
    for offer in offers:
        # Lines by identity, since sailings of one price have the very same tuple.
        key = (*common_of(offer), offer.currency, id(offer.lines))
        facts = shared.get(key)
        if facts is None:
            facts = shared[key] = _shared(offer)
        shown.append(_own(offer) | facts)
    return orjson.dumps(shown)


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
