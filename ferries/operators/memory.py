"""What remote operators said last, for searches that they do not answer.

The cache of searches (`ferries/cache.py`) forgets an answer after a minute or when space changes.
This one is for the other case: the operator is away, and an old answer, shown as old, is better
than none. It decides nothing: a hold asks the operator.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from redis import Redis

from ferries import cache
from ferries.offers import Offer
from ferries.operators import store
from ferries.party import Party

LAST_ANSWER_SECONDS = 3600
LISTED_SECONDS = 3600
VERSION = "maritime:1"


@dataclass(frozen=True)
class Question:
    """What a search asks an operator: our port codes, the local day at the origin, the party."""

    origin: str
    destination: str
    day: date
    party: Party


@dataclass(frozen=True)
class LastAnswer:
    """An operator's last good answer to a question; `answered` in seconds of the epoch."""

    offers: list[Offer]
    answered: float

    def age_seconds(self, *, now: datetime) -> int:
        """Return how long ago the operator answered."""
        return max(0, round(now.timestamp() - self.answered))


def keep(operator_code: str, question: Question, offers: Iterable[Offer], *, now: datetime) -> None:
    """Remember a good answer for an hour."""
    value = [now.timestamp(), [offer.as_json() for offer in offers]]
    # Offers of a day are much alike: a tenth of the size.
    raw = zlib.compress(orjson.dumps(value), 1)
    key = _answer_key(operator_code, question)
    store.ask(lambda redis: redis.set(key, raw, ex=LAST_ANSWER_SECONDS))


def last_answer(operator_code: str, question: Question) -> LastAnswer | None:
    """Return the operator's last good answer to the question, if there was one within the hour."""
    raw = store.ask(lambda redis: redis.get(_answer_key(operator_code, question)))
    if not isinstance(raw, bytes):
        return None
    answered, offers = orjson.loads(zlib.decompress(raw))
    return LastAnswer([Offer.from_json(offer) for offer in offers], answered)


def note_listed(offers: Iterable[Offer], *, day: date) -> None:
    """Remember in which search offers were listed: their ids alone do not tell."""
    rows = {
        _listed_key(offer.id): json.dumps([offer.origin, offer.destination, day.isoformat()])
        for offer in offers
    }

    def note(redis: Redis) -> Any:
        pipe = redis.pipeline(transaction=False)
        for key, value in rows.items():
            pipe.set(key, value, ex=LISTED_SECONDS)
        return pipe.execute()

    if rows:
        store.ask(note)


def where_listed(offer_id: str) -> tuple[str, str, date] | None:
    """Return origin, destination and day of the search that listed an offer, if it was lately."""
    raw = store.ask(lambda redis: redis.get(_listed_key(offer_id)))
    if not raw:
        return None
    origin, destination, day = json.loads(raw)
    return origin, destination, date.fromisoformat(day)


def _answer_key(operator_code: str, question: Question) -> str:
    ends = question.origin, question.destination
    return f"{VERSION}:last:{operator_code}:{cache.digest(*ends, question.day, question.party)}"


def _listed_key(offer_id: str) -> str:
    return f"{VERSION}:listed:{cache.digest(offer_id)}"
