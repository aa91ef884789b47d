"""What operators offer between two ports on a day: cached timetables, fresh availability.

Local departures (300 s) and what is left on each sailing (60 s) are two layers that are merged
and priced when read. Remote operators are asked together under one deadline, their answers kept
for 60 s; who did not answer is named in the result, with what he said last if that is known.
Refusals that depend on the clock are made when read.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings

from ferries import alternatives, cache, network, offering, refusals
from ferries.availability import Left, left_of
from ferries.cache import Batch, Cached, Life
from ferries.listing import Listing, read_listing
from ferries.models import Operator
from ferries.network import Known, Pair
from ferries.operators import calls, memory
from ferries.operators.base import Offer
from ferries.party import Party
from ferries.spaces import PoolSpace
from maritime.lib import clock


@dataclass(frozen=True)
class OperatorAnswer:
    """Whether an operator answered (ok, timeout, error, circuit_open), and how old that is.

    `answered_at` is when it gave the answer that is shown. `showing_last`: it did not answer now, and
    these are the offers of its last answer. Local operators are always up to date: their age is 0,
    as is that of an operator of whom nothing is shown.
    """

    code: str
    status: str
    age_seconds: int
    remote: bool
    answered_at: datetime | None = None
    showing_last: bool = False


@dataclass(frozen=True)
class SearchResult:
    """Offers by departure, and what every operator of the pair had to say.

    `cached`: nothing was read from the database and nobody was asked. `generations` and `life`
    say how long the result holds; it is worth keeping if every operator answered.
    """

    offers: list[Offer]
    operators: list[OperatorAnswer]
    cached: bool
    generations: dict[str, str]
    life: Life

    @property
    def complete(self) -> bool:
        """Tell whether every operator answered."""
        return all(operator.status == "ok" for operator in self.operators)


@dataclass(frozen=True)
class _Remote:
    """One remote operator's answer, perhaps its last one; `fetched` in seconds of the epoch."""

    code: str
    status: str
    fetched: float | None
    offers: list[Offer]


@dataclass(frozen=True)
class _Found:
    """Local legs and remote answers; None stands for what still has to be made.

    `left` is there when it was counted in the same turn.
    """

    listing: Listing | None
    remote: dict[str, _Remote | None]
    generations: dict[str, str]
    life: Life
    left: Left | None = None

    @property
    def complete(self) -> bool:
        return self.listing is not None and not self.to_ask

    @property
    def to_ask(self) -> list[str]:
        """Return the codes of operators of whom nothing is known."""
        return [code for code, answer in self.remote.items() if answer is None]


@dataclass(frozen=True)
class _Question:
    """One search: between which ports (as they were typed), on which local day, for whom."""

    known: Known
    origin: str
    destination: str
    day: date
    party: Party

    @property
    def pair(self) -> Pair:
        return self.known.pair

    @property
    def key(self) -> str:
        ends = self.pair.origin.code, self.pair.destination.code
        return cache.digest(*ends, self.day, self.party)

    @property
    def cache_arguments(self) -> dict[str, Any]:
        return {"origin": self.origin, "destination": self.destination, "day": self.day}


def search(
    *,
    origin: str,
    destination: str,
    day: date,
    party: Party,
    now: datetime,
    ends: float = float("inf"),
    batch: Batch | None = None,
) -> SearchResult:
    """Return the offers of all operators on the local calendar day of the origin port.

    Ports are codes or UN/LOCODEs; raises UnknownPort. Nothing here decides: a hold asks the
    database and the operator again. Operators are waited for until the deadline of searches, but no
    longer than the moment `ends` of the monotonic clock. With a batch the caller stores what was made
    of our own, in one round trip with what he makes of it.
    """
    ends = min(ends, time.monotonic() + settings.SEARCH_DEADLINE_SECONDS)
    known = network.pair_on(origin, destination, day)
    question = _Question(known, origin, destination, day, party)
    own = Batch() if batch is None else batch
    result = _search(question, own, departures=known.departures, ends=ends, now=now)
    others: list[SearchResult] = []

    def offers_on(other_day: date) -> list[Offer]:
        """Ask local operators about another day; what they say is as good as the first answer."""
        if other_day < clock.local(now, known.pair.origin.zone).date():
            return []
        local = replace(known, pair=replace(known.pair, remote=()))
        others.append(
            _search(replace(question, known=local, day=other_day), own, ends=ends, now=now)
        )
        return others[-1].offers

    offers = alternatives.with_nearest(result.offers, day=day, offers_on=offers_on)
    if batch is None:
        cache.store(own)
    return replace(
        result,
        offers=offers,
        cached=result.cached and all(other.cached for other in others),
        generations=dict(entry for each in (result, *others) for entry in each.generations.items()),
        life=cache.shortest(each.life for each in (result, *others)),
    )


