"""The receipt of a booking as PDF: lines, VAT by rate, payments, refunds, as they are now."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Booking, JourneyLeg, OrderItem
from bookings.tickets import demo_note, typeset
from maritime.lib.local import moment_text, money_text, number_text
from payments.errors import NothingPaid
from payments.models import Payment
from payments.queries import payments_taken
from payments.telling import told_refunds

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

TEMPLATE = Path(__file__).with_name("receipt.typ")
MEANS: dict[str, "Promise"] = {
    Payment.Gateway.STRIPE: gettext_lazy("Paid by card or account"),
    Payment.Gateway.DEMO: gettext_lazy("Paid in the demonstration"),
    Payment.Gateway.VOUCHER: gettext_lazy("Paid by voucher"),
}
Row = list[str]


def receipt_pdf(booking: Booking, *, now: datetime) -> bytes:
    """Return the receipt as an accessible PDF in the active language; 2 queries.

    Needs the booking as `bookings.queries` loads it. Raises NothingPaid before any money came.
    """
    payments = payments_taken(booking)
    if not payments:
        raise NothingPaid
    zone = booking.legs.all()[0].origin_zone
    currency = booking.currency
    live = [item for item in booking.items.all() if item.cancelled_at is None]
    document = {
        "title": _("Receipt %(reference)s") % {"reference": booking.reference},
        "demo": demo_note(),
        "words": _words(currency),
        "facts": [
            [_("Booking reference"), booking.reference],
            [_("Customer"), f"{booking.contact_given_name} {booking.contact_surname}"],
            [_("As of"), moment_text(now, zone)],
        ],
        "crossings": [_crossing(leg, live, currency) for leg in booking.legs.all()],
        "total": number_text(booking.total, currency),
        "vat": _vat(live, currency),
        "money": [*_paid(payments, zone), *_back(booking, zone)],
    }
    return typeset(TEMPLATE, document, made_at=now)


def _words(currency: str) -> dict[str, str]:
    return {
        "title": _("Receipt"),
        "lines": _("What you have bought"),
        "amounts": _("All amounts in %(currency)s") % {"currency": currency},
        "total": _("Total"),
        "vat": _("VAT contained"),
        "rate": _("Rate"),
        "net": _("Net"),
        "vat_amount": _("VAT"),
        "gross": _("Gross"),
        "money": _("Payments and refunds"),
        "no_vat": _("The price contains no VAT."),
    }


def _crossing(leg: JourneyLeg, items: Iterable[OrderItem], currency: str) -> dict[str, Any]:
    names = {"origin": leg.origin_name, "destination": leg.destination_name}
    return {
        "title": _("%(origin)s to %(destination)s") % names,
        "detail": f"{moment_text(leg.departs_at, leg.origin_zone)} · {leg.operator.name}",
        "lines": [
            [item.told, number_text(item.amount, currency)]
            for item in items
            if item.leg_id == leg.pk
        ],
    }


def _vat(items: Iterable[OrderItem], currency: str) -> list[Row]:
    """Return for each rate that the price contains: rate, net, VAT, gross."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for item in items:
        if item.vat_bp:
            sums[item.vat_bp][0] += item.amount
            sums[item.vat_bp][1] += item.vat
    return [
        [
            _("%(percent)s %%") % {"percent": _percent(rate)},
            *(number_text(each, currency) for each in (gross - vat, vat, gross)),
        ]
        for rate, (gross, vat) in sorted(sums.items())
    ]


def _percent(rate: int) -> str:
    """Write hundredths of a percent: 2400 is 24, 550 is 5.5."""
    return number_format((Decimal(rate) / 100).normalize(), use_l10n=True)


def _paid(payments: Iterable[Payment], zone: str) -> list[Row]:
    return [
        [
            moment_text(payment.created_at, zone),
            str(MEANS.get(payment.gateway, payment.gateway)),
            money_text(payment.captured, payment.currency),
        ]
        for payment in payments
    ]


def _back(booking: Booking, zone: str) -> list[Row]:
    return [
        [
            moment_text(refund.created_at, zone),
            _("Refund: %(state)s") % {"state": told.text},
            money_text(-refund.amount, booking.currency),
        ]
        for refund, told in told_refunds(booking)
    ]
