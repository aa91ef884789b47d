"""Money in, money out, and what the provider told us."""

from payments.models.demo import DemoDispute, DemoIntent, DemoRefund
from payments.models.disputes import Dispute
from payments.models.events import WebhookEvent
from payments.models.ledger import LedgerEntry, LedgerTransaction
from payments.models.payment import Payment
from payments.models.refund import Refund
from payments.models.vouchers import Voucher, new_voucher_code

__all__ = [
    "DemoDispute",
    "DemoIntent",
    "DemoRefund",
    "Dispute",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "Refund",
    "Voucher",
    "WebhookEvent",
    "new_voucher_code",
]
