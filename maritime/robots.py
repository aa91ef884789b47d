"""What search engines ask for: which pages there are, in which languages, and which not to read."""

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ferries.discovery.pages import operator_path, port_path, route_path
from ferries.models import Operator, Port, Route
from ferries.queries import routes_on_sale
from maritime.context import offered_languages

HOUR = 3600
# Pages for one person or of one moment; results differ by every parameter.
PRIVATE = ("admin/", "api/v1/", "book/", "booking/", "my-booking/", "pay/", "search/")

# Generic in the stubs only.
if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap


class _Pages(_Base):
    """Pages in all languages that are offered, with each other as alternates."""

    i18n = True
    alternates = True
    x_default = True
    limit = 5000

    @property
    def languages(self) -> list[str]:  # type: ignore[override]
        return [code for code, _ in offered_languages()]

    @property
    def protocol(self) -> str:  # type: ignore[override]
        return urlsplit(settings.BASE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        """Return our own host, whatever the request calls it."""
        return urlsplit(settings.BASE_URL).netloc

    @cached_property
    def routes(self) -> list[Route]:
        return routes_on_sale()


class _General(_Pages):
    """The start page and the lists."""

    def items(self) -> list[str]:
        return ["home", "routes", "ports", "operators", "data_sources"]

    def location(self, item: str) -> str:
        return reverse(item)


class _Routes(_Pages):
    """Each pair of ports once, whoever sails."""

    changefreq = "daily"

    def items(self) -> list[tuple[Port, Port]]:
        return sorted(
            {(route.origin, route.destination) for route in self.routes},
            key=lambda pair: (pair[0].code, pair[1].code),
        )

    def location(self, item: tuple[Port, Port]) -> str:
        return route_path(*item)


class _Ports(_Pages):
    """The ports that routes join."""

    def items(self) -> list[Port]:
        ports = {port for route in self.routes for port in (route.origin, route.destination)}
        return sorted(ports, key=lambda port: port.code)

    def location(self, item: Port) -> str:
        return port_path(item)


class _Operators(_Pages):
    """The operators that have routes."""

    def items(self) -> list[Operator]:
        return sorted({route.operator for route in self.routes}, key=lambda each: each.code)

    def location(self, item: Operator) -> str:
        return operator_path(item)


SECTIONS: "dict[str, type[Sitemap[Any]] | Sitemap[Any]]" = {
    "pages": _General,
    "routes": _Routes,
    "ports": _Ports,
    "operators": _Operators,
}


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Answer the list of the sections."""
    return sitemaps.index(request, SECTIONS, sitemap_url_name="sitemap")


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap(request: HttpRequest, section: str) -> HttpResponse:
    """Answer the pages of one section."""
    return sitemaps.sitemap(request, SECTIONS, section)


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots(request: HttpRequest) -> HttpResponse:
    """Answer what robots may read; other languages have the same paths behind their code."""
    prefixes = [
        "",
        *(f"{code}/" for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE),
    ]
    lines = [
        "User-agent: *",
        *(f"Disallow: /{prefix}{path}" for prefix in prefixes for path in PRIVATE),
        "",
        f"Sitemap: {settings.BASE_URL}{reverse('sitemap_index')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
