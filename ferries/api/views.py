"""Search, availability and ports."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ferries import network
from ferries.api.answers import search_answer
from ferries.api.serializers import SearchParameters, ports_json, read_search
from ferries.availability import availability
from ferries.errors import UnknownSailing
from maritime.lib import clock
from maritime.lib.api import NO_METHOD, general_problem_json, problem_json
from maritime.lib.errors import MaritimeError


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

    @extend_schema(
        parameters=[SearchParameters],
        responses={200: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """Search sailings. `X-Cache` is HIT when the whole answer came from the cache."""
        now = clock.now()
        body, hit = search_answer(read_search(request.GET.dict(), now=now), now=now)
        headers = {**_cache_header(hit=hit), "Cache-Control": "no-store"}
        return HttpResponse(body, content_type="application/json", headers=headers)


class AvailabilityView(APIView):
    """`GET /api/v1/sailings/{public_id}/availability`: what is left on each leg."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, public_id: str) -> Response:
        """Return persons and lane cm that are left; `X-Cache` as in the search."""
        body, hit = availability(_uuid(public_id), now=clock.now())
        return Response(body, headers=_cache_header(hit=hit))


class PortsView(APIView):
    """`GET /api/v1/ports`: the ports that can be searched."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """Return all ports by name, with UN/LOCODE, position and time zone."""
        ports, hit = network.ports()
        return Response(ports_json(ports), headers=_cache_header(hit=hit))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownSailing from error


def _cache_header(*, hit: bool) -> dict[str, str]:
    return {"X-Cache": "HIT" if hit else "MISS"}
