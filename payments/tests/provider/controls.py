"""What customers, their banks and the staff in the dashboard do at the provider."""

import time

from payments.tests.provider.books import OPEN_DISPUTES, UNPAID, Books, Json
from payments.tests.provider.events import new_id

WARNINGS = ("warning_needs_response", "warning_under_review")
# A bank may send money back after the provider had reported success.
REFUND_MOVES: dict[str, tuple[str, ...]] = {
    "pending": ("succeeded", "failed", "canceled"),
    "succeeded": ("failed",),
    "failed": (),
    "canceled": (),
}
EVIDENCE_SECONDS = 9 * 24 * 3600


class Controls:
    """The hands of everybody but us on the provider's books."""

    def __init__(self, books: Books) -> None:
        self.books = books

    # -- customers

    def pay(self, intent_id: str, *, amount: int | None = None, currency: str = "") -> None:
        """Let the customer pay; another amount or currency is what must never happen."""
        books = self.books
        with books.lock:
            intent = self._payable(intent_id)
            received = intent["amount"] if amount is None else amount
            if currency:
                intent["currency"] = currency
            charge = self._charge(intent, received, status="succeeded")
            intent.update(
                status="succeeded",
                amount_received=received,
                last_payment_error=None,
                next_action=None,
            )
            books.tell("charge.succeeded", charge)
            books.tell("payment_intent.succeeded", intent)

    def decline(self, intent_id: str, *, why: str = "insufficient_funds") -> None:
        """Let the bank refuse the card; the customer may try another one."""
        books = self.books
        with books.lock:
            intent = self._payable(intent_id)
            charge = self._charge(intent, 0, status="failed")
            self._fail(intent, charge, why)

    def ask_3ds(self, intent_id: str) -> None:
        """Let the bank ask the customer to prove that it is him."""
        with self.books.lock:
            intent = self._payable(intent_id)
            intent.update(status="requires_action", next_action={"type": "use_stripe_sdk"})
            self.books.tell("payment_intent.requires_action", intent)

    def process(self, intent_id: str) -> None:
        """Let the customer pay by a bank that needs days."""
        books = self.books
        with books.lock:
            intent = self._payable(intent_id)
            charge = self._charge(intent, 0, status="pending")
            intent.update(status="processing", next_action=None)
            books.tell("charge.pending", charge)
            books.tell("payment_intent.processing", intent)

    def finish(self, intent_id: str, *, ok: bool) -> None:
        """Let the slow bank say yes or no."""
        books = self.books
        with books.lock:
            intent = books.intents[intent_id]
            if intent["status"] != "processing":
                raise Impossible(intent["status"])
            charge = books.charges[intent["latest_charge"]]
            if not ok:
                charge["status"] = "failed"
                self._fail(intent, charge, "insufficient_funds")
                return
            charge.update(status="succeeded", amount_captured=intent["amount"], paid=True)
            intent.update(status="succeeded", amount_received=intent["amount"])
            books.tell("charge.succeeded", charge)
            books.tell("payment_intent.succeeded", intent)

    # -- staff in the dashboard

    def dashboard_refund(self, intent_id: str, amount: int, *, status: str = "succeeded") -> str:
        """Give money back by hand; our metadata are not on it."""
        with self.books.lock:
            intent = self.books.intents[intent_id]
            charge = self.books.charge_of(intent)
            if charge is None or charge["amount_captured"] - charge["amount_refunded"] < amount:
                raise Impossible("not so much is left")
            if any(
                one["status"] in (*OPEN_DISPUTES, "lost")
                for one in self.books.disputes_of(intent_id)
            ):
                raise Impossible("disputed")
            refund = self.books.add_refund(intent, amount, status=status, metadata={})
            name: str = refund["id"]
            return name

    def tamper(self, intent_id: str, **metadata: str) -> None:
        """Write other metadata on an intent by hand."""
        with self.books.lock:
            self.books.intents[intent_id]["metadata"].update(metadata)

    # -- banks

    def end_refund(self, refund_id: str, status: str) -> None:
        """Let a refund succeed, fail or be canceled; one that fails is money of ours again."""
        books = self.books
        with books.lock:
            refund = books.refunds[refund_id]
            if status not in REFUND_MOVES[refund["status"]]:
                raise Impossible(refund["status"])
            charge = books.charges[refund["charge"]]
            refund["status"] = status
            books.tell("refund.updated", refund)
            if status in ("failed", "canceled"):
                refund["failure_reason"] = "expired_or_canceled_card"
                charge["amount_refunded"] -= refund["amount"]
                charge["refunded"] = False
            if status == "failed":
                books.tell("refund.failed", refund)
            books.tell("charge.refund.updated", refund)

    def dispute(self, intent_id: str, *, amount: int | None = None, inquiry: bool = False) -> str:
        """Let the cardholder's bank take money back; an inquiry only asks."""
        books = self.books
        with books.lock:
            intent = books.intents[intent_id]
            charge = books.charge_of(intent)
            if charge is None or charge["disputed"]:
                raise Impossible("no charge that can be disputed")
            dispute = {
                "id": new_id("du"),
                "object": "dispute",
                "amount": charge["amount_captured"] if amount is None else amount,
                "balance_transactions": [],
                "charge": charge["id"],
                "created": int(time.time()),
                "currency": intent["currency"],
                "evidence_details": {
                    "due_by": int(time.time()) + EVIDENCE_SECONDS,
                    "has_evidence": False,
                    "past_due": False,
                    "submission_count": 0,
                },
                "is_charge_refundable": inquiry,
                "livemode": books.livemode,
                "metadata": {},
                "payment_intent": intent["id"],
                "reason": "fraudulent",
                "status": "warning_needs_response" if inquiry else "needs_response",
            }
            books.disputes[dispute["id"]] = dispute
            charge["disputed"] = True
            books.tell("charge.dispute.created", dispute)
            if not inquiry:
                self._withdraw(dispute)
            name: str = dispute["id"]
            return name

    def escalate(self, dispute_id: str) -> None:
        """Let an inquiry become a dispute, which holds the money back."""
        with self.books.lock:
            dispute = self._dispute(dispute_id, "warning_needs_response", "warning_under_review")
            dispute.update(status="needs_response", is_charge_refundable=False)
            self.books.tell("charge.dispute.updated", dispute)
            self._withdraw(dispute)

    def review(self, dispute_id: str) -> None:
        """Let the bank look at the evidence."""
        with self.books.lock:
            dispute = self._dispute(dispute_id, "needs_response")
            dispute["status"] = "under_review"
            dispute["evidence_details"]["has_evidence"] = True
            self.books.tell("charge.dispute.updated", dispute)

    def end_dispute(self, dispute_id: str, status: str) -> None:
        """Let the bank decide: won, lost or warning_closed."""
        books = self.books
        with books.lock:
            was = WARNINGS if status == "warning_closed" else OPEN_DISPUTES
            dispute = self._dispute(dispute_id, *was)
            dispute["status"] = status
            if status == "won":
                dispute["balance_transactions"].append(_movement(dispute, dispute["amount"]))
                books.tell("charge.dispute.funds_reinstated", dispute)
            books.tell("charge.dispute.closed", dispute)

    # -- shared

    def _dispute(self, dispute_id: str, *statuses: str) -> Json:
        dispute = self.books.disputes[dispute_id]
        if dispute["status"] not in statuses:
            raise Impossible(dispute["status"])
        return dispute

    def _payable(self, intent_id: str) -> Json:
        intent = self.books.intents[intent_id]
        if intent["status"] not in UNPAID:
            raise Impossible(intent["status"])
        return intent

    def _charge(self, intent: Json, received: int, *, status: str) -> Json:
        charge = {
            "id": new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": received,
            "amount_refunded": 0,
            "created": int(time.time()),
            "currency": intent["currency"],
            "disputed": False,
            "livemode": self.books.livemode,
            "metadata": dict(intent["metadata"]),
            "paid": status == "succeeded",
            "payment_intent": intent["id"],
            "refunded": False,
            "status": status,
        }
        self.books.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _fail(self, intent: Json, charge: Json, why: str) -> None:
        intent.update(
            status="requires_payment_method",
            next_action=None,
            last_payment_error={
                "type": "card_error",
                "code": "card_declined",
                "decline_code": why,
                "message": "Your card was declined.",
            },
        )
        self.books.tell("charge.failed", charge)
        self.books.tell("payment_intent.payment_failed", intent)

    def _withdraw(self, dispute: Json) -> None:
        dispute["balance_transactions"].append(_movement(dispute, -dispute["amount"]))
        self.books.tell("charge.dispute.funds_withdrawn", dispute)


class Impossible(Exception):
    """The provider does not let it happen: the intent is closed or paid, the refund has ended."""


def _movement(dispute: Json, amount: int) -> Json:
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "currency": dispute["currency"],
        "fee": 0,
        "net": amount,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "type": "adjustment",
    }
