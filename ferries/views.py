"""The search pages: the start page with its form, the results, and where the data come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ferries.forms import SearchForm, party_fields
from ferries.models import Port, Route
from ferries.operators.base import Offer
from ferries.queries import routes_on_sale
from ferries.search import search
from maritime.lib import clock
from maritime.lib.pages import page

NOTICE = Path(settings.BASE_DIR) / "ferries" / "data" / "NOTICE"


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
    now = clock.now()
    routes = routes_on_sale()
    form = SearchForm(request.GET, routes=routes, now=now)
    if not form.is_valid():
        return render(request, "ferries/results.html", {"form": form}, status=422)
    directions = _directions(form, {route.operator.code: route.operator.name for route in routes})
    context = {
        "form": form,
        "party": form.party,
        "party_fields": party_fields(form.party),
        "directions": directions,
        "can_continue": all(direction.offers for direction in directions),
        "day_before": _shifted(form, days=-1),
        "day_after": _shifted(form, days=1),
    }
    return render(request, "ferries/results.html", context)


@require_safe
@page
def data_sources(request: HttpRequest) -> HttpResponse:
    intro, *parts = NOTICE.read_text(encoding="utf-8").strip().split("\n\n")
    # Each part begins with the name of its files on a line of its own.
    sources = [part.strip().partition("\n")[::2] for part in parts]
    return render(request, "ferries/data_sources.html", {"intro": intro, "sources": sources})


def _directions(form: SearchForm, operators: Mapping[str, str]) -> list[Direction]:
    values = form.cleaned_data
    ends = form.ports[values["origin"]], form.ports[values["destination"]]
    directions = [_direction(form, operators, "outbound", *ends, values["date"])]
    if values["return_date"]:
        directions.append(
            _direction(form, operators, "inbound", ends[1], ends[0], values["return_date"])
        )
    return directions


def _direction(
    form: SearchForm,
    operators: Mapping[str, str],
    name: str,
    origin: Port,
    destination: Port,
    day: date,
) -> Direction:
    found = search(
        origin=origin.code,
        destination=destination.code,
        day=day,
        party=form.party,
        now=form.now,
    )
    return Direction(
        name=name,
        heading="Outward journey" if name == "outbound" else "Return journey",
        origin=origin,
        destination=destination,
        day=day,
        offers=[offer for offer in found.offers if not _is_over(offer, form.now)],
        closed=[offer for offer in found.offers if _is_over(offer, form.now)],
        silent=[operators.get(o.code, o.code) for o in found.operators if o.status != "ok"],
    )


def _is_over(offer: Offer, now: datetime) -> bool:
    """Tell whether the sailing has gone or its sale has ended: of no use to the traveller."""
    return offer.departs_at <= now or any(r.code == "sale_closed" for r in offer.refusals)


def _shifted(form: SearchForm, *, days: int) -> dict[str, str]:
    """Return the days of the same search moved; no day before today."""
    values = form.cleaned_data
    day = values["date"] + timedelta(days=days)
    if day < clock.local(form.now, form.ports[values["origin"]].zone).date():
        return {}
    back = values["return_date"]
    return {
        "date": day.isoformat(),
        "return_date": max(back, day).isoformat() if back else "",
    }


def _by_operator(routes: Sequence[Route]) -> dict[str, list[Route]]:
    groups: dict[str, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.operator.name, []).append(route)
    return groups
