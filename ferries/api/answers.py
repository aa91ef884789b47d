"""The answer of the search API as bytes: ready ones from the cache, new ones from the search."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import get_language

from ferries import cache
from ferries.api.offers import offers_json
from ferries.api.serializers import SearchQuery
from ferries.cache import Answer
from ferries.party import Party
from ferries.refusals import utc_text
from ferries.search import SearchResult, search
from maritime.lib import clock


@dataclass(frozen=True)
class _Direction:
    """One of the one or two searches of a query."""

    origin: str
    destination: str
    day: date
    party: Party

    @property
    def name(self) -> str:
        """Return the name of its answer in the cache; sentences are in the reader's language."""
        ends = (self.origin, self.destination)
        return cache.digest("api", get_language(), *ends, self.day, self.party)


def search_answer(query: SearchQuery, *, now: datetime) -> tuple[bytes, bool]:
    """Return the JSON of a search, and whether all of it was ready in the cache.

    A ready answer costs two round trips to the cache and no query. Raises UnknownPort.
    """
    directions = [_Direction(query.origin, query.destination, query.day, query.party)]
    if query.back:
        directions.append(_Direction(query.destination, query.origin, query.back, query.party))
    ready = cache.get_answers([direction.name for direction in directions])
    answers = [
        answer or _make_in_line(direction, now=now)
        for direction, answer in zip(directions, ready, strict=True)
    ]
    for direction, answer in zip(directions, answers, strict=True):
        if answer.is_stale:
            _renew_behind(direction)
    parts = [_direction_json(answer, now=now) for answer in answers]
    inbound = parts[1] if query.back else b"null"
    body = b'{"outbound":' + parts[0] + b',"inbound":' + inbound + b"}"
    return body, None not in ready


def _make_in_line(direction: _Direction, *, now: datetime) -> Answer:
    """Make the answer, unless somebody in this process is at it already."""
    ends = time.monotonic() + settings.SEARCH_DEADLINE_SECONDS
    return cache.answer_in_line(
        direction.name,
        look=lambda: cache.get_answers([direction.name])[0],
        fill=lambda: _make(direction, ends=ends, now=now),
        ends=ends,
    )


def _renew_behind(direction: _Direction) -> None:
    cache.renew_behind(direction.name, lambda: _make(direction, ends=float("inf"), now=clock.now()))


def _make(direction: _Direction, *, ends: float, now: datetime) -> Answer:
    batch = cache.Batch()
    result = search(
        origin=direction.origin,
        destination=direction.destination,
        day=direction.day,
        party=direction.party,
        now=now,
        ends=ends,
        batch=batch,
    )
    answer = Answer(
        body=offers_json(result.offers),
        generations=result.generations,
        facts=_operator_facts(result),
        until=result.life.until,
        fresh_until=result.life.fresh_until,
    )
    if result.complete:
        cache.set_answer(direction.name, answer, batch)
    cache.store(batch)
    return answer


def _operator_facts(result: SearchResult) -> list[list[Any]]:
    """Return code, status, moment of the answer and whether it is the last one, by operator."""
    return [
        [
            each.code,
            each.status,
            each.answered_at and each.answered_at.timestamp(),
            each.showing_last,
        ]
        for each in result.operators
    ]


def _direction_json(answer: Answer, *, now: datetime) -> bytes:
    operators = _ages(answer.facts, now=now)
    return b'{"offers":' + answer.body + b',"operators":' + orjson.dumps(operators) + b"}"


def _ages(facts: Sequence[Sequence[Any]], *, now: datetime) -> list[dict[str, Any]]:
    """Return what the answer says of operators; local ones have no age."""
    moment = now.timestamp()
    return [
        {
            "code": code,
            "status": status,
            "age_seconds": 0 if answered is None else max(0, round(moment - answered)),
            "answered_at": answered and utc_text(datetime.fromtimestamp(answered, UTC)),
            "showing_last": showing_last,
        }
        for code, status, answered, showing_last in facts
    ]
