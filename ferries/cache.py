"""The only door to the cache: every key, lifetime and generation of cached answers.

Values are JSON. Each is stored with the generation under which it was made; a change in the
database replaces the generation after commit, and what was made under another one is a miss. A
reader takes the generation before it reads the database and hands it back when it stores, so a
slow reader can never bring an old answer back. Past its soft end a value of the present generation
is still shown while one process renews it. See docs/decisions/0003-cache.md.

A cache that fails is a miss: after an error this process leaves it alone for a few seconds.
"""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from ferries import cache_counts as counts
from ferries import cache_link as link
from ferries import cache_turns as turns
from ferries import cache_values as values
from ferries.cache_values import FOREVER as FOREVER
from ferries.cache_values import Answer as Answer
from ferries.cache_values import Batch as Batch
from ferries.cache_values import Cached as Cached
from ferries.cache_values import Life as Life
from ferries.cache_values import shortest as shortest
from maritime.lib import clock

VERSION = "maritime:2"
SEARCHES = f"{VERSION}:gen:searches"
OPERATOR_ANSWER_SECONDS = 60
REMEMBERED_ANSWERS = 2000
# When a value is renewed and when it ends, in parts of its lifetime. What was stored in one moment
# shall not have to be made again in one moment.
SOFT_PART, HARD_PART = (0.7, 0.85), (0.9, 1.0)
# What the key of a lock gets when it is given back: an end that is past.
FREE = (b"", 0.0)

T = TypeVar("T")
_depends_on: dict[str, tuple[str, ...]] = {}


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
) -> Life:
    """Store departures under the generation that the look-up gave; return their life.

    With a batch they are stored along with it; so it is with the others below.
    """
    key = _search_key(origin, destination, day)
    return _set({key: value}, {key: generation}, settings.SEARCH_CACHE_SECONDS, batch)


def get_network(name: str) -> Cached:
    """Look up slow-changing facts of the network: ports, routes and tariffs (300 s)."""
    return _get("network", _network_key(name), SEARCHES)


def set_network(name: str, value: Any, *, generation: str) -> Life:
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
    left: Mapping[int, Any], batch: Batch | None = None, /, *, generations: Mapping[int, str]
) -> Life:
    """Store what is left on sailings under the generations that the look-up gave.

    Both by the sailing's primary key, in one round trip; return their life.
    """
    keys = {pk: f"{VERSION}:left:{pk}" for pk in left}
    return _set(
        {keys[pk]: value for pk, value in left.items()},
        {keys[pk]: generations[pk] for pk in left},
        settings.AVAILABILITY_CACHE_SECONDS,
        batch,
    )


def get_operator_answer(operator: str, *, search_key: str) -> Cached:
    """Look up what a remote operator answered to a search (60 s)."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _get("operator", key, operator_generation(operator))


def set_operator_answer(
    operator: str, value: Any, batch: Batch | None = None, /, *, search_key: str, generation: str
) -> Life:
    """Store an operator's answer under the generation that the look-up gave."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _set({key: value}, {key: generation}, OPERATOR_ANSWER_SECONDS, batch)


def get_answers(names: Sequence[str]) -> list[Answer | None]:
    """Look up ready answers whose generations all still hold; no database.

    One round trip where this process has seen the answers before and so knows which generations
    to ask for along with them, else two.
    """
    guessed = sorted({key for name in names for key in _depends_on.get(name, ())})
    raw = link.mget([*map(_answer_key, names), *guessed])
    if raw is None:
        counts.add(("answer", "error") for _ in names)
        return [None] * len(names)
    answers = [each and values.open_answer(each) for each in raw[: len(names)]]
    tokens = dict(zip(guessed, raw[len(names) :], strict=True))
    unknown = {key for each in answers if each for key in each.generations} - tokens.keys()
    if unknown:
        tokens |= dict(zip(unknown, link.mget([*unknown]) or [None] * len(unknown), strict=True))
    valid = [each if each and _holds(each, tokens) else None for each in answers]
    for name, answer in zip(names, valid, strict=True):
        _remember(name, answer)
    counts.add(("answer", _outcome(each.fresh_until if each else None)) for each in valid)
    return valid


