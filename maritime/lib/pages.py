"""What all pages have in common: an error of ours becomes a page that says what to do next."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop as _
from django.views.decorators.cache import never_cache
from rest_framework.request import Request
from rest_framework.views import APIView

from maritime.lib.errors import MaritimeError
from maritime.lib.throttle import RateThrottle

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class TooManyRequests(MaritimeError):
    """The address sent more requests than its rate allows."""

    code = "throttled"
    user_message = _("There were too many tries. Please wait a minute and try again.")
    status = 429
    permanent = False


def page(view: View[P]) -> View[P]:
    """Answer a MaritimeError that the view lets through with the problem page and its status."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except MaritimeError as error:
            return problem_page(request, error)

    return wrapped


def private_page(view: View[P]) -> View[P]:
    """Do as `page` does, and let no browser or proxy store the answer."""
    return never_cache(page(view))


def problem_page(request: HttpRequest, error: MaritimeError) -> HttpResponse:
    """Return the problem page of an error."""
    return render(request, "errors/problem.html", {"error": error}, status=error.status)


def require_rate(request: HttpRequest, *, scope: str) -> None:
    """Count this request under a scope of the API's rates; raises TooManyRequests above it."""
    if not RateThrottle().allow_request(Request(request), _Scope(scope)):
        raise TooManyRequests


class _Scope(APIView):
    """What a throttle wants to see of a view."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.throttle_scope = scope
