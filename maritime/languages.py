"""Which language a request is answered in: pages by their address, the API by what clients accept."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware import locale
from django.utils import translation

API = "/api/"


class LocaleMiddleware(locale.LocaleMiddleware):
    """Does as Django's, but reads Accept-Language for the API, whose addresses have no language.

    Staff pages stay in English, as is everything without a prefix.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of the request."""
        super().process_request(request)
        if request.path_info.startswith(API):
            language = _accepted(request)
            translation.activate(language)
            request.LANGUAGE_CODE = language


def _accepted(request: HttpRequest) -> str:
    """Return the best language that the client accepts; English where it says nothing of ours."""
    if "Accept-Language" not in request.headers:
        return settings.LANGUAGE_CODE
    return translation.get_language_from_request(request)
