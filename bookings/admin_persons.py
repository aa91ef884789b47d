"""The page of a sailing that counts its persons and gives their list out, with a note of who took it."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings import persons_list
from ferries.models import Sailing

PERMISSION = "bookings.view_persons_list"


def address(site: AdminSite) -> URLPattern:
    """Return the address of the page, behind the sign-in of the site."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return _page(site, request, pk)

    return path("persons/<int:pk>/", site.admin_view(view), name="bookings_persons_list")


def _page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the counts; answer a POST with the list as CSV and note it in the sailing's history."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    sailings = Sailing.objects.select_related("operator", "configuration__vessel")
    sailing = sailings.filter(pk=pk).first()
    if sailing is None:
        raise Http404
    found = persons_list.on_board(sailing)
    if request.method == "POST":
        return _list(site, request, sailing, found)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": "Persons on board",
        "opts": Sailing._meta,  # noqa: SLF001 - Django's admin templates want it
        "sailing": sailing,
        "found": found,
    }
    return TemplateResponse(request, "admin/bookings/persons_list.html", context)


def _list(
    site: AdminSite, request: HttpRequest, sailing: Sailing, found: persons_list.OnBoard
) -> HttpResponse:
    note = f"List of persons taken: {len(found.persons)} persons."
    site.get_model_admin(Sailing).log_change(request, sailing, note)
    name = f"persons-{sailing.operator.code}-{sailing.departs_at:%Y%m%dT%H%MZ}.csv"
    return HttpResponse(
        "".join(persons_list.lines(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
