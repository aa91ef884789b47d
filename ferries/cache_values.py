"""What the cache keeps: plain JSON with the generation under which it was made and its life."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from maritime.lib import clock


class Life(NamedTuple):
    """Until when a value is fresh, and when it ends at the latest; in seconds of the epoch.

    In between it is shown while one process renews it.
    """

    fresh_until: float
    until: float


FOREVER = Life(float("inf"), float("inf"))


def shortest(lives: Iterable[Life]) -> Life:
    """Return the life of what is made of several values."""
    each = [FOREVER, *lives]
    return Life(min(life.fresh_until for life in each), min(life.until for life in each))


@dataclass(frozen=True)
class Cached:
    """What a look-up found: the value or None, and the generation to store a new value under."""

    value: Any
    generation: str
    life: Life = FOREVER


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
    fresh_until: float = float("inf")

    @property
    def is_stale(self) -> bool:
        """Tell whether it is to be renewed, though it still holds."""
        return self.fresh_until <= clock.now().timestamp()


def seal(value: Any, generation: str, life: Life) -> bytes:
    """Return the stored form: generation, soft and hard end, JSON."""
    head = f"{generation}|{life.fresh_until}|{life.until}|"
    return head.encode() + orjson.dumps(value)


def open_sealed(raw: bytes | None, *, generation: str, fresh_at: float) -> Cached:
    """Return the value inside a stored one, if it was made under this generation.

    No value that is not fresh at that moment (seconds of the epoch).
    """
    if raw is None:
        return Cached(None, generation)
    made_under, fresh_until, until, text = raw.split(b"|", 3)
    if made_under.decode() != generation or float(fresh_until) <= fresh_at:
        return Cached(None, generation)
    return Cached(orjson.loads(text), generation, Life(float(fresh_until), float(until)))


def seal_answer(answer: Answer) -> bytes:
    """Return the stored form of a ready answer: a line of JSON, then its bytes."""
    header = {
        "generations": answer.generations,
        "facts": answer.facts,
        "until": answer.until,
        "fresh_until": min(answer.fresh_until, answer.until),
    }
    return orjson.dumps(header) + b"\n" + answer.body


def open_answer(raw: bytes) -> Answer:
    """Return the ready answer of a stored form."""
    header, body = raw.split(b"\n", 1)
    return Answer(body=body, **orjson.loads(header))
