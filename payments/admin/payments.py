"""Payments as staff see them: timeline, links, *refund* and *ask the provider now*."""

import uuid

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join

from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.money import exponent, format_minor
from payments import queries, states
from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin, actor_of
from payments.forms import RefundForm
from payments.models import Payment, Refund
from payments.operations.refund import refund_payment
from payments.operations.send import settle_refunds
from payments.operations.settle import settle
from payments.timeline import timeline_of


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Search by the reference of a booking to find its money."""

    list_display = ("booking", "state", "price", "back", "code", "created_at")
    list_filter = ("state", "gateway", "created_at")
    list_select_related = ("booking",)
    search_fields = ("=booking__reference", "=intent_id")
    actions = ("refund", "verify")
    hidden = ("booking", "amount", "captured", "refunded", "charged_back")
    extra_fields = ("booking_page", "sums", "refund_pages", "dispute_pages", "provider", "timeline")

    @admin.display(description="amount", ordering="amount")
    def price(self, payment: Payment) -> str:
        return format_minor(payment.amount, payment.currency)

    @admin.display(description="refunded", ordering="refunded")
    def back(self, payment: Payment) -> str:
        return format_minor(payment.refunded, payment.currency)

    @admin.display(description="gateway", ordering="gateway")
    def code(self, payment: Payment) -> str:
        """Return the short name; the page of the payment says what it means."""
        return payment.gateway

    @admin.display(description="booking")
    def booking_page(self, payment: Payment) -> str:
        return links.page_of(payment.booking)

    @admin.display(description="money")
    def sums(self, payment: Payment) -> str:
        parts = {
            "asked for": payment.amount,
            "received": payment.captured,
            "given back, on its way or waiting": payment.refunded,
            "lost in disputes": payment.charged_back,
            "left": payment.left,
        }
        return links.lines(
            [f"{format_minor(part, payment.currency)} {name}" for name, part in parts.items()]
        )

    @admin.display(description="refunds")
    def refund_pages(self, payment: Payment) -> str:
        refunds = payment.refunds.select_related("payment").order_by("pk")
        return links.lines([links.refund_link(refund) for refund in refunds])

    @admin.display(description="disputes")
    def dispute_pages(self, payment: Payment) -> str:
        disputes = payment.disputes.select_related("payment").order_by("pk")
        return links.lines([links.dispute_link(dispute) for dispute in disputes])

    @admin.display(description="at the provider")
    def provider(self, payment: Payment) -> str:
        return links.payment_at_provider(payment)

    @admin.display(description="what happened")
    def timeline(self, payment: Payment) -> str:
        rows = (
            (
                f"{moment.at:%Y-%m-%d %H:%M:%S} UTC",
                links.page_of(moment.row, moment.text) if moment.row else moment.text,
            )
            for moment in timeline_of(payment)
        )
        return format_html_join("", "{} {}<br>", rows)

    def buttons_of(self, row: Payment) -> tuple[str, ...]:
        """Offer a refund only of what has money."""
        return ("refund", "verify") if row.state in states.HOLDS_MONEY else ("verify",)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.refund_payment")

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Ask the provider now", permissions=["verify"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        return self.apply(request, queryset, _verify, done="Payments that are up to date")

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
        return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))

    def _refund(self, request: HttpRequest, payment: Payment, form: RefundForm) -> None:
        try:
            refund = refund_payment(
                payment.pk,
                amount=form.cleaned_data["amount"],
                request_key=f"staff:{form.cleaned_data['request_key']}",
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
            )
        except MaritimeError as error:
            self.message_user(request, error.message, messages.ERROR)
            return
        is_waiting = refund.state == Refund.State.WAITING
        end = "waits until somebody else approves it" if is_waiting else "is on its way"
        text = f"Refund of {format_minor(refund.amount, payment.currency)} {end}."
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
            "is_disputed": queries.is_disputed(payment),
            "is_asked": queries.open_disputes(payment).exists(),
            "refunds": [
                (refund, format_minor(refund.amount, refund.payment.currency))
                for refund in queries.refunds_of(payment.booking)
            ],
            "form": form,
            "action_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/payments/payment/refund.html", context)


def _verify(payment: Payment) -> None:
    settle(payment.pk, now=clock.now())
    settle_refunds(payment.pk)


def _new_form(payment: Payment) -> RefundForm:
    digits = exponent(payment.currency)
    units, rest = divmod(payment.left, 10**digits)
    amount = f"{units}.{rest:0{digits}d}" if digits else str(units)
    return RefundForm(initial={"amount": amount, "request_key": uuid.uuid4().hex}, payment=payment)
