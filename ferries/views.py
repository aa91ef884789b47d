"""The search pages: the start page with its form, the results, and where the data come from."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ferries import cache
from ferries.forms import SearchForm
from ferries.models import Route
from ferries.queries import routes_on_sale
from ferries.results import make_results, ready_results
from maritime.lib import clock
from maritime.lib.pages import page

NOTICE = Path(settings.BASE_DIR) / "ferries" / "data" / "NOTICE"


@require_safe
@page
def home(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    routes = routes_on_sale()
    tomorrow = (now + timedelta(days=1)).date()
    initial = {"date": tomorrow, "adults": 1, "children": 0, "infants": 0}
    form = SearchForm(routes=routes, now=now, initial=initial)
    context = {"form": form, "groups": _by_operator(routes), "tomorrow": tomorrow}
    return render(request, "ferries/home.html", context)


@require_safe
@page
def results(request: HttpRequest) -> HttpResponse:
    if not request.GET:
        return redirect("home")
    question = {name: request.GET[name] for name in SearchForm.base_fields if request.GET.get(name)}
    ready = ready_results(question)
    if ready is None:
        generation = cache.searches_generation()
        routes = routes_on_sale()
        form = SearchForm(question, routes=routes, now=clock.now())
        if not form.is_valid():
            return render(request, "ferries/mend_search.html", {"form": form}, status=422)
        ready = make_results(form, question, routes, generation=generation)
    context = {"title": ready.facts, "results": ready.body.decode()}
    return render(request, "ferries/results.html", context)


@require_safe
@page
def data_sources(request: HttpRequest) -> HttpResponse:
    intro, *parts = NOTICE.read_text(encoding="utf-8").strip().split("\n\n")
    # Each part begins with the name of its files on a line of its own.
    sources = [part.strip().partition("\n")[::2] for part in parts]
    return render(request, "ferries/data_sources.html", {"intro": intro, "sources": sources})


def _by_operator(routes: Sequence[Route]) -> dict[str, list[Route]]:
    groups: dict[str, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.operator.name, []).append(route)
    return groups
