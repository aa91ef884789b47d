"""Staff pages for durable jobs: dead letters are retried or discarded here."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from maritime.ops import jobs
from maritime.ops.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Jobs are read here and never written, but for the two actions on dead letters."""

    list_display = ("task", "key", "state", "attempts", "next_at", "done_at", "last_error")
    list_filter = ("state", "task")
    search_fields = ("key",)
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
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
        "created_at",
        "done_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    @admin.action(description="Retry dead letters now", permissions=["change"])
    def retry_now(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._apply(request, queryset, jobs.retry, done="will run again")

    @admin.action(description="Discard dead letters", permissions=["change"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._apply(request, queryset, jobs.discard, done="discarded")

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
