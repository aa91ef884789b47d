"""Quotes: a price that is promised for a while, and kept or openly changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing

from bookings.errors import PriceChanged
from bookings.operations import journey
from bookings.operations.journey import LegWish, QuotedLeg
from ferries import words
from ferries.offers import Offer
from ferries.party import Party

QUOTE_LIFE = timedelta(minutes=20)
SALT = "price-quote"


@dataclass(frozen=True)
class Quote:
    """The whole price of a journey until `expires_at`; minor units.

    `token` commits to the offers, the cabins and every line of the price. `persons_list` tells of
    each offer whether its crossing asks for the list of persons.
    """

    token: str
    amount: int
    vat: int
    currency: str
    offers: tuple[Offer, ...]
    persons_list: tuple[bool, ...]
    expires_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the form that the API shows."""
        return {
            "token": self.token,
            "expires_at": self.expires_at.isoformat().replace("+00:00", "Z"),
            "amount": self.amount,
            "vat": self.vat,
            "currency": self.currency,
            "legs": [
                {
                    "offer": offer.id,
                    "family": offer.family,
                    "accommodation": list(offer.chosen_accommodation),
                    "amount": offer.amount,
                    "persons_list": persons_list,
                    "lines": [
                        {**asdict(line), "label": words.told(line.label)} for line in offer.lines
                    ],
                }
                for offer, persons_list in zip(self.offers, self.persons_list, strict=True)
            ],
        }


def quote_booking(
    wishes: Sequence[LegWish], *, party: Party, offer_code: str = "", now: datetime
) -> Quote:
    """Price the journey as the operators say now and sign the answer; writes nothing.

    May use the network. Raises what `journey.quote_journey` raises.
    """
    legs = journey.quote_journey(wishes, party=party, offer_code=offer_code, now=now)
    return quote_of(legs, offer_code=offer_code, now=now)


def quote_of(legs: Sequence[QuotedLeg], *, offer_code: str, now: datetime) -> Quote:
    """Return the signed quote of legs that have just been priced."""
    offers = tuple(leg.offer for leg in legs)
    expires_at = now + QUOTE_LIFE
    content = {
        "facts": _facts(legs, offer_code=offer_code),
        "expires": expires_at.timestamp(),
    }
    lines = [line for offer in offers for line in offer.lines]
    return Quote(
        token=signing.dumps(content, salt=SALT),
        amount=sum(line.amount for line in lines),
        vat=sum(line.vat for line in lines),
        currency=offers[0].currency,
        offers=offers,
        expires_at=expires_at,
        persons_list=tuple(leg.persons_list for leg in legs),
    )


def require_quote(token: str, legs: Sequence[QuotedLeg], *, offer_code: str, now: datetime) -> None:
    """Insist that the journey costs what a quote promised, line by line.

    Raises PriceChanged with a new quote when a price has changed, when the quote is over, and for
    a token that was made for something else or not by us.
    """
    promised = _read(token)
    facts = _facts(legs, offer_code=offer_code)
    is_over = now >= datetime.fromtimestamp(promised.get("expires", 0), UTC)
    if is_over or promised.get("facts") != facts:
        fresh = quote_of(legs, offer_code=offer_code, now=now)
        raise PriceChanged(fresh.as_dict())


def _facts(legs: Sequence[QuotedLeg], *, offer_code: str) -> str:
    """Return a digest of what is bought and of every line of its price."""
    bought = [
        [leg.offer.id, leg.party.accommodation, leg.offer.currency, *map(asdict, leg.offer.lines)]
        for leg in legs
    ]
    text = json.dumps([offer_code.upper(), bought], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(token: str) -> dict[str, Any]:
    try:
        promised: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return {}
    return promised