def set_answer(name: str, answer: Answer, batch: Batch | None = None) -> None:
    """Store a ready answer until its end, or put it into the batch."""
    if not all(answer.generations.values()):
        return
    entry = {_answer_key(name): (values.seal_answer(answer), answer.until)}
    if batch is None:
        link.store(entry)
    else:
        batch.entries.update(entry)


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


def answer_in_line(
    name: str, *, look: Callable[[], T | None], fill: Callable[[], T], ends: float
) -> T:
    """Return the ready answer that `look` finds once others of this process made it, or `fill`'s.

    It costs no round trip. `ends` is the moment of the monotonic clock at which waiting is over.
    """
    return turns.in_line(_answer_key(name), look=_waited("answer", look), fill=fill, ends=ends)


def fill_alone(
    name: str, *, look: Callable[[], T | None], fill: Callable[[Batch], T], ends: float
) -> T:
    """Return what `look` finds while another fills the value, or fill it here.

    Of all processes only one at a time fills; the others wait for it, at most until the moment
    `ends` of the monotonic clock, and then fill too. Without a cache everybody fills. What `fill`
    puts into its batch is stored as the others get their turn, in the same round trip.
    """
    key = f"{VERSION}:lock:{name}"
    batch = Batch()
    look = _waited("operator", look)

    def fill_by_turn() -> T:
        return turns.by_turn(
            key,
            look=look,
            fill=lambda: fill(batch),
            free=lambda: link.store({**batch.entries, key: FREE}),
            ends=ends,
        )

    return turns.in_line(key, look=look, fill=fill_by_turn, ends=ends)


def store(batch: Batch) -> None:
    """Store what is in the batch, in one round trip."""
    link.store(batch.entries)


def renew_behind(name: str, make: Callable[[], object]) -> None:
    """Let one process make a ready answer anew, in a thread, while it is still shown."""
    turns.renew_behind(f"{VERSION}:renew:{name}", make)


def resume() -> None:
    """Use the cache again at once after a failure, instead of waiting for the pause to end."""
    link.resume()


def _waited(kind: str, look: Callable[[], T | None]) -> Callable[[], T | None]:
    """Return the look of one who had to wait; the wait is counted once."""
    noted: list[str] = []

    def look_after_waiting() -> T | None:
        if not noted:
            noted.append(kind)
            counts.add([(kind, "wait")])
        return look()

    return look_after_waiting


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
        counts.add((layer, "error") for layer, _, _ in wanted)
        return [Cached(None, "") for _ in wanted]
    # Who renews an answer gets fresh values only.
    fresh_at = clock.now().timestamp() if turns.is_renewing() else 0.0
    cached = [
        values.open_sealed(found[key], generation=found[generation].decode(), fresh_at=fresh_at)
        for _, key, generation in wanted
    ]
    counts.add(
        (layer, _outcome(None if each.value is None else each.life.fresh_until))
        for (layer, _, _), each in zip(wanted, cached, strict=True)
    )
    return cached


def _set(
    made: Mapping[str, Any],
    generations: Mapping[str, str],
    seconds: int,
    batch: Batch | None = None,
) -> Life:
    """Store values by key, each under its generation; return their life, at most so many seconds."""
    now = clock.now().timestamp()
    soft, hard = (random.uniform(*part) * seconds for part in (SOFT_PART, HARD_PART))  # noqa: S311
    life = Life(now + soft, now + hard)
    entries = {
        key: (values.seal(value, generations[key], life), life.until)
        for key, value in made.items()
        if generations[key]
    }
    if batch is None:
        link.store(entries)
    else:
        batch.entries.update(entries)
    return life


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


def _outcome(fresh_until: float | None) -> str:
    """Return how a look-up ended, by the soft end of what was found."""
    if fresh_until is None:
        return "miss"
    return "hit" if fresh_until > clock.now().timestamp() else "stale"
