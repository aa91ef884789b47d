"""Disputes as staff see them. Evidence is handed in on the provider's own page."""

from django.conf import settings
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse

from maritime.lib import clock
from maritime.lib.money import format_minor
from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin
from payments.models import Dispute
from payments.operations.disputes import settle_dispute


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """The first ones are those whose deadline is next."""

    list_display = ("booking", "state", "money", "held", "due_by", "opened_at")
    list_filter = ("state", "reason", "opened_at")
    list_select_related = ("payment__booking",)
    search_fields = ("=payment__booking__reference", "=dispute_id")
    ordering = (F("closed_at").desc(nulls_first=True), "due_by", "-pk")
    actions = ("ask_now",)
    hidden = ("payment", "amount", "withdrawn")
    extra_fields = ("booking_page", "payment_page", "money", "held", "provider", "events")

    @admin.display(description="booking", ordering="payment__booking__reference")
    def booking(self, dispute: Dispute) -> str:
        return dispute.payment.booking.reference

    @admin.display(description="amount", ordering="amount")
    def money(self, dispute: Dispute) -> str:
        return format_minor(dispute.amount, dispute.payment.currency)

    @admin.display(description="withdrawn", ordering="withdrawn")
    def held(self, dispute: Dispute) -> str:
        return format_minor(dispute.withdrawn, dispute.payment.currency)

    @admin.display(description="booking")
    def booking_page(self, dispute: Dispute) -> str:
        return links.page_of(dispute.payment.booking)

    @admin.display(description="payment")
    def payment_page(self, dispute: Dispute) -> str:
        return links.payment_link(dispute.payment)

    @admin.display(description="at the provider")
    def provider(self, dispute: Dispute) -> str:
        return links.provider_page(
            "disputes",
            dispute.dispute_id,
            gateway=dispute.payment.gateway,
            livemode=settings.STRIPE_SECRET_KEY.startswith(links.LIVE_PREFIXES),
        )

    @admin.display(description="events")
    def events(self, dispute: Dispute) -> str:
        return links.events_about(dispute.dispute_id)

    def buttons_of(self, row: Dispute) -> tuple[str, ...]:
        """Offer the question to the provider."""
        return ("ask_now",)

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Ask the provider now", permissions=["ask"])
    def ask_now(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> HttpResponse | None:
        return self.apply(
            request,
            queryset,
            lambda dispute: settle_dispute(dispute.dispute_id, now=clock.now()),
            done="Disputes that are up to date",
        )
