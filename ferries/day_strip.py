"""The days around a search with the lowest price of each: what is known, and what it takes to know.

A day's price is the lowest for the party, as it was when somebody last looked (at most 300 s ago,
cleared with the searches). The results show what the cache knows; the rest is worked out from our
own inventory when the page asks for it afterwards, and remote operators are not asked for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from ferries import cache, network, offering
from ferries.availability import left_of
from ferries.cache import Answer
from ferries.listing import Listing, read_listing
from ferries.network import Known
from ferries.offers import Offer
from ferries.party import Party
from ferries.search import SearchResult

REACH = 3


@dataclass(frozen=True)
class Lowest:
    """The lowest price of a day in minor units; no amount where nothing can be bought."""

    amount: int | None = None
    currency: str = ""


@dataclass(frozen=True)
class Day:
    """One day of the strip and the query of its search; `lowest` is None where it is not known."""

    day: date
    query: str
    is_chosen: bool
    lowest: Lowest | None


@dataclass(frozen=True)
class Trip:
    """One direction of a question: `field` is the parameter that carries its day."""

    field: str
    origin: str
    destination: str
    day: date
    first: date

    @property
    def days(self) -> list[date]:
        """Return seven days with the chosen one in the middle, or later ones at the start."""
        start = max(self.first, self.day - timedelta(days=REACH))
        return [start + timedelta(days=distance) for distance in range(2 * REACH + 1)]


def trips_of(question: Mapping[str, str], *, days: Mapping[str, date], today: date) -> list[Trip]:
    """Return the trips of a question by its days: the departure, and the return if there is one."""
    origin, destination = question["origin"], question["destination"]
    trips = [Trip("date", origin, destination, days["date"], today)]
    if "return_date" in days:
        trips.append(Trip("return_date", destination, origin, days["return_date"], days["date"]))
    return trips


def strip_of(trip: Trip, question: Mapping[str, str], known: Mapping[date, Lowest]) -> list[Day]:
    """Return the days of a trip with their prices, each with the question moved to it."""
    return [
        Day(day, urlencode(moved(question, trip.field, day)), day == trip.day, known.get(day))
        for day in trip.days
    ]


def moved(question: Mapping[str, str], field: str, day: date) -> dict[str, str]:
    """Return the question with one of its days moved; a return is never before the departure."""
    found = {**question, field: day.isoformat()}
    if field == "date" and found.get("return_date"):
        found["return_date"] = max(found["return_date"], day.isoformat())
    return found


def known_prices(trip: Trip, party: Party) -> dict[date, Lowest]:
    """Return the prices that the cache has; one round trip and no database."""
    answers = cache.get_answers([_name(trip, day, party) for day in trip.days])
    return {
        day: Lowest(**answer.facts)
        for day, answer in zip(trip.days, answers, strict=True)
        if answer
    }


def find_prices(trip: Trip, party: Party, *, now: datetime) -> dict[date, Lowest]:
    """Return the price of every day, worked out and kept where it is not known.

    One query for each day whose departures are not cached and one for all that is left. Days of a
    pair that only remote operators sell stay unknown. Raises UnknownPort.
    """
    found = known_prices(trip, party)
    missing = [day for day in trip.days if day not in found]
    if not missing:
        return found
    known = network.pair_on(trip.origin, trip.destination, missing[0])
    if not known.pair.local:
        return found
    made = _lowest_on(missing, known, trip, party, now=now)
    until = now.timestamp() + settings.SEARCH_CACHE_SECONDS
    for day, lowest in made.items():
        _keep(replace(trip, day=day), party, lowest, generation=known.generation, until=until)
    return {**found, **made}


def keep_price(trip: Trip, party: Party, found: SearchResult, *, now: datetime) -> Lowest:
    """Keep the lowest price of a search in which every operator answered, and return it."""
    lowest = lowest_of(found.offers)
    until = min(found.life.until, now.timestamp() + settings.SEARCH_CACHE_SECONDS)
    _keep(trip, party, lowest, generation=found.generations[cache.SEARCHES], until=until)
    return lowest


def lowest_of(offers: Sequence[Offer]) -> Lowest:
    """Return the lowest price of what can be booked; none if prices are in several currencies."""
    bookable = [offer for offer in offers if offer.bookable]
    if len({offer.currency for offer in bookable}) != 1:
        return Lowest()
    return Lowest(min(offer.amount for offer in bookable), bookable[0].currency)


def _lowest_on(
    days: Sequence[date], known: Known, trip: Trip, party: Party, *, now: datetime
) -> dict[date, Lowest]:
    pair = replace(known.pair, remote=())
    listings = {day: Listing.from_json(_departures(known, trip, day)) for day in days}
    sailings = sorted({key for listing in listings.values() for key in listing.sailings})
    spaces = left_of(sailings, now=now).spaces
    return {
        day: lowest_of(
            offering.offers_of(listing, pair=pair, day=day, spaces=spaces, party=party, now=now)
        )
        for day, listing in listings.items()
    }


def _departures(known: Known, trip: Trip, day: date) -> Any:
    ports = {"origin": trip.origin, "destination": trip.destination}
    found = cache.get_search_results(**ports, day=day)
    if found.value is not None:
        return found.value
    facts = read_listing(known.pair, day)
    cache.set_search_results(facts, **ports, day=day, generation=known.generation)
    return facts


def _keep(trip: Trip, party: Party, lowest: Lowest, *, generation: str, until: float) -> None:
    generations = {cache.SEARCHES: generation}
    answer = Answer(body=b"", generations=generations, facts=vars(lowest), until=until)
    cache.set_answer(_name(trip, trip.day, party), answer)


def _name(trip: Trip, day: date, party: Party) -> str:
    return cache.digest("lowest", trip.origin, trip.destination, day, party)
