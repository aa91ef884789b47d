"""Staff pages for money: everything is read here and nothing edited; buttons call operations."""

from payments.admin.bookings import PayableBookingAdmin
from payments.admin.disputes import DisputeAdmin
from payments.admin.events import WebhookEventAdmin
from payments.admin.ledger import LedgerEntryAdmin
from payments.admin.payments import PaymentAdmin
from payments.admin.refunds import RefundAdmin
from payments.admin.vouchers import VoucherAdmin

__all__ = [
    "DisputeAdmin",
    "LedgerEntryAdmin",
    "PayableBookingAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "VoucherAdmin",
    "WebhookEventAdmin",
]