def name_alternative(offer: Offer, *, party: Party, now: datetime) -> Offer:
    """Return a refused offer with the nearest sailing that takes the party, if there is one."""
    day = clock.local(offer.departs_at, offer.origin_zone).date()
    found = search(
        origin=offer.origin, destination=offer.destination, day=day, party=party, now=now
    )
    # Not by id: an offer may be of another fare family than the one that a search shows.
    key = offer.sailing, offer.departs_at
    hints = [
        refusal.nearest
        for each in found.offers
        if (each.sailing, each.departs_at) == key
        for refusal in each.refusals
        if refusal.nearest and refusal.nearest["kind"] == "other_sailing"
    ]
    if hints:
        return alternatives.hinted(offer, hints[0])
    other = alternatives.nearest(offer, found.offers)
    return alternatives.name(offer, other) if other else offer


def _search(
    question: _Question,
    batch: Batch,
    *,
    departures: Cached | None = None,
    ends: float,
    now: datetime,
) -> SearchResult:
    """Return the offers of one day, putting what was made into the batch.

    `departures` is what the cache has of the day, if that is known.
    """
    known, day, party = question.known, question.day, question.party
    cached_before = _look(question, departures)
    found = cached_before
    if not found.complete:
        found = _complete(question, cached_before, batch, ends=ends, now=now)
    listing = found.listing or Listing([], {})
    left = found.left or left_of(listing.sailings, now=now, batch=batch)
    remote = [answer for answer in found.remote.values() if answer]
    own = offering.offers_of(
        listing, pair=known.pair, day=day, spaces=left.spaces, party=party, now=now
    )
    offers = [*own, *_remote_offers(remote, now=now)]
    return SearchResult(
        offers=sorted(offers, key=lambda offer: (offer.departs_at, offer.id)),
        operators=_answers(known.pair, remote, now=now),
        cached=known.cached and cached_before.complete and left.cached,
        generations={**found.generations, **left.generations},
        life=cache.shortest(
            [
                found.life,
                left.life,
                _life_by_clock(known.pair, listing, left.spaces, remote, now=now),
            ]
        ),
    )


def _complete(
    question: _Question, found: _Found, batch: Batch, *, ends: float, now: datetime
) -> _Found:
    """Make what is missing; of all processes one at a time asks operators a question."""
    if found.to_ask:
        return cache.fill_alone(
            question.key,
            look=lambda: _complete_or_none(_look(question)),
            fill=lambda turn: _fill(question, found, turn, ends=ends, now=now),
            ends=ends,
        )
    # Our own database answers sooner than a turn could be had.
    return _fill(question, found, batch, ends=ends, now=now)


def _look(question: _Question, departures: Cached | None = None) -> _Found:
    """Return what the cache has of the local legs and of the remote answers."""
    listing = departures or cache.get_search_results(**question.cache_arguments)
    answers = {
        code: cache.get_operator_answer(code, search_key=question.key)
        for code in question.pair.remote
    }
    return _Found(
        listing=Listing.from_json(listing.value) if listing.value is not None else None,
        remote={
            code: _remote_from_json(answer.value) if answer.value is not None else None
            for code, answer in answers.items()
        },
        generations={
            # That of the pair, which was read first: prices come from its tariffs.
            cache.SEARCHES: question.known.generation,
            **{cache.operator_generation(code): each.generation for code, each in answers.items()},
        },
        life=cache.shortest(each.life for each in (listing, *answers.values())),
    )


def _complete_or_none(found: _Found) -> _Found | None:
    return found if found.complete else None


