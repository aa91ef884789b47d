"""What a comparison of our books can find: one kind of difference each, told in a sentence."""

from dataclasses import dataclass
from enum import StrEnum

from maritime.lib.money import format_minor


class Kind(StrEnum):
    """What differs. "Unknown" is theirs and not here, "missing" is ours and not there."""

    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_MISSING = "payment_missing"
    PAYMENT_STATE = "payment_state"
    PAYMENT_AMOUNT = "payment_amount"
    PAYMENT_CURRENCY = "payment_currency"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_MISSING = "refund_missing"
    REFUND_STATE = "refund_state"
    REFUND_AMOUNT = "refund_amount"
    DISPUTE_UNKNOWN = "dispute_unknown"
    DISPUTE_MISSING = "dispute_missing"
    DISPUTE_STATE = "dispute_state"
    DISPUTE_AMOUNT = "dispute_amount"
    LEDGER_CASH = "ledger_cash"
    LEDGER_ACCOUNT = "ledger_account"
    PAYMENT_SUM = "payment_sum"
    BOOKING_SUM = "booking_sum"
    VOUCHER_SUM = "voucher_sum"


REFUND_KINDS = frozenset(
    {Kind.REFUND_UNKNOWN, Kind.REFUND_MISSING, Kind.REFUND_STATE, Kind.REFUND_AMOUNT}
)


@dataclass(frozen=True)
class Finding:
    """One difference: what we have and what should be there, in minor units of the currency.

    `reference` is the booking's, empty where there is none; `provider_id` names the object at the
    provider. No names, addresses or texts of others: findings travel by mail.
    """

    kind: Kind
    text: str
    reference: str
    ours: int
    theirs: int
    currency: str
    payment_id: int | None = None
    provider_id: str = ""

    def __str__(self) -> str:
        sums = (
            f"ours {format_minor(self.ours, self.currency)}, "
            f"theirs {format_minor(self.theirs, self.currency)}"
        )
        return f"{self.reference or '-'}: {self.text} ({sums}) [{self.kind}]"
