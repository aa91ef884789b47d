"""The terms of booking, in plain words."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookings.assistance import NOTICE_HOURS
from maritime.lib.pages import page


@require_safe
@page
def terms(request: HttpRequest) -> HttpResponse:
    context = {"hold_minutes": settings.HOLD_MINUTES, "notice_hours": NOTICE_HOURS}
    return render(request, "bookings/terms.html", context)
