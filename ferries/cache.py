"""The only door to the cache: every key, lifetime and generation of cached answers.

Values are JSON. Each is stored with the generation under which it was made; a change in the
database replaces the generation after commit, and what was made under another one is a miss. A
reader takes the generation before it reads the database and hands it back when it stores, so a
slow reader can never bring an old answer back. See docs/decisions/0003-cache.md.

A cache that fails is a miss: after an error this process leaves it alone for a few seconds.
"""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import RedisError

from maritime.lib import clock

log = logging.getLogger(__name__)

VERSION = "maritime:1"
SEARCHES = f"{VERSION}:gen:searches"
PAUSE_SECONDS = 5.0
GENERATION_SECONDS = 24 * 3600
OPERATOR_ANSWER_SECONDS = 60
REMEMBERED_ANSWERS = 2000
BATCH = 500
LOCK_SECONDS = 4
LOCK_POLL_SECONDS = 0.02

T = TypeVar("T")
_counts: Counter[str] = Counter()
_counts_lock = threading.Lock()
_paused_until = 0.0
_owed: set[str] = set()
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
    """Look up the departures of a port pair on a local day, without prices and space (300 s)."""
    return _get("search", _search_key(origin, destination, day), SEARCHES)


def set_search_results(
    value: Any, *, origin: str, destination: str, day: date, generation: str
) -> float:
    """Store departures under the generation that the look-up gave; return their end."""
    key = _search_key(origin, destination, day)
    return _set(key, value, generation, settings.SEARCH_CACHE_SECONDS)


def get_network(name: str) -> Cached:
    """Look up slow-changing facts of the network: ports, routes and tariffs (300 s)."""
    return _get("network", f"{VERSION}:net:{name}", SEARCHES)


def set_network(name: str, value: Any, *, generation: str) -> float:
    """Store facts of the network under the generation that the look-up gave."""
    return _set(f"{VERSION}:net:{name}", value, generation, settings.SEARCH_CACHE_SECONDS)


def get_availability(sailing_ids: Sequence[int]) -> dict[int, Cached]:
    """Look up what is left on each of the sailings (60 s), in one round trip."""
    keys = [(f"{VERSION}:left:{pk}", availability_generation(pk)) for pk in sailing_ids]
    return dict(zip(sailing_ids, _get_many("availability", keys), strict=True))


def set_availability(values: Mapping[int, Any], *, generations: Mapping[int, str]) -> float:
    """Store what is left on sailings under the generations that the look-up gave.

    Both by the sailing's primary key, in one round trip; return the end of their life.
    """
    seconds: int = settings.AVAILABILITY_CACHE_SECONDS
    until = clock.now().timestamp() + seconds
    entries = {
        f"{VERSION}:left:{pk}": _seal(value, generations[pk], until)
        for pk, value in values.items()
        if generations[pk]
    }
    _store(entries, seconds)
    return until


def get_operator_answer(operator: str, *, search_key: str) -> Cached:
    """Look up what a remote operator answered to a search (60 s)."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _get("operator", key, operator_generation(operator))


def set_operator_answer(operator: str, value: Any, *, search_key: str, generation: str) -> float:
    """Store an operator's answer under the generation that the look-up gave."""
    key = f"{VERSION}:remote:{operator}:{search_key}"
    return _set(key, value, generation, OPERATOR_ANSWER_SECONDS)


def get_answers(names: Sequence[str]) -> list[Answer | None]:
    """Look up ready answers whose generations all still hold; no database.

    One round trip where this process has seen the answers before and so knows which generations
    to ask for along with them, else two.
    """
    guessed = sorted({key for name in names for key in _depends_on.get(name, ())})
    raw = _mget([*map(_answer_key, names), *guessed]) or [None] * (len(names) + len(guessed))
    answers = [_read_answer(each) for each in raw[: len(names)]]
    tokens = dict(zip(guessed, raw[len(names) :], strict=True))
    unknown = {key for each in answers if each for key in each.generations} - tokens.keys()
    if unknown:
        tokens |= dict(zip(unknown, _mget([*unknown]) or [None] * len(unknown), strict=True))
    valid = [each if each and _holds(each, tokens) else None for each in answers]
    for name, answer in zip(names, valid, strict=True):
        _remember(name, answer)
    _count("answer", [answer is not None for answer in valid])
    return valid


def set_answer(name: str, answer: Answer) -> None:
    """Store a ready answer until its end."""
    seconds = answer.until - clock.now().timestamp()
    if seconds <= 0 or not all(answer.generations.values()):
        return
    header = {"generations": answer.generations, "facts": answer.facts, "until": answer.until}
    raw = json.dumps(header).encode() + b"\n" + answer.body
    _call(lambda redis: redis.set(_answer_key(name), raw, px=int(seconds * 1000)))


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
    (token,) = _mget([SEARCHES]) or [None]
    return token.decode() if token else _make_tokens([SEARCHES]).get(SEARCHES, "")


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


def fill_alone(name: str, *, look: Callable[[], T | None], fill: Callable[[], T]) -> T:
    """Return what `look` finds while another process fills the value, or fill it here.

    Only one process at a time fills; the others look again until it is done, at most 4 s, and
    then fill too. Without a cache everybody fills.
    """
    key = f"{VERSION}:lock:{name}"
    give_up = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < give_up:
        mine = _call(lambda redis: redis.set(key, b"1", nx=True, ex=LOCK_SECONDS) or False)
        if mine is not False:
            break
        time.sleep(LOCK_POLL_SECONDS)
        found = look()
        if found is not None:
            return found
    try:
        return fill()
    finally:
        _call(lambda redis: redis.delete(key))


