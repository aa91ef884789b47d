"""The results of a search as HTML: ready ones from the cache, new ones from the search.

A fragment depends on the question, the database and the clock, never on who asks: it holds no
token, no name and nothing else of the request. It lives exactly as long as the searches in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.template.loader import render_to_string

from ferries import cache
from ferries.cache import Answer
from ferries.forms import SearchForm, party_fields
from ferries.models import Port, Route
from ferries.operators.base import Offer
from ferries.search import SearchResult, search
from maritime.lib import clock


@dataclass(frozen=True)
class Direction:
    """One list of the results page; `name` is the field that carries the chosen offer."""

    name: str
    heading: str
    origin: Port
    destination: Port
    day: date
    offers: Sequence[Offer]
    closed: Sequence[Offer]
    silent: Sequence[str]


def ready_results(question: Mapping[str, str]) -> Answer | None:
    """Return the HTML of a question that was asked before, if it still holds; no database.

    Its `facts` are the title of the page.
    """
    (ready,) = cache.get_answers([_name(question)])
    return ready


def make_results(
    form: SearchForm, question: Mapping[str, str], routes: Sequence[Route], *, generation: str
) -> Answer:
    """Search, write the HTML and keep it, if every operator answered.

    `form` is the valid form of the question and `generation` that of the searches, taken before
    `routes` were read.
    """
    values = form.cleaned_data
    origin, destination = form.ports[values["origin"]], form.ports[values["destination"]]
    trips = [("outbound", origin, destination, values["date"])]
    if values["return_date"]:
        trips.append(("inbound", destination, origin, values["return_date"]))
    found = [_search(form, start, end, day) for _, start, end, day in trips]
    operators = {route.operator.code: route.operator.name for route in routes}
    directions = [
        _direction(*trip, result, operators=operators, now=form.now)
        for trip, result in zip(trips, found, strict=True)
    ]
    answer = Answer(
        body=_render(form, question, directions).encode(),
        generations=_earliest([each.generations for each in found], generation),
        facts=f"{origin.name} to {destination.name}",
        until=min(*(each.until for each in found), _end_of_today(form)),
    )
    if all(each.complete for each in found):
        cache.set_answer(_name(question), answer)
    return answer


def _name(question: Mapping[str, str]) -> str:
    return cache.digest("page", *sorted(question.items()))


def _search(form: SearchForm, origin: Port, destination: Port, day: date) -> SearchResult:
    return search(
        origin=origin.code, destination=destination.code, day=day, party=form.party, now=form.now
    )


def _direction(
    name: str,
    origin: Port,
    destination: Port,
    day: date,
    found: SearchResult,
    *,
    operators: Mapping[str, str],
    now: datetime,
) -> Direction:
    return Direction(
        name=name,
        heading="Outward journey" if name == "outbound" else "Return journey",
        origin=origin,
        destination=destination,
        day=day,
        offers=[offer for offer in found.offers if not _is_over(offer, now)],
        closed=[offer for offer in found.offers if _is_over(offer, now)],
        silent=[operators.get(o.code, o.code) for o in found.operators if o.status != "ok"],
    )


def _is_over(offer: Offer, now: datetime) -> bool:
    """Tell whether the sailing has gone or its sale has ended: of no use to the traveller."""
    return offer.departs_at <= now or any(r.code == "sale_closed" for r in offer.refusals)


def _render(form: SearchForm, question: Mapping[str, str], directions: Sequence[Direction]) -> str:
    context = {
        "form": form,
        "party": form.party,
        "party_fields": party_fields(form.party),
        "directions": directions,
        "can_continue": all(direction.offers for direction in directions),
        "day_before": _shifted(form, question, days=-1),
        "day_after": _shifted(form, question, days=1),
    }
    # Without the request, so that nothing of it can get into what others are shown.
    return render_to_string("ferries/_results.html", context)


def _shifted(form: SearchForm, question: Mapping[str, str], *, days: int) -> str:
    """Return the query string of the same search with its days moved; no day before today."""
    values = form.cleaned_data
    day = values["date"] + timedelta(days=days)
    if day < _today(form):
        return ""
    moved = {**question, "date": day.isoformat()}
    if values["return_date"]:
        moved["return_date"] = max(values["return_date"], day).isoformat()
    return urlencode(moved)


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