def _fill(
    question: _Question, found: _Found, batch: Batch, *, ends: float, now: datetime
) -> _Found:
    """Make what is missing, to be stored under the generations read before; return all of it."""
    listing, lives = found.listing, [found.life]
    if listing is None:
        facts = read_listing(question.pair, question.day)
        listing = Listing.from_json(facts)
        life = cache.set_search_results(
            facts,
            batch,
            **question.cache_arguments,
            generation=found.generations[cache.SEARCHES],
        )
        lives.append(life)
    asked = _ask(question, found.to_ask, ends=ends, now=now)
    for answer in asked:
        if answer.status == "ok":
            life = cache.set_operator_answer(
                answer.code,
                _remote_json(answer),
                batch,
                search_key=question.key,
                generation=found.generations[cache.operator_generation(answer.code)],
            )
            lives.append(life)
    remote = {**found.remote, **{answer.code: answer for answer in asked}}
    left = left_of(listing.sailings, now=now, batch=batch)
    return replace(found, listing=listing, remote=remote, life=cache.shortest(lives), left=left)


def _ask(question: _Question, codes: Sequence[str], *, ends: float, now: datetime) -> list[_Remote]:
    if not codes:
        return []
    operators = Operator.objects.filter(code__in=codes).order_by("code")
    origin, destination = question.pair.origin.code, question.pair.destination.code
    results = calls.search_many(
        list(operators),
        origin=origin,
        destination=destination,
        day=question.day,
        party=question.party,
        deadline_seconds=max(0, ends - time.monotonic()),
    )
    asked = memory.Question(origin, destination, question.day, question.party)
    return [
        _last_said(operator.code, status, asked)
        if offers is None
        else _Remote(operator.code, status, now.timestamp(), offers)
        for operator, offers, status in results
    ]


def _last_said(code: str, status: str, asked: memory.Question) -> _Remote:
    """Return the last answer of an operator that does not answer now; empty if there is none."""
    last = memory.last_answer(code, asked)
    return (
        _Remote(code, status, last.answered, last.offers)
        if last
        else _Remote(code, status, None, [])
    )


def _remote_offers(answers: Iterable[_Remote], *, now: datetime) -> Iterable[Offer]:
    """Return remote offers, refused where the ship has left since the operator answered."""
    for answer in answers:
        for offer in answer.offers:
            gone = offer.bookable and offer.departs_at <= now
            yield replace(offer, refusals=(refusals.departed(),)) if gone else refusals.told(offer)


def _answers(pair: Pair, remote: Iterable[_Remote], *, now: datetime) -> list[OperatorAnswer]:
    answers = [OperatorAnswer(seller.code, "ok", 0, remote=False) for seller in pair.local]
    answers += [
        OperatorAnswer(
            each.code,
            each.status,
            0 if each.fetched is None else max(0, round(now.timestamp() - each.fetched)),
            remote=True,
            answered_at=None if each.fetched is None else datetime.fromtimestamp(each.fetched, UTC),
            showing_last=each.status != "ok" and each.fetched is not None,
        )
        for each in remote
    ]
    return sorted(answers, key=lambda answer: answer.code)


def _life_by_clock(
    pair: Pair,
    listing: Listing,
    spaces: Mapping[int, Sequence[PoolSpace]],
    remote: Iterable[_Remote],
    *,
    now: datetime,
) -> Life:
    """Return until when the clock alone changes no offer; nothing is shown beyond that.

    A sale opens or ends, space that is kept for a group is released, a ship departs.
    """
    closing = {seller.pk: seller.sale_closes_minutes for seller in pair.local}
    moments = [
        refusals.sale_end(
            departs_at=leg.departs_at,
            closes_minutes=closing.get(leg.operator_id, 0),
            closes_at=leg.sale_closes_at,
        )
        for leg in listing.legs
    ]
    moments += [leg.departs_at for leg in listing.legs]
    moments += [leg.sale_opens_at for leg in listing.legs if leg.sale_opens_at]
    moments += [each.release_at for rows in spaces.values() for each in rows if each.release_at]
    moments += [offer.departs_at for answer in remote for offer in answer.offers]
    until = min((each.timestamp() for each in moments if each > now), default=float("inf"))
    return Life(float("inf"), until)


def _remote_json(answer: _Remote) -> dict[str, Any]:
    return {**vars(answer), "offers": [offer.as_json() for offer in answer.offers]}


def _remote_from_json(value: dict[str, Any]) -> _Remote:
    offers = [Offer.from_json(offer) for offer in value["offers"]]
    return _Remote(value["code"], value["status"], value["fetched"], offers)
