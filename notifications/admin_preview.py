"""Staff pages that show a mail as a traveller would get it, without sending it."""

from typing import Any, cast
from urllib.parse import urlencode

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from maritime.lib.errors import MaritimeError
from notifications import preview
from notifications.models import Message

TEMPLATE = "admin/notifications/preview.html"
# What a mail program gives a mail: its own styles and pictures inside it, and nothing of ours.
MAIL_POLICY = {
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


class PreviewForm(forms.Form):
    """Which mail, in which language, about what."""

    kind = forms.ChoiceField(
        choices=Message.Kind.choices, initial=Message.Kind.BOOKING_CONFIRMATION
    )
    language = forms.ChoiceField(choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE)
    reference = forms.CharField(
        max_length=20,
        required=False,
        label="Booking reference",
        help_text="Empty: an invented booking.",
    )

    def build(self) -> EmailMultiAlternatives:
        """Return the mail; raises MaritimeError where the booking has nothing to tell."""
        wanted = self.cleaned_data
        if wanted["reference"]:
            return preview.of_booking(
                wanted["kind"], wanted["reference"], language=wanted["language"]
            )
        return preview.of_example(wanted["kind"], language=wanted["language"])


@require_safe
@csp_update({"frame-src": [SELF]})
def preview_page(request: HttpRequest) -> TemplateResponse:
    """Show the form, and beside it subject, text and attachments of the mail; HTML is in a frame."""
    _require_permission(request)
    form = PreviewForm(request.GET if "kind" in request.GET else _initial())
    email: EmailMultiAlternatives | None = None
    if form.is_valid():
        try:
            email = form.build()
        except MaritimeError as error:
            form.add_error("reference", error.message)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "How mails look",
        "opts": Message._meta,  # noqa: SLF001 - Django documents it
        "form": form,
        "email": email,
        "attachments": [each[0] for each in email.attachments] if email else [],
        "query": urlencode(form.cleaned_data) if email else "",
    }
    return TemplateResponse(request, TEMPLATE, context)


@require_safe
@xframe_options_sameorigin
@csp(MAIL_POLICY)
def preview_html(request: HttpRequest) -> HttpResponse:
    """Return the HTML part of the mail alone, for the frame."""
    _require_permission(request)
    form = PreviewForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        email = form.build()
    except MaritimeError as error:
        raise Http404 from error
    return HttpResponse(cast(str, email.alternatives[0][0]))


def _initial() -> dict[str, str]:
    fields = PreviewForm.base_fields
    return {name: str(field.initial or "") for name, field in fields.items()}


def _require_permission(request: HttpRequest) -> None:
    if not request.user.has_perm("notifications.view_message"):
        raise PermissionDenied
