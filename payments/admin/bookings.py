"""The bookings of the floor below, with their money and what staff can do about it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse

from bookings.admin import BookingAdmin
from bookings.models import Booking
from payments import queries, states
from payments.admin import links
from payments.admin.payments import PaymentAdmin
from payments.models import Dispute, Payment, Refund

OPEN, LOST, FAILED, WAITING = "open", "lost", "failed", "waiting"
DISPUTED = (
    "A payment of this booking is disputed. Nothing is refunded until the dispute is closed; send "
    "evidence on the page of the dispute before its deadline."
)
INQUIRY = (
    "A bank inquires about a payment of this booking. Refunds are possible, and a full one settles "
    "the inquiry; if nobody answers before its deadline, it may become a dispute."
)


class MoneyFilter(admin.SimpleListFilter):
    """Bookings whose money needs a person."""

    title = "money"
    parameter_name = "money"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be chosen."""
        return [
            (OPEN, "disputed"),
            (LOST, "dispute lost"),
            (FAILED, "refund failed"),
            (WAITING, "refund waits for approval"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        """Return the bookings of the choice."""
        disputes = Dispute.objects.filter(payment__booking=OuterRef("pk"))
        refunds = Refund.objects.filter(payment__booking=OuterRef("pk"))
        found = {
            OPEN: disputes.exclude(state__in=states.CLOSED_DISPUTE),
            LOST: disputes.filter(state__in=states.LOST_DISPUTE),
            FAILED: refunds.filter(state=Refund.State.FAILED),
            WAITING: refunds.filter(waits_for=Refund.WaitsFor.APPROVAL),
        }.get(self.value() or "")
        return queryset if found is None else queryset.filter(Exists(found))


admin.site.unregister(Booking)


@admin.register(Booking)
class PayableBookingAdmin(BookingAdmin):
    """Bookings with the mark *disputed*, links to their money, and refunds without cancelling."""

    actions = (*BookingAdmin.actions, "refund")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Mark disputed bookings in the list."""
        return [*super().get_list_display(request), "disputed"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Find the bookings whose money needs a person."""
        return [MoneyFilter, *super().get_list_filter(request)]

    def get_fields(self, request: HttpRequest, obj: Booking | None = None) -> list[Any]:
        """Show the money with the booking."""
        return [*super().get_fields(request, obj), "payments", "refunds", "disputes", "vouchers"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        """Know with the list which bookings are disputed."""
        disputes = Dispute.objects.filter(payment__booking=OuterRef("pk"))
        is_open = Exists(disputes.exclude(state__in=states.CLOSED_DISPUTE))
        return super().get_queryset(request).annotate(is_disputed=is_open)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say first of all that money of the booking is disputed, or that a bank inquires."""
        booking = self.get_object(request, object_id)
        if booking and self.disputed(booking):
            opened = Dispute.objects.filter(payment__booking=booking)
            is_blocked = opened.exclude(state__in=states.CLOSED_DISPUTE).filter(refundable=False)
            notice = DISPUTED if is_blocked.exists() else INQUIRY
            self.message_user(request, notice, messages.WARNING)
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description="disputed", boolean=True)
    def disputed(self, booking: Booking) -> bool:
        return bool(getattr(booking, "is_disputed", False))

    @admin.display(description="payments")
    def payments(self, booking: Booking) -> str:
        rows = Payment.objects.filter(booking=booking).order_by("pk")
        return links.lines([links.payment_link(row) for row in rows])

    @admin.display(description="refunds")
    def refunds(self, booking: Booking) -> str:
        rows = Refund.objects.filter(payment__booking=booking).select_related("payment")
        return links.lines([links.refund_link(row) for row in rows.order_by("pk")])

    @admin.display(description="disputes")
    def disputes(self, booking: Booking) -> str:
        rows = Dispute.objects.filter(payment__booking=booking).select_related("payment")
        return links.lines([links.dispute_link(row) for row in rows.order_by("pk")])

    @admin.display(description="vouchers")
    def vouchers(self, booking: Booking) -> str:
        return links.lines([links.voucher_link(row) for row in queries.vouchers_of(booking)])

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.refund_payment")

    @admin.action(description="Refund without cancelling", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        payments = Payment.objects.filter(booking__in=queryset, state__in=states.HOLDS_MONEY)
        return PaymentAdmin(Payment, self.admin_site).refund(request, payments)
