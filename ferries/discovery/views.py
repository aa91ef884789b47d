"""The pages to look around: from the cache, or made by `pages`."""

import difflib
from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ferries import cache
from ferries.cache import Answer
from ferries.discovery import pages, place_pages, queries, route_page
from ferries.discovery.months import Month
from ferries.discovery.pages import Made
from ferries.models import Port
from ferries.queries import routes_on_sale
from maritime.lib import clock
from maritime.lib.pages import page

LIKE = 0.6
MAX_CODE = 40


class Moved(Exception):
    """The page is at another path."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Unknown(Exception):
    """There is no such port, route or operator; the sentence says which."""


@require_safe
@page
def routes(request: HttpRequest) -> HttpResponse:
    return _answer(request, ["routes"], place_pages.routes_index)


@require_safe
@page
def ports(request: HttpRequest) -> HttpResponse:
    return _answer(request, ["ports"], place_pages.ports_index)


@require_safe
@page
def operators(request: HttpRequest) -> HttpResponse:
    return _answer(request, ["operators"], place_pages.operators_index)


@require_safe
@page
def route(request: HttpRequest, origin: str, destination: str) -> HttpResponse:
    month = Month.read(request.GET.get("month", ""))

    def make(*, now: datetime) -> Made:
        found, sails_back = queries.routes_between(origin, destination)
        if not found:
            _explain_route(origin, destination)
        return route_page.route_page(found, sails_back=sails_back, month=month, now=now)

    return _answer(request, ["route", origin, destination, month], make)


@require_safe
@page
def port(request: HttpRequest, code: str) -> HttpResponse:
    def make(*, now: datetime) -> Made:
        found = _port(code)
        if found.code != code:
            raise Moved(pages.port_path(found))
        return place_pages.port_page(found, now=now)

    return _answer(request, ["port", code], make)


@require_safe
@page
def operator(request: HttpRequest, code: str) -> HttpResponse:
    def make(*, now: datetime) -> Made:
        found = queries.find_operator(code)
        if found is None:
            raise Unknown(_("We know no operator with the code %(code)s.") % {"code": _cut(code)})
        if found.code != code:
            raise Moved(pages.operator_path(found))
        return place_pages.operator_page(found, now=now)

    return _answer(request, ["operator", code], make)


def _answer(
    request: HttpRequest, name: Sequence[object], make: Callable[..., Made]
) -> HttpResponse:
    """Answer with the page of that name: the ready one, or one that is made now and kept."""
    key = cache.digest("discovery", get_language(), *name)
    (ready,) = cache.get_answers([key])
    if ready is None:
        generation = cache.searches_generation()
        now = clock.now()
        try:
            made = make(now=now)
        except Moved as moved:
            return HttpResponsePermanentRedirect(moved.path)
        except Unknown as unknown:
            return _unknown(request, str(unknown), [str(part) for part in name[1:]])
        ready = _kept(made, generation, now=now)
        cache.set_answer(key, ready)
    context = {**ready.facts, "body": ready.body.decode()}
    return render(request, "ferries/discovery/page.html", context)


def _kept(made: Made, generation: str, *, now: datetime) -> Answer:
    facts = {"title": made.title, "description": made.description, "data": made.data}
    until = min(made.until.timestamp(), now.timestamp() + settings.SEARCH_CACHE_SECONDS)
    return Answer(
        body=made.body.encode(),
        generations={cache.SEARCHES: generation},
        facts=facts,
        until=until,
    )


def _explain_route(origin: str, destination: str) -> None:
    """Raise Moved if the ports have other codes, else Unknown."""
    ends = _port(origin), _port(destination)
    if (ends[0].code, ends[1].code) != (origin, destination):
        raise Moved(pages.route_path(*ends))
    raise Unknown(
        _("No ferry that we know goes from %(origin)s to %(destination)s.")
        % {"origin": ends[0].name, "destination": ends[1].name}
    )


def _port(code: str) -> Port:
    found = queries.find_port(code)
    if found is None:
        raise Unknown(_("We know no port with the code %(code)s.") % {"code": _cut(code)})
    return found


def _cut(code: str) -> str:
    return code[:MAX_CODE]


def _unknown(request: HttpRequest, sentence: str, asked: Sequence[str]) -> HttpResponse:
    """Answer 404 with the ports that may be meant."""
    known = {
        port.code: port for route in routes_on_sale() for port in (route.origin, route.destination)
    }
    words = {
        word.casefold(): port
        for port in known.values()
        for word in (port.code, port.unlocode, port.name)
        if word
    }
    near = {
        words[word]
        for text in asked
        for word in difflib.get_close_matches(_cut(text).casefold(), words, cutoff=LIKE)
    }
    context = {"sentence": sentence, "near": sorted(near, key=lambda port: port.name)}
    return render(request, "ferries/discovery/unknown.html", context, status=404)
