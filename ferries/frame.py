"""The frame around ready results: what is the same on all their pages, written once a process.

Rendering the base template costs more than all the rest of a search that is in the cache
(docs/benchmarks.md, P2). Only the title, the results and the query in the links to other languages
differ; they are put in where the frame has a mark.
"""

from copy import copy
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.encoding import iri_to_uri
from django.utils.html import escape

TEMPLATE = "ferries/results.html"
# Letters that neither a template nor an address changes.
TITLE, BODY, QUERY = "zqtitlezq", "zqbodyzq", "zqqueryzq"
FRAMES = 200


def framed(request: HttpRequest, *, title: str, body: str) -> str:
    """Return the results page; `body` is HTML, `title` is text."""
    if settings.DEBUG:
        return render_to_string(TEMPLATE, {"title": title, "results": body}, request)
    before, after = _frame(_Shown(request))
    query = escape(iri_to_uri(request.META.get("QUERY_STRING", "")))
    head = before.replace(TITLE, escape(title)).replace(QUERY, query)
    return f"{head}{body}{after.replace(QUERY, query)}"


class _Shown:
    """A request, equal to others of which the frame shows the same."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        language = request.headers.get("Accept-Language", "")
        self.key = (request.path, language, settings.PAYMENTS_DEMO, settings.BASE_URL)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shown) and self.key == other.key


@lru_cache(maxsize=FRAMES)
def _frame(shown: _Shown) -> tuple[str, str]:
    """Return what stands before the results and after them."""
    request = copy(shown.request)
    request.META = {**request.META, "QUERY_STRING": QUERY}
    page = render_to_string(TEMPLATE, {"title": TITLE, "results": BODY}, request)
    before, _, after = page.partition(BODY)
    return before, after
