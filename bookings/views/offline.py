"""A booking on the traveller's device: the service worker, and what makes its page installable."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from bookings.queries import booking_by_public_id
from maritime.lib.pages import private_page
from maritime.lib.references import booking_of_token

WORKER = Path(settings.BASE_DIR) / "static" / "js" / "worker.js"


@require_safe
@cache_control(no_cache=True)
def service_worker(_request: HttpRequest) -> HttpResponse:
    """Answer the worker from the root of the site: it may then serve a page in any language."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


@require_safe
@private_page
def manifest(_request: HttpRequest, token: str) -> HttpResponse:
    """Answer the web app manifest of one booking's page."""
    found = booking_by_public_id(booking_of_token(token))
    page = reverse("booking", args=[token])
    values = {
        "id": page,
        "start_url": page,
        "scope": page,
        "name": _("Ferry booking %(reference)s") % {"reference": found.reference},
        "short_name": found.reference,
        "lang": get_language() or settings.LANGUAGE_CODE,
        "display": "standalone",
        "background_color": "#f4efe4",
        "theme_color": "#0c2f45",
        "icons": [
            _icon("img/icon-192.png", "192x192"),
            _icon("img/icon-512.png", "512x512"),
        ],
    }
    return JsonResponse(values, content_type="application/manifest+json")


def _icon(path: str, sizes: str) -> dict[str, str]:
    return {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": "any maskable"}
