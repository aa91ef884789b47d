"""The results of a search as HTML: ready ones from the cache, new ones from the search.

A fragment depends on the question, the wishes (order and filters), the language, the database and
the clock, never on who asks: it holds no token, no name and nothing else of the request. It lives
exactly as long as the searches in it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext

from ferries import cache, day_strip
from ferries.cache import Answer
from ferries.chart import Harbour, distance_km
from ferries.day_strip import Day, Trip
from ferries.forms import SearchForm, party_fields
from ferries.models import Port, Route
from ferries.operators.base import Offer
from ferries.queries import routes_on_sale
from ferries.result_rows import Row, rows_of
from ferries.search import OperatorAnswer, SearchResult, search
from ferries.wishes import SORTS, TIMES, Wishes
from maritime.lib import clock

FIELD_NAMES = {"date": "outbound", "return_date": "inbound"}


@dataclass(frozen=True)
class Silence:
    """An operator that did not answer; `minutes` is the age of its older sailings, if shown."""

    name: str
    minutes: int | None


@dataclass(frozen=True)
class Direction:
    """One list of the results page; `name` is the field that carries the chosen offer.

    `is_strip_open`: some days' prices can still be asked for.
    """

    name: str
    field: str
    heading: str
    origin: Port
    destination: Port
    day: date
    rows: Sequence[Row]
    closed: Sequence[Row]
    found: int
    operators: Mapping[str, str]
    notes: Sequence[tuple[str, str]]
    silent: Sequence[Silence]
    days: Sequence[Day]
    is_strip_open: bool
    distance_km: float | None

    @property
    def is_strip_closed(self) -> bool:
        """Tell whether days without a price stay so."""
        return not self.is_strip_open


def ready_results(question: Mapping[str, str], wishes: Wishes) -> Answer | None:
    """Return the HTML of a question that was asked before, if it still holds; no database.

    Its `facts` are the title of the page. Past its soft end it is renewed behind the reader's back.
    """
    name = _name(question, wishes)
    (ready,) = cache.get_answers([name])
    if ready and ready.is_stale:
        cache.renew_behind(name, lambda: _renew(question, wishes))
    return ready


def make_results(
    form: SearchForm,
    question: Mapping[str, str],
    wishes: Wishes,
    routes: Sequence[Route],
    *,
    generation: str,
) -> Answer:
    """Search, write the HTML and keep it, if every operator answered.

    `form` is the valid form of the question and `generation` that of the searches, taken before
    `routes` were read. Of this process one at a time does that for the same question.
    """
    trips = trips_of(form)
    ends = time.monotonic() + settings.SEARCH_DEADLINE_SECONDS * len(trips)
    return cache.answer_in_line(
        _name(question, wishes),
        look=lambda: ready_results(question, wishes),
        fill=lambda: _make(form, question, wishes, routes, generation=generation, ends=ends),
        ends=ends,
    )


def _renew(question: Mapping[str, str], wishes: Wishes) -> None:
    generation = cache.searches_generation()
    routes = routes_on_sale()
    form = SearchForm(question, routes=routes, now=clock.now())
    if form.is_valid():
        _make(form, question, wishes, routes, generation=generation, ends=float("inf"))


def _make(
    form: SearchForm,
    question: Mapping[str, str],
    wishes: Wishes,
    routes: Sequence[Route],
    *,
    generation: str,
    ends: float,
) -> Answer:
    trips = trips_of(form)
    found = [_search(form, trip, ends=ends) for trip in trips]
    names = {route.operator.code: route.operator.name for route in routes}
    ways = frozenset((route.origin.code, route.destination.code) for route in routes)
    page = _Page(form, question, wishes, names, ways)
    directions = [page.direction(trip, result) for trip, result in zip(trips, found, strict=True)]
    origin, destination = directions[0].origin.name, directions[0].destination.name
    life = cache.shortest(each.life for each in found)
    answer = Answer(
        body=page.render(directions).encode(),
        generations=_earliest([each.generations for each in found], generation),
        facts=gettext("%(origin)s to %(destination)s")
        % {"origin": origin, "destination": destination},
        until=min(life.until, _end_of_today(form)),
        fresh_until=life.fresh_until,
    )
    if all(each.complete for each in found):
        cache.set_answer(_name(question, wishes), answer)
    return answer


def trips_of(form: SearchForm) -> list[Trip]:
    """Return the trips of a valid form: out, and back if it has a return."""
    values = form.cleaned_data
    days = {name: values[name] for name in FIELD_NAMES if values[name]}
    return day_strip.trips_of(values, days=days, today=_today(form))


def _name(question: Mapping[str, str], wishes: Wishes) -> str:
    return cache.digest("page", get_language(), wishes, *sorted(question.items()))


def _search(form: SearchForm, trip: Trip, *, ends: float) -> SearchResult:
    return search(
        origin=trip.origin,
        destination=trip.destination,
        day=trip.day,
        party=form.party,
        now=form.now,
        ends=ends,
    )


@dataclass(frozen=True)
class _Page:
    """What all directions of one results page have in common.

    `names` are those of operators, `ways` the pairs of port codes that are on sale.
    """

    form: SearchForm
    question: Mapping[str, str]
    wishes: Wishes
    names: Mapping[str, str]
    ways: frozenset[tuple[str, str]]

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters of this page's address."""
        return {**self.question, **self.wishes.as_query}

    def direction(self, trip: Trip, found: SearchResult) -> Direction:
        """Return one list of the page."""
        origin, destination = (self.form.ports[code] for code in (trip.origin, trip.destination))
        distance = _distance(origin, destination)
        open_offers = [offer for offer in found.offers if not _is_over(offer, self.form.now)]
        closed = [offer for offer in found.offers if _is_over(offer, self.form.now)]
        known = day_strip.known_prices(trip, self.form.party)
        if found.complete:
            known[trip.day] = day_strip.keep_price(trip, self.form.party, found, now=self.form.now)

        def rows(offers: Sequence[Offer]) -> list[Row]:
            return rows_of(offers, question=self.question, field=trip.field, distance_km=distance)

        return Direction(
            name=FIELD_NAMES[trip.field],
            field=trip.field,
            heading=gettext("Outward journey")
            if trip.field == "date"
            else gettext("Return journey"),
            origin=origin,
            destination=destination,
            day=trip.day,
            rows=rows(self.wishes.arrange(open_offers)),
            closed=rows(closed),
            found=len(open_offers),
            operators={offer.operator: offer.operator_name for offer in open_offers},
            notes=_notes(found.offers),
            silent=self._silences(found.operators),
            days=day_strip.strip_of(trip, self.query, known),
            is_strip_open=any(not each.remote for each in found.operators)
            and len(known) < len(trip.days),
            distance_km=distance,
        )

    def render(self, directions: Sequence[Direction]) -> str:
        """Return the HTML of the results."""
        first = directions[0]
        operators = {code: name for each in directions for code, name in each.operators.items()}
        swapped = {
            **self.question,
            "origin": first.destination.code,
            "destination": first.origin.code,
        }
        context = {
            "form": self.form,
            "party": self.form.party,
            "party_fields": party_fields(self.form.party),
            "question": self.question,
            "query": urlencode(self.query),
            "wishes": self.wishes,
            "sorts": SORTS.items(),
            "times": [(code, label) for code, (label, _, _) in TIMES.items()],
            "operators": sorted(operators.items(), key=lambda each: each[1]),
            "unfiltered": urlencode(self.question),
            "has_route": (first.origin.code, first.destination.code) in self.ways,
            "swapped": urlencode(swapped)
            if (first.destination.code, first.origin.code) in self.ways
            else "",
            "directions": directions,
            "can_continue": all(_is_choosable(direction) for direction in directions),
            "is_waiting": any(direction.silent for direction in directions),
            "chart": _chart_address(first),
        }
        # Without the request, so that nothing of it can get into what others are shown.
        return render_to_string("ferries/_results.html", context)

    def _silences(self, operators: Sequence[OperatorAnswer]) -> list[Silence]:
        return [
            Silence(self.names.get(each.code, each.code), _age_minutes(each, now=self.form.now))
            for each in operators
            if each.status != "ok"
        ]


