"""A staff page that tells how look-ups in the cache end."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from ferries import cache, cache_counts
from ferries.models import Operator

TEMPLATE = "admin/ferries/cache_counts.html"


@require_safe
def cache_counts_page(request: HttpRequest) -> TemplateResponse:
    """Show the counts of all processes by kind of value."""
    if not request.user.has_perm("ferries.view_operator"):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Cache",
        "opts": Operator._meta,  # noqa: SLF001 - Django documents it
        "is_away": not cache.searches_generation(),
        "outcomes": cache_counts.OUTCOMES,
        "rows": cache_counts.read(),
    }
    return TemplateResponse(request, TEMPLATE, context)
