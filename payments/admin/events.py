"""The provider's events as staff see them, with the exact text that was signed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin
from payments.models import Dispute, Payment, Refund, WebhookEvent
from payments.operations.events import retry_event


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """One row for each verified event."""

    list_display = ("received_at", "type", "state", "note", "event_id")
    list_filter = ("state", "type", "livemode", "received_at")
    search_fields = ("=event_id", "=object_id", "=intent_id")
    search_help_text = "Id of an event, or of its payment, charge, refund or dispute"
    actions = ("retry",)
    extra_fields = ("about", "provider")

    @admin.display(description="about")
    def about(self, event: WebhookEvent) -> str:
        """Link to the payment that the event names, and to the row that its object is."""
        named, intent_id = event.object_id, event.intent_id
        payments = Payment.objects.filter(intent_id=intent_id or named).select_related("booking")
        refunds = Refund.objects.filter(refund_id=named).select_related("payment")
        disputes = Dispute.objects.filter(dispute_id=named).select_related("payment")
        return links.lines(
            [
                *(links.page_of(payment.booking) for payment in payments),
                *(links.payment_link(payment) for payment in payments),
                *(links.refund_link(refund) for refund in refunds),
                *(links.dispute_link(dispute) for dispute in disputes),
            ]
        )

    @admin.display(description="at the provider")
    def provider(self, event: WebhookEvent) -> str:
        is_demo = event.event_id.startswith("evt_demo_")
        gateway = Payment.Gateway.DEMO if is_demo else Payment.Gateway.STRIPE
        return links.provider_page(
            "events", event.event_id, gateway=gateway, livemode=event.livemode
        )

    def buttons_of(self, row: WebhookEvent) -> tuple[str, ...]:
        """Offer another run only of what did not end well."""
        over = (WebhookEvent.State.DONE, WebhookEvent.State.IGNORED)
        return () if row.state in over else ("retry",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_webhookevent")

    @admin.action(description="Process failed events again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> HttpResponse | None:
        retried = sum(retry_event(event.event_id) for event in queryset)
        self.message_user(request, f"Events that will be processed again: {retried}.")
        return self.back_to_page(request, queryset)
