"""The answer of the search API as bytes: ready ones from the cache, new ones from the search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ferries import cache
from ferries.api.offers import offers_json, to_json
from ferries.api.serializers import SearchQuery
from ferries.cache import Answer
from ferries.search import SearchResult, search


@dataclass(frozen=True)
class _Direction:
    """One of the one or two searches of a query."""

    origin: str
    destination: str
    day: date


def search_answer(query: SearchQuery, *, now: datetime) -> tuple[bytes, bool]:
    """Return the JSON of a search, and whether all of it was ready in the cache.

    A ready answer costs two round trips to the cache and no query. Raises UnknownPort.
    """
    directions = [_Direction(query.origin, query.destination, query.day)]
    if query.back:
        directions.append(_Direction(query.destination, query.origin, query.back))
    names = [cache.digest("api", direction, query.party) for direction in directions]
    ready = cache.get_answers(names)
    answers = [
        answer or _make(direction, name, query, now=now)
        for direction, name, answer in zip(directions, names, ready, strict=True)
    ]
    parts = [_direction_json(answer, now=now) for answer in answers]
    inbound = parts[1] if query.back else b"null"
    body = b'{"outbound":' + parts[0] + b',"inbound":' + inbound + b"}"
    return body, None not in ready


def _make(direction: _Direction, name: str, query: SearchQuery, *, now: datetime) -> Answer:
    result = search(
        origin=direction.origin,
        destination=direction.destination,
        day=direction.day,
        party=query.party,
        now=now,
    )
    answer = Answer(
        body=offers_json(result.offers).encode(),
        generations=result.generations,
        facts=_operator_facts(result, now=now),
        until=result.until,
    )
    if result.complete:
        cache.set_answer(name, answer)
    return answer


def _operator_facts(result: SearchResult, *, now: datetime) -> list[list[Any]]:
    """Return code, status and moment of each operator's answer; local ones have no age."""
    moment = now.timestamp()
    return [
        [each.code, each.status, moment - each.age_seconds if each.remote else None]
        for each in result.operators
    ]


def _direction_json(answer: Answer, *, now: datetime) -> bytes:
    operators = _ages(answer.facts, now=now)
    return b'{"offers":' + answer.body + b',"operators":' + to_json(operators).encode() + b"}"


def _ages(facts: Sequence[Sequence[Any]], *, now: datetime) -> list[dict[str, Any]]:
    moment = now.timestamp()
    return [
        {
            "code": code,
            "status": status,
            "age_seconds": 0 if fetched is None else max(0, round(moment - fetched)),
        }
        for code, status, fetched in facts
    ]
