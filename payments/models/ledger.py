"""The ledger: every movement of money as a transaction whose entries sum to zero."""

from django.db import models

from bookings.models import Booking
from payments.models.payment import Payment


class LedgerTransaction(models.Model):
    """One movement, written once (`key`) in the transaction of its cause and never changed."""

    class Kind(models.TextChoices):
        """Why money moved; `payments/ledger.py` tells the entries of each."""

        CAPTURED = "captured", "money received"
        SOLD = "sold", "counted as payment of the booking"
        OWED = "owed", "owed back to the customer"
        NOT_OWED = "not_owed", "no longer owed back"
        SHARES = "shares", "moved between operators after a change"
        REFUNDED = "refunded", "refunded by the provider"
        REFUND_LOST = "refund_lost", "refund came back"
        VOUCHER_ISSUED = "voucher_issued", "became a voucher"
        VOUCHER_SPENT = "voucher_spent", "paid by voucher"
        VOUCHER_RETURNED = "voucher_returned", "went back to a voucher"
        WITHDRAWN = "withdrawn", "held back for a dispute"
        REINSTATED = "reinstated", "given back after a dispute"
        CHARGED_BACK = "charged_back", "lost in a dispute"

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="ledger")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="ledger"
    )
    currency = models.CharField(max_length=3)
    is_demo = models.BooleanField(default=False, help_text="no money moved")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="ledger_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class LedgerEntry(models.Model):
    """One line of a transaction. A debit is above zero, a credit below; never zero."""

    class Account(models.TextChoices):
        """Whose the money is. Assets grow by debits, what we owe grows by credits."""

        CASH = "cash", "at the payment provider"
        DISPUTED = "disputed", "held back by the provider for a dispute"
        CUSTOMER = "customer", "owed to customers, or not yet assigned to a booking"
        OPERATOR = "operator", "owed to operators for sold bookings"
        VOUCHER = "voucher", "owed to holders of vouchers"
        CHARGEBACK = "chargeback", "lost in disputes"

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.CharField(max_length=12, choices=Account.choices)
    operator = models.CharField(max_length=20, blank=True, help_text="code, of account operator")
    amount = models.BigIntegerField(help_text="minor units; debit above zero, credit below")

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_entry_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.operator}".strip()
