"""Staff pages for what waits for a person: tasks for staff, and dead letters among the jobs."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Model, QuerySet
from django.forms import CharField, Form, Textarea
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from maritime.lib import clock
from maritime.ops import jobs, staff
from maritime.ops.models import Job, StaffTask

NOTE_LENGTH = 200


class NoteForm(Form):
    """What staff did, or why something needs no work."""

    note = CharField(max_length=NOTE_LENGTH, widget=Textarea(attrs={"rows": 2, "cols": 60}))


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows are read here and never written, but for the actions."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def note_of(
        self, request: HttpRequest, queryset: QuerySet[Any], *, title: str
    ) -> tuple[str, HttpResponse | None]:
        """Return the note that staff wrote, or the page that asks for one."""
        form = NoteForm(request.POST if "note" in request.POST else None)
        if form.is_valid():
            return form.cleaned_data["note"], None
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "action": request.POST.get("action", ""),
            "rows": queryset.order_by("pk"),
            "form": form,
        }
        return "", TemplateResponse(request, "admin/ops/note.html", context)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs are read here and never written, but for the two actions on dead letters."""

    list_display = ("task", "key", "state", "attempts", "next_at", "done_at", "last_error")
    list_filter = ("state", "task")
    search_fields = ("key",)
    ordering = ("-pk",)
    actions = ("retry_now", "discard")
    fields = readonly_fields = (
        "task",
        "arguments",
        "key",
        "state",
        "attempts",
        "max_attempts",
        "next_at",
        "published_at",
        "locked_until",
        "last_error",
        "request_id",
        "created_at",
        "done_at",
        "discard_reason",
    )

    @admin.action(description="Retry dead letters now", permissions=["change"])
    def retry_now(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._apply(request, queryset, jobs.retry, done="will run again")

    @admin.action(description="Discard dead letters", permissions=["change"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        note, page = self.note_of(request, queryset, title="Why are these jobs not needed?")
        if page:
            return page
        self._apply(request, queryset, lambda job: jobs.discard(job, reason=note), done="discarded")
        return None

    def _apply(
        self,
        request: HttpRequest,
        queryset: QuerySet[Job],
        change: Callable[[Job], bool],
        *,
        done: str,
    ) -> None:
        """Change each job on its own and leave a line in the admin's history of it."""
        changed = [job for job in queryset if change(job)]
        for job in changed:
            self.log_change(request, job, done)
        self.message_user(request, f"Jobs {done}: {len(changed)}.", messages.SUCCESS)
        skipped = len(queryset) - len(changed)
        if skipped:
            self.message_user(
                request, f"Left alone, not dead letters: {skipped}.", messages.WARNING
            )


class OpenFilter(admin.SimpleListFilter):
    """Open tasks unless something else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be chosen."""
        return [("open", "open"), ("overdue", "overdue"), ("done", "done"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        """Return the choices without Django's own "All", since the default is "open"."""
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or "open") == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[StaffTask]) -> QuerySet[StaffTask]:
        """Return the tasks of the choice."""
        chosen = self.value() or "open"
        if chosen == "done":
            return queryset.exclude(closed_at=None)
        if chosen == "overdue":
            return queryset.filter(closed_at=None, due_at__lte=clock.now())
        return queryset if chosen == "all" else queryset.filter(closed_at=None)


@admin.register(StaffTask)
class StaffTaskAdmin(ReadOnlyAdmin):
    """What no rule can decide: those with the nearest deadline first."""

    list_display = ("title", "kind", "due_at", "opened_at", "page", "closed_by", "note")
    list_filter = (OpenFilter, "kind")
    search_fields = ("title", "key")
    ordering = (F("due_at").asc(nulls_last=True), "opened_at")
    actions = ("done",)
    fields = readonly_fields = (
        "title",
        "kind",
        "detail",
        "page",
        "due_at",
        "opened_at",
        "closed_at",
        "closed_by",
        "note",
        "key",
    )

    @admin.display(description="page")
    def page(self, task: StaffTask) -> str:
        if not task.path.startswith("/"):
            return "-"
        return format_html('<a href="{}">look</a>', task.path)

    @admin.action(description="Done", permissions=["change"])
    def done(self, request: HttpRequest, queryset: QuerySet[StaffTask]) -> HttpResponse | None:
        note, page = self.note_of(request, queryset, title="What was done?")
        if page:
            return page
        by = f"staff:{request.user.pk}"
        closed = [task for task in queryset if staff.close_task(task.key, by=by, note=note)]
        for task in closed:
            self.log_change(request, task, note)
        self.message_user(request, f"Tasks done: {len(closed)}.", messages.SUCCESS)
        return None
