"""A staff page that makes sailings: form, preview with conflicts, writing."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from ferries.errors import ScheduleRefused
from ferries.models import Sailing
from ferries.operations.schedule import SchedulePlan, calls_shown, plan_schedule, write_schedule
from ferries.schedule_form import ScheduleForm

TEMPLATE = "admin/ferries/schedule.html"
CHANGED = "What would be written has changed since you saw it. Please look again."


@require_http_methods(["GET", "POST"])
def schedule_page(request: HttpRequest) -> HttpResponse:
    """Show the form; on "preview" the plan beside it; on "write" write the plan that was shown."""
    if not request.user.has_perm("ferries.add_sailing"):
        raise PermissionDenied
    if request.method == "GET":
        return _page(request, ScheduleForm())
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        plan = plan_schedule(form.wanted())
    except ScheduleRefused as error:
        form.add_error(None, error.problems)
        return _page(request, form)
    if "write" in request.POST:
        return _write(request, form, plan)
    return _page(request, form, plan)


def _write(request: HttpRequest, form: ScheduleForm, plan: SchedulePlan) -> HttpResponse:
    if request.POST.get("digest") != plan.digest:
        messages.warning(request, CHANGED)
        return _page(request, form, plan)
    try:
        created = write_schedule(plan)
    except ScheduleRefused as error:
        messages.error(request, error.message)
        return _page(request, form, plan_schedule(form.wanted()))
    messages.success(request, f"Sailings added: {len(created)}.")
    return redirect("admin:ferries_sailing_changelist")


def _page(
    request: HttpRequest, form: ScheduleForm, plan: SchedulePlan | None = None
) -> TemplateResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Make sailings",
        "opts": Sailing._meta,  # noqa: SLF001 - Django documents it
        "form": form,
        "plan": plan,
        "rows": _rows(plan) if plan else [],
    }
    return TemplateResponse(request, TEMPLATE, context)


def _rows(plan: SchedulePlan) -> list[tuple[str, str]]:
    return [
        (f"{sailing.service_date:%a %Y-%m-%d}", ", ".join(calls_shown(sailing, plan.ports)))
        for sailing in plan.new
    ]
