"""The only door to the cache: every key, lifetime and generation of cached answers.

Values are JSON. Each is stored with the generation under which it was made; a change in the
database replaces the generation after commit, and what was made under another one is a miss. A
reader takes the generation before it reads the database and hands it back when it stores, so a
slow reader can never bring an old answer back. See docs/decisions/0003-cache.md.

A cache that fails is a miss: after an error this process leaves it alone for a few seconds.
"""

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ferries import cache_link as link
from maritime.lib import clock

VERSION = "maritime:1"
SEARCHES = f"{VERSION}:gen:searches"
OPERATOR_ANSWER_SECONDS = 60
REMEMBERED_ANSWERS = 2000
LOCK_SECONDS = 4
LOCK_POLL_SECONDS = 0.02
# What the key of a lock gets when it is given back: an end that is past.
FREE = (b"", 0.0)

T = TypeVar("T")
_counts: Counter[str] = Counter()
_counts_lock = threading.Lock()
_depends_on: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Cached:
    """What a look-up found: the value or None, and the generation to store a new value under.

    `until` is the end of the value's life, in seconds of the epoch.
    """

    value: Any
    generation: str
    until: float = 0.0


@dataclass(frozen=True)
class Batch:
    """What is to be stored in one round trip: bytes and the end of their life, by key."""

    entries: dict[str, tuple[bytes, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A ready answer: bytes of JSON or HTML, what must still hold for them, and facts beside.

    `generations` are the generation keys that it was built under, `facts` small JSON that is not
    in the body (which operators answered, and when; the title of a page).
    """

    body: bytes
    generations: Mapping[str, str]
    facts: Any
    until: float


def get_search_results(*, origin: str, destination: str, day: date) -> Cached:
    """Look up the departures of a port pair on a local day, without prices and space (300 s).

    The ports as they were typed, in any case.
    """
    return _get("search", _search_key(origin, destination, day), SEARCHES)


def get_pair_and_results(
    name: str, *, origin: str, destination: str, day: date
) -> tuple[Cached, Cached]:
    """Look up facts of the network by name and the departures of a day, in one round trip."""
    pair = ("network", _network_key(name), SEARCHES)
    results = ("search", _search_key(origin, destination, day), SEARCHES)
    found = _get_many([pair, results])
    return found[0], found[1]


def set_search_results(
    value: Any,
    batch: Batch | None = None,
    /,
    *,
    origin: str,
    destination: str,
    day: date,
    generation: str,
) -> float:
    """Store departures under the generation that the look-up gave; return their end.

    With a batch they are stored along with it; so it is with the others below.
    """
    key = _search_key(origin, destination, day)
    return _set({key: value}, {key: generation}, settings.SEARCH_CACHE_SECONDS, batch)


def get_network(name: str) -> Cached:
    """Look up slow-changing facts of the network: ports, routes and tariffs (300 s)."""
    return _get("network", _network_key(name), SEARCHES)


def set_network(name: str, value: Any, *, generation: str) -> float:
    """Store facts of the network under the generation that the look-up gave."""
    key = _network_key(name)
    return _set({key: value}, {key: generation}, settings.SEARCH_CACHE_SECONDS)


def get_availability(sailing_ids: Sequence[int]) -> dict[int, Cached]:
    """Look up what is left on each of the sailings (60 s), in one round trip."""
    found = _get_many(
        [
            ("availability", f"{VERSION}:left:{pk}", availability_generation(pk))
            for pk in sailing_ids
        ]
    )
    return dict(zip(sailing_ids, found, strict=True))


def set_availability(
    values: Mapping[int, Any], batch: Batch | None = None, /, *, generations: Mapping[int, str]
) -> float:
    """Store what is left on sailings under the generations that the look-up gave.

    Both by the sailing's primary key, in one round trip; return the end of their life.
    """
    keys = {pk: f"{VERSION}:left:{pk}" for pk in values}
    return _set(
        {keys[pk]: value for pk, value in values.items()},
        {keys[pk]: generations[pk] for pk in values},
        settings.AVAILABILITY_CACHE_SECONDS,
        batch,
    )


def get_operator_answer(operator: str, *, search_key: str) -> Cached:
    """Look up what a remote operator answered to a search (60 s)."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _get("operator", key, operator_generation(operator))


def set_operator_answer(
    operator: str, value: Any, batch: Batch | None = None, /, *, search_key: str, generation: str
) -> float:
    """Store an operator's answer under the generation that the look-up gave."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _set({key: value}, {key: generation}, OPERATOR_ANSWER_SECONDS, batch)


def get_answers(names: Sequence[str]) -> list[Answer | None]:
    """Look up ready answers whose generations all still hold; no database.

    One round trip where this process has seen the answers before and so knows which generations
    to ask for along with them, else two.
    """
    guessed = sorted({key for name in names for key in _depends_on.get(name, ())})
    raw = link.mget([*map(_answer_key, names), *guessed]) or [None] * (len(names) + len(guessed))
    answers = [_read_answer(each) for each in raw[: len(names)]]
    tokens = dict(zip(guessed, raw[len(names) :], strict=True))
    unknown = {key for each in answers if each for key in each.generations} - tokens.keys()
    if unknown:
        tokens |= dict(zip(unknown, link.mget([*unknown]) or [None] * len(unknown), strict=True))
    valid = [each if each and _holds(each, tokens) else None for each in answers]
    for name, answer in zip(names, valid, strict=True):
        _remember(name, answer)
    _count(("answer", answer is not None) for answer in valid)
    return valid


def set_answer(name: str, answer: Answer) -> None:
    """Store a ready answer until its end."""
    if not all(answer.generations.values()):
        return
    header = {"generations": answer.generations, "facts": answer.facts, "until": answer.until}
    raw = _to_json(header).encode() + b"\n" + answer.body
    link.store({_answer_key(name): (raw, answer.until)})


def invalidate_sailing_availability(*sailing_ids: int) -> None:
    """Forget what is left on the sailings (primary keys), once the transaction commits.

    Searches stay cached; they are merged with the new availability when read.
    """
    _bump_on_commit([availability_generation(pk) for pk in sailing_ids])


def invalidate_searches() -> None:
    """Forget every cached search and all facts of the network, once the transaction commits.

    For changes of timetables, fares, ports, routes and operators; bulk paths call it once.
    """
    _bump_on_commit([SEARCHES])


def invalidate_operator_answers(operator: str) -> None:
    """Forget what a remote operator answered to searches, once the transaction commits."""
    _bump_on_commit([operator_generation(operator)])


def searches_generation() -> str:
    """Return the present generation of searches, for readers of the tables that it covers.

    Empty without a cache; nothing is stored under that.
    """
    found = link.look([(SEARCHES, SEARCHES)])
    return found[SEARCHES].decode() if found else ""


def availability_generation(sailing_id: int) -> str:
    """Return the name of the generation of one sailing's availability."""
    return f"{VERSION}:gen:left:{sailing_id}"


def operator_generation(operator: str) -> str:
    """Return the name of the generation of a remote operator's answers."""
    return f"{VERSION}:gen:remote:{operator}"


def digest(*parts: object) -> str:
    """Return a short fixed-length key of checked parameters."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fill_alone(name: str, *, look: Callable[[], T | None], fill: Callable[[Batch], T]) -> T:
    """Return what `look` finds while another process fills the value, or fill it here.

    Only one process at a time fills; the others look again until it is done, at most 4 s, and
    then fill too. Without a cache everybody fills. What `fill` puts into its batch is stored as
    the others get their turn, in the same round trip.
    """
    key = f"{VERSION}:lock:{name}"
    batch = Batch()
    has_waited = False
    give_up = time.monotonic() + LOCK_SECONDS
    while not _gets_turn(key) and time.monotonic() < give_up:
        has_waited = True
        time.sleep(LOCK_POLL_SECONDS)
        found = look()
        if found is not None:
            return found
    try:
        # The one before may have stored the value after our last look.
        found = look() if has_waited else None
        return fill(batch) if found is None else found
    finally:
        link.store({**batch.entries, key: FREE})


def _gets_turn(key: str) -> bool:
    """Tell whether nobody else is filling; without a cache nobody is."""
    taken = link.call(lambda redis: redis.set(key, b"1", nx=True, ex=LOCK_SECONDS) or False)
    return taken is not False


def counts() -> dict[str, int]:
    """Return how many look-ups of this process hit and missed, by layer ("search_hit" ...)."""
    with _counts_lock:
        return dict(_counts)


def resume() -> None:
    """Use the cache again at once after a failure, instead of waiting for the pause to end."""
    link.resume()


def _network_key(name: str) -> str:
    return f"{VERSION}:net:{name}"


def _search_key(origin: str, destination: str, day: date) -> str:
    return f"{VERSION}:search:{digest(origin.casefold(), destination.casefold(), day)}"


def _answer_key(name: str) -> str:
    return f"{VERSION}:answer:{name}"


def _get(layer: str, key: str, generation_key: str) -> Cached:
    return _get_many([(layer, key, generation_key)])[0]


def _get_many(wanted: Sequence[tuple[str, str, str]]) -> list[Cached]:
    """Look up values by (layer, key, generation's key) in one round trip.

    Generations that are missing are made.
    """
    found = link.look([(key, generation) for _, key, generation in wanted])
    if not found:
        return [Cached(None, "") for _ in wanted]
    cached = [_open(found[key], found[generation].decode()) for _, key, generation in wanted]
    _count(
        (layer, each.value is not None) for (layer, _, _), each in zip(wanted, cached, strict=True)
    )
    return cached


def _open(raw: bytes | None, generation: str) -> Cached:
    """Return the value inside a stored one, if it was made under this generation."""
    if raw is None:
        return Cached(None, generation)
    made_under, until, text = raw.split(b"|", 2)
    if made_under.decode() != generation:
        return Cached(None, generation)
    return Cached(json.loads(text.decode()), generation, float(until))


def _set(
    values: Mapping[str, Any],
    generations: Mapping[str, str],
    seconds: int,
    batch: Batch | None = None,
) -> float:
    """Store values by key, each under its generation; return the end of their life."""
    until = clock.now().timestamp() + seconds
    entries = {
        key: (_seal(value, generations[key], until), until)
        for key, value in values.items()
        if generations[key]
    }
    if batch is None:
        link.store(entries)
    else:
        batch.entries.update(entries)
    return until


def _seal(value: Any, generation: str, until: float) -> bytes:
    """Return the stored form: generation, end of life, JSON."""
    return f"{generation}|{until}|{_to_json(value)}".encode()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"{type(value).__name__} is not cached")


# Made once: an encoder with options costs as much as the little that it encodes.
_to_json = json.JSONEncoder(default=_plain, separators=(",", ":")).encode


def _read_answer(raw: bytes | None) -> Answer | None:
    if raw is None:
        return None
    header, body = raw.split(b"\n", 1)
    return Answer(body=body, **json.loads(header))


def _holds(answer: Answer, tokens: Mapping[str, bytes | None]) -> bool:
    return answer.until > clock.now().timestamp() and all(
        tokens[key] == token.encode() for key, token in answer.generations.items()
    )


def _remember(name: str, answer: Answer | None) -> None:
    """Note which generations the answer depends on: a guess for next time, never trusted."""
    if answer is None:
        _depends_on.pop(name, None)
        return
    if len(_depends_on) >= REMEMBERED_ANSWERS:
        _depends_on.clear()
    _depends_on[name] = tuple(answer.generations)


def _bump_on_commit(keys: Sequence[str]) -> None:
    if keys:
        transaction.on_commit(lambda: link.bump(keys), robust=True)


def _count(found: Iterable[tuple[str, bool]]) -> None:
    """Count hits and misses by layer."""
    with _counts_lock:
        _counts.update(f"{layer}_{'hit' if is_hit else 'miss'}" for layer, is_hit in found)
