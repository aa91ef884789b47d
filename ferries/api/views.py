"""Search, availability and ports."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ferries import network
from ferries.api.answers import search_answer
from ferries.api.serializers import SearchParameters, page_of_ports, ports_json, read_search
from ferries.availability import availability
from ferries.errors import UnknownSailing
from maritime.lib import clock
from maritime.lib.api import NO_METHOD, general_problem_json, problem_json
from maritime.lib.errors import MaritimeError
from maritime.lib.openapi import documented, read_examples

EXAMPLES = read_examples(Path(__file__).with_name("examples.json"))
PORT_PAGES = [
    OpenApiParameter("limit", int, description="at most so many ports, 1 to 500; 500 unless said"),
    OpenApiParameter("after", str, description="begin after the port with this code"),
]


class SearchView(APIView):
    """`GET /api/v1/ferries/search`: offers of all operators between two ports on a day."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer without the framework's work for each request, which costs as much as a hit."""
        if request.method not in {"GET", "HEAD"}:
            refused = general_problem_json(NO_METHOD)
            refused["Allow"] = "GET, HEAD"
            return refused
        try:
            return self.get(request)
        except MaritimeError as error:
            return problem_json(error)

    @documented(
        "Search sailings",
        {200: "Search"},
        parameters=[SearchParameters],
        answer_example=EXAMPLES["search"],
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """Search sailings. `X-Cache` is HIT when the whole answer came from the cache."""
        now = clock.now()
        body, hit = search_answer(read_search(request.GET.dict(), now=now), now=now)
        headers = {**_cache_header(hit=hit), "Cache-Control": "no-store"}
        return HttpResponse(body, content_type="application/json", headers=headers)


class AvailabilityView(APIView):
    """`GET /api/v1/sailings/{public_id}/availability`: what is left on each leg."""

    @documented(
        "What is left of a sailing",
        {200: "Availability"},
        answer_example=EXAMPLES["availability"],
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Return persons and lane cm that are left; `X-Cache` as in the search."""
        body, hit = availability(_uuid(public_id), now=clock.now())
        return Response(body, headers=_cache_header(hit=hit))


class PortsView(APIView):
    """`GET /api/v1/ports`: the ports that can be searched."""

    @documented(
        "List the ports", {200: "Ports"}, parameters=PORT_PAGES, answer_example=EXAMPLES["ports"]
    )
    def get(self, request: Request) -> Response:
        """Return the ports by name, with UN/LOCODE, position and time zone, page by page.

        Where others follow, `next` and the header Link have the address of the next page.
        """
        ports, hit = network.ports()
        page = page_of_ports(ports, request.query_params)
        headers = _cache_header(hit=hit)
        body = ports_json(page.ports)
        if page.is_last:
            return Response(body, headers=headers)
        query = urlencode({"limit": page.limit, "after": page.ports[-1].code})
        following = f"{request.path}?{query}"
        link = {"Link": f'<{following}>; rel="next"'}
        return Response({**body, "next": following}, headers={**headers, **link})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownSailing from error


def _cache_header(*, hit: bool) -> dict[str, str]:
    return {"X-Cache": "HIT" if hit else "MISS"}