def _notes(offers: Sequence[Offer]) -> list[tuple[str, str]]:
    """Return what operators say of their timetables, each sentence once."""
    said = {(offer.operator_name, offer.timetable_note): None for offer in offers}
    return [(operator, note) for operator, note in said if note]


def _is_choosable(direction: Direction) -> bool:
    return any(row.offer.bookable for row in direction.rows)


def _age_minutes(answer: OperatorAnswer, *, now: datetime) -> int | None:
    """Return how old the shown sailings of a silent operator are; None if none are shown."""
    if answer.answered_at is None or not answer.showing_last:
        return None
    return max(1, round((now - answer.answered_at).total_seconds() / 60))


def _chart_address(direction: Direction) -> str:
    if direction.distance_km is None:
        return ""
    return reverse("chart", args=[direction.origin.code, direction.destination.code])


def _distance(origin: Port, destination: Port) -> float | None:
    start, end = harbour_of(origin), harbour_of(destination)
    return distance_km(start, end) if start and end else None


def harbour_of(port: Port) -> Harbour | None:
    """Return a port as a chart needs it; None without a position."""
    if port.latitude is None or port.longitude is None:
        return None
    return Harbour(port.name, port.latitude, port.longitude)


def _is_over(offer: Offer, now: datetime) -> bool:
    """Tell whether the sailing has gone or its sale has ended: of no use to the traveller."""
    return offer.departs_at <= now or any(r.code == "sale_closed" for r in offer.refusals)


def _today(form: SearchForm) -> date:
    """Return the day on the calendar of the port of departure."""
    return clock.local(form.now, form.ports[form.cleaned_data["origin"]].zone).date()


def _end_of_today(form: SearchForm) -> float:
    zone = form.ports[form.cleaned_data["origin"]].zone
    return clock.day_bounds(_today(form), zone)[1].timestamp()


def _earliest(found: Sequence[Mapping[str, str]], searches: str) -> dict[str, str]:
    """Merge generations; of two tokens of one generation the one that was read first counts."""
    merged: dict[str, str] = {}
    for generations in reversed(found):
        merged |= generations
    return {**merged, cache.SEARCHES: searches}
