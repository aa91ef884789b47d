"""Staff pages for e-mails: what was sent when, and sending one again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path

from notifications import outbox
from notifications.admin_preview import preview_html, preview_page
from notifications.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Messages are read here; the one action queues a new version."""

    list_display = (
        "booking",
        "kind",
        "state",
        "attempts",
        "may_be_double",
        "created_at",
        "sent_at",
    )
    list_filter = ("state", "kind", "may_be_double")
    list_select_related = ("booking",)
    search_fields = ("booking__reference",)
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("resend",)
    fields = readonly_fields = (
        "booking",
        "kind",
        "key",
        "facts",
        "state",
        "attempts",
        "may_be_double",
        "claimed_at",
        "created_at",
        "sent_at",
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the preview of mails."""
        view = self.admin_site.admin_view
        return [
            path("preview/", view(preview_page), name="mail_preview"),
            path("preview/html/", view(preview_html), name="mail_preview_html"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.action(description="Send again", permissions=["change"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        queued = [outbox.queue_again(message) for message in queryset.select_related("booking")]
        for message in queued:
            self.log_change(request, message, "queued by staff")
        self.message_user(request, f"Mails queued: {len(queued)}.", messages.SUCCESS)