def counts() -> dict[str, int]:
    """Return how many look-ups of this process hit and missed, by layer ("search_hit" ...)."""
    with _counts_lock:
        return dict(_counts)


def resume() -> None:
    """Use the cache again at once after a failure, instead of waiting for the pause to end."""
    global _paused_until  # noqa: PLW0603 - one breaker for each process
    _paused_until = 0.0


def _search_key(origin: str, destination: str, day: date) -> str:
    return f"{VERSION}:search:{digest(origin, destination, day)}"


def _answer_key(name: str) -> str:
    return f"{VERSION}:answer:{name}"


def _get(layer: str, key: str, generation_key: str) -> Cached:
    return _get_many(layer, [(key, generation_key)])[0]


def _get_many(layer: str, keys: Sequence[tuple[str, str]]) -> list[Cached]:
    """Look up values with their generations; missing generations are made, in a second trip."""
    flat = [key for pair in keys for key in pair]
    raw = _mget(flat) if flat else None
    if raw is None:
        return [Cached(None, "") for _ in keys]
    tokens = {
        pair[1]: token.decode()
        for pair, token in zip(keys, raw[1::2], strict=True)
        if token is not None
    }
    tokens |= _make_tokens([pair[1] for pair in keys if pair[1] not in tokens])
    found = [
        _open(value, tokens.get(pair[1], "")) for pair, value in zip(keys, raw[::2], strict=True)
    ]
    _count(layer, [cached.value is not None for cached in found])
    return found


def _make_tokens(keys: Iterable[str]) -> dict[str, str]:
    """Start generations that are missing; who comes first decides."""
    missing = sorted(set(keys))
    if not missing:
        return {}

    def start(redis: Redis) -> Any:
        pipe = redis.pipeline(transaction=False)
        for key in missing:
            pipe.set(key, secrets.token_hex(6), nx=True, ex=GENERATION_SECONDS)
        pipe.mget(missing)
        return pipe.execute()[-1]

    made = _call(start) or [None] * len(missing)
    return {key: token.decode() for key, token in zip(missing, made, strict=True) if token}


def _open(raw: bytes | None, generation: str) -> Cached:
    """Return the value inside a stored one, if it was made under this generation."""
    if raw is None or not generation:
        return Cached(None, generation)
    made_under, until, text = raw.split(b"|", 2)
    if made_under.decode() != generation:
        return Cached(None, generation)
    return Cached(json.loads(text.decode()), generation, float(until))


def _set(key: str, value: Any, generation: str, seconds: int) -> float:
    until = clock.now().timestamp() + seconds
    if generation:
        _store({key: _seal(value, generation, until)}, seconds)
    return until


def _seal(value: Any, generation: str, until: float) -> bytes:
    """Return the stored form: generation, end of life, JSON."""
    return (
        f"{generation}|{until}|{json.dumps(value, default=_plain, separators=(',', ':'))}".encode()
    )


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"{type(value).__name__} is not cached")


def _store(entries: Mapping[str, bytes], seconds: int) -> None:
    def store(redis: Redis) -> Any:
        pipe = redis.pipeline(transaction=False)
        for key, raw in entries.items():
            pipe.set(key, raw, ex=seconds)
        return pipe.execute()

    if entries:
        _call(store)


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
        transaction.on_commit(lambda: _bump(keys), robust=True)


def _bump(keys: Sequence[str]) -> None:
    """Replace the generations; what a failing cache did not take is owed to it."""
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        if _call(partial(_replace, keys=batch)) is None:
            _owed.update(batch)


def _replace(redis: Redis, keys: Sequence[str]) -> bool:
    """Give the generations new tokens; random ones cannot come back after an eviction."""
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.set(key, secrets.token_hex(6), ex=GENERATION_SECONDS)
    pipe.execute()
    return True


def _mget(keys: Sequence[str]) -> list[bytes | None] | None:
    return _call(lambda redis: cast("list[bytes | None]", redis.mget(keys)))


def _call(question: Callable[[Redis], T]) -> T | None:
    """Ask the cache; None when it failed, now or within the last seconds.

    Invalidations that are owed go first.
    """
    global _paused_until  # noqa: PLW0603 - one breaker for each process
    if time.monotonic() < _paused_until:
        return None
    try:
        redis = get_redis_connection("default")
        while _owed:
            _pay(redis)
        return question(redis)
    except (RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("cache failed, treated as a miss: error=%s", type(error).__name__)
        return None


def _pay(redis: Redis) -> None:
    """Replace some generations that are owed."""
    batch = list(islice(_owed, BATCH))
    # Taken out first: what another thread owes from now on must not be struck off here.
    _owed.difference_update(batch)
    try:
        _replace(redis, batch)
    except (RedisError, OSError):
        _owed.update(batch)
        raise


def _count(layer: str, hits: Sequence[bool]) -> None:
    with _counts_lock:
        _counts[f"{layer}_hit"] += sum(hits)
        _counts[f"{layer}_miss"] += len(hits) - sum(hits)
