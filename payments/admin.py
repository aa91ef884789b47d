"""Staff pages for money: payments with the action *refund*, refunds, and the provider's events."""

import uuid

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from bookings.admin import BookingAdmin
from bookings.models import Booking
from maritime.lib.errors import MaritimeError
from maritime.lib.money import exponent, format_minor
from payments import queries, states
from payments.forms import RefundForm
from payments.models import Payment, Refund, Voucher, WebhookEvent
from payments.operations.events import retry_event
from payments.operations.refund import refund_payment


class ReadOnlyAdmin(admin.ModelAdmin):
    """Facts about money are read here; they change by operations only."""

    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Search by the reference of a booking to find its money."""

    list_display = ("booking", "gateway", "state", "price", "back", "failures", "created_at")
    list_filter = ("state", "gateway", "created_at")
    list_select_related = ("booking",)
    search_fields = ("=booking__reference", "=intent_id")
    actions = ("refund",)

    @admin.display(description="amount", ordering="amount")
    def price(self, payment: Payment) -> str:
        return format_minor(payment.amount, payment.currency)

    @admin.display(description="refunded", ordering="refunded")
    def back(self, payment: Payment) -> str:
        return format_minor(payment.refunded, payment.currency)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.refund_payment")

    @admin.action(description="Refund a payment", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        payment = queryset.first() if queryset.count() == 1 else None
        if payment is None or payment.state not in states.HOLDS_MONEY:
            text = "Choose one payment that has received money."
            self.message_user(request, text, messages.ERROR)
            return None
        if "apply" not in request.POST:
            return self._refund_page(request, payment, _new_form(payment))
        form = RefundForm(request.POST, payment=payment)
        if not form.is_valid():
            return self._refund_page(request, payment, form)
        self._refund(request, payment, form)
        return None

    def _refund(self, request: HttpRequest, payment: Payment, form: RefundForm) -> None:
        try:
            refund = refund_payment(
                payment.pk,
                amount=form.cleaned_data["amount"],
                request_key=f"staff:{form.cleaned_data['request_key']}",
                reason=form.cleaned_data["reason"],
                actor=f"staff:{request.user.pk}",
            )
        except MaritimeError as error:
            self.message_user(request, error.message, messages.ERROR)
            return
        text = f"Refund of {format_minor(refund.amount, payment.currency)} is on its way."
        self.log_change(request, payment, text)
        self.message_user(request, text, messages.SUCCESS)

    def _refund_page(
        self, request: HttpRequest, payment: Payment, form: RefundForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Refund {payment.booking.reference}",
            "opts": self.opts,
            "payment": payment,
            "refunds": queries.refunds_of(payment.booking),
            "form": form,
            "action_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/payments/payment/refund.html", context)


admin.site.unregister(Booking)


@admin.register(Booking)
class PayableBookingAdmin(BookingAdmin):
    """The bookings of the floor below, with what staff can do about their money."""

    actions = (*BookingAdmin.actions, "refund")

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.refund_payment")

    @admin.action(description="Refund without cancelling", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        payments = Payment.objects.filter(booking__in=queryset, state__in=states.HOLDS_MONEY)
        return PaymentAdmin(Payment, self.admin_site).refund(request, payments)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds in the state `failed` wait for staff: the money did not arrive."""

    list_display = ("payment", "state", "money", "reason", "actor", "created_at", "updated_at")
    list_filter = ("state", "created_at")
    list_select_related = ("payment__booking",)
    search_fields = ("=payment__booking__reference", "=refund_id")

    @admin.display(description="amount", ordering="amount")
    def money(self, refund: Refund) -> str:
        return format_minor(refund.amount, refund.payment.currency)


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Search by the code that a traveller reads out, or by the cancelled booking."""

    list_display = ("code", "booking", "money", "rest", "is_demo", "expires_at", "created_at")
    list_filter = ("currency", "is_demo", "expires_at")
    list_select_related = ("booking",)
    search_fields = ("=code", "=booking__reference")

    @admin.display(description="amount", ordering="amount")
    def money(self, voucher: Voucher) -> str:
        return format_minor(voucher.amount, voucher.currency)

    @admin.display(description="left")
    def rest(self, voucher: Voucher) -> str:
        return format_minor(voucher.left, voucher.currency)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """One row for each verified event, with the exact text that was signed."""

    list_display = ("event_id", "type", "object_id", "state", "note", "received_at")
    list_filter = ("state", "type", "livemode", "received_at")
    search_fields = ("=event_id", "=object_id")
    actions = ("retry",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_webhookevent")

    @admin.action(description="Process failed events again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        retried = sum(retry_event(event.event_id) for event in queryset)
        self.message_user(request, f"Events that will be processed again: {retried}.")


def _new_form(payment: Payment) -> RefundForm:
    left = payment.captured - payment.refunded
    digits = exponent(payment.currency)
    units, rest = divmod(left, 10**digits)
    amount = f"{units}.{rest:0{digits}d}" if digits else str(units)
    return RefundForm(initial={"amount": amount, "request_key": uuid.uuid4().hex}, payment=payment)
