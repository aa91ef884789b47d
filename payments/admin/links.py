"""Links between the pages about money, and to the provider's own pages."""

from typing import Any

from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from bookings.models import Booking
from maritime.lib.money import format_minor
from payments.models import Dispute, Payment, Refund, Voucher, WebhookEvent

DASHBOARD = "https://dashboard.stripe.com"
LIVE_PREFIXES = ("sk_live_", "rk_live_")


def page_of(row: Model, text: str = "") -> str:
    """Return a link to the page of a booking, or of a row of payments, in this admin."""
    app = "bookings" if isinstance(row, Booking) else "payments"
    address = reverse(f"admin:{app}_{type(row).__name__.lower()}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text or str(row))


def provider_page(kind: str, provider_id: str | None, *, gateway: str, livemode: bool) -> str:
    """Return a link to Stripe's page (`payments`, `disputes` or `events`); "-" for all others.

    Refunds have no page of their own there: they stand on that of their payment.
    """
    if gateway != Payment.Gateway.STRIPE or not provider_id:
        return "-"
    test = "" if livemode else "/test"
    address = f"{DASHBOARD}{test}/{kind}/{provider_id}"
    return format_html('<a href="{}" rel="noreferrer">{}</a>', address, provider_id)


def payment_at_provider(payment: Payment) -> str:
    """Return a link to the payment at the provider; the key in use tells test from live."""
    livemode = settings.STRIPE_SECRET_KEY.startswith(LIVE_PREFIXES)
    return provider_page("payments", payment.intent_id, gateway=payment.gateway, livemode=livemode)


def payment_link(payment: Payment) -> str:
    """Return a link that names amount and state of the payment."""
    return page_of(payment, told(payment))


def told(payment: Payment) -> str:
    """Return amount and state of the payment."""
    amount = format_minor(payment.amount, payment.currency)
    return f"{amount}, {payment.get_state_display()}"


def refund_link(refund: Refund) -> str:
    """Return a link that names amount and state of the refund; its payment is loaded."""
    return page_of(refund)


def dispute_link(dispute: Dispute) -> str:
    """Return a link that names amount and state of the dispute; its payment is loaded."""
    amount = format_minor(dispute.amount, dispute.payment.currency)
    return page_of(dispute, f"{amount}, {dispute.get_state_display()}")


def voucher_link(voucher: Voucher) -> str:
    """Return a link that names the code and what is left of the voucher."""
    return page_of(voucher, f"{voucher.code}, {format_minor(voucher.left, voucher.currency)} left")


def events_about(provider_id: str | None) -> str:
    """Return links to the events about an object of the provider, oldest first."""
    if not provider_id:
        return "-"
    events = WebhookEvent.objects.filter(object_id=provider_id).defer("body").order_by("pk")
    return lines([page_of(event, f"{event.type}, {event.get_state_display()}") for event in events])


def lines(links: list[Any]) -> str:
    """Return links or texts below each other; "-" for none."""
    return format_html_join("", "{}<br>", ([link] for link in links)) or "-"
