"""The search pages: the start page with its form, the results, and where the data come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ferries import cache, day_strip
from ferries.cache import Answer
from ferries.chart import Harbour, draw
from ferries.forms import SearchForm
from ferries.frame import framed
from ferries.models import Operator, Port, Route
from ferries.network import pair_on
from ferries.port_picker import picker_document
from ferries.queries import routes_on_sale
from ferries.results import make_results, ready_results, trips_of
from ferries.wishes import read_wishes
from maritime.lib import clock
from maritime.lib.pages import page

NOTICE = Path(settings.BASE_DIR) / "ferries" / "data" / "NOTICE"
CHART_SECONDS = 24 * 3600


@dataclass(frozen=True)
class OperatorRoutes:
    """An operator, and by port where one gets with it."""

    operator: Operator
    ways: dict[Port, list[Port]]


@require_safe
@page
def home(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    routes = routes_on_sale()
    tomorrow = (now + timedelta(days=1)).date()
    initial = {"date": tomorrow, "adults": 1, "children": 0, "infants": 0, **_asked(request)}
    form = SearchForm(routes=routes, now=now, initial=initial)
    context = {"form": form, "groups": _by_operator(routes), "tomorrow": tomorrow}
    return render(request, "ferries/home.html", context)


@require_safe
@page
def results(request: HttpRequest) -> HttpResponse:
    if not request.GET:
        return redirect("home")
    question, wishes = _asked(request), read_wishes(request.GET)
    ready = ready_results(question, wishes)
    if ready is None:
        generation = cache.searches_generation()
        routes = routes_on_sale()
        form = SearchForm(question, routes=routes, now=clock.now())
        if not form.is_valid():
            return render(request, "ferries/mend_search.html", {"form": form}, status=422)
        ready = make_results(form, question, wishes, routes, generation=generation)
    if request.GET.get("part"):
        return HttpResponse(ready.body)
    return HttpResponse(framed(request, title=ready.facts, body=ready.body.decode()))


@require_safe
@page
def days(request: HttpRequest) -> HttpResponse:
    """Answer the strip of days of one trip with all its prices, as a part of the results page."""
    question = _asked(request)
    form = SearchForm(question, routes=routes_on_sale(), now=clock.now())
    trips = {trip.field: trip for trip in trips_of(form)} if form.is_valid() else {}
    trip = trips.get(request.GET.get("trip", ""))
    if trip is None:
        raise Http404
    prices = day_strip.find_prices(trip, form.party, now=form.now)
    query = {**question, **read_wishes(request.GET).as_query}
    context = {"days": day_strip.strip_of(trip, query, prices), "is_complete": True}
    return render(request, "components/days.html", context)


@require_safe
@cache_control(public=True, max_age=300)
def ports(request: HttpRequest) -> HttpResponse:
    """Answer what the port picker knows, as JSON."""
    return HttpResponse(picker_document(), content_type="application/json")


@require_safe
@cache_control(public=True, max_age=CHART_SECONDS)
@page
def chart(request: HttpRequest, origin: str, destination: str) -> HttpResponse:
    """Answer the chart of a crossing as SVG; it is drawn once a day and change of the network."""
    name = cache.digest("chart", get_language(), origin, destination)
    (ready,) = cache.get_answers([name])
    if ready is None:
        ready = _draw_chart(origin, destination)
        cache.set_answer(name, ready)
    return HttpResponse(ready.body, content_type="image/svg+xml")


@require_safe
@page
def data_sources(request: HttpRequest) -> HttpResponse:
    intro, *parts = NOTICE.read_text(encoding="utf-8").strip().split("\n\n")
    # Each part begins with the name of its files on a line of its own.
    sources = [part.strip().partition("\n")[::2] for part in parts]
    return render(request, "ferries/data_sources.html", {"intro": intro, "sources": sources})


def _asked(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of the address that belong to the question."""
    return {name: request.GET[name] for name in SearchForm.base_fields if request.GET.get(name)}


def _draw_chart(origin: str, destination: str) -> Answer:
    known = pair_on(origin, destination, clock.now().date())
    ends = [
        Harbour(port.name, port.latitude, port.longitude)
        for port in (known.pair.origin, known.pair.destination)
        if port.latitude is not None and port.longitude is not None
    ]
    if len(ends) < 2 or ends[0] == ends[1]:
        raise Http404
    title = gettext("Chart of the crossing from %(origin)s to %(destination)s") % {
        "origin": ends[0].name,
        "destination": ends[1].name,
    }
    return Answer(
        body=draw(ends[0], ends[1], title=title, sketch=gettext("Sketch of the shores")).encode(),
        generations={cache.SEARCHES: known.generation},
        facts=None,
        until=clock.now().timestamp() + CHART_SECONDS,
    )


def _by_operator(routes: Sequence[Route]) -> list[OperatorRoutes]:
    groups: dict[int, OperatorRoutes] = {}
    for route in routes:
        group = groups.setdefault(route.operator_id, OperatorRoutes(route.operator, {}))
        group.ways.setdefault(route.origin, []).append(route.destination)
    return list(groups.values())
