"""What the provider keeps: intents, charges, refunds, disputes; and its API calls on them.

Objects are the JSON that Stripe answers. One lock guards all of them; each change is told by events.
"""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from payments.tests.provider.events import Events, new_id
from payments.tests.provider.forms import items
from payments.tests.provider.refusals import Refusal, invalid, missing, unknown

Json = dict[str, Any]
UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")
LIVE_REFUNDS = ("pending", "requires_action", "succeeded")
OPEN_DISPUTES = ("needs_response", "under_review")
TABLES = ("intents", "charges", "refunds", "disputes")
PAGE = 10
LARGEST_PAGE = 100
SMALLEST_AMOUNT = 50  # of the currencies that the tests use


class Books:
    """The provider's memory."""

    def __init__(self, *, livemode: bool = False) -> None:
        self.lock = threading.RLock()
        self.livemode = livemode
        self.events = Events()
        self.intents: dict[str, Json] = {}
        self.charges: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.disputes: dict[str, Json] = {}
        # How refunds begin that are asked for by API, and what the bank says of those it refuses.
        self.refund_status = "succeeded"

    # -- PaymentIntents

    def create_intent(self, params: Json) -> Json:
        amount = _amount(params)
        currency = params.get("currency") or ""
        if not currency:
            raise missing("currency")
        if currency != currency.lower() or len(currency) != 3:
            raise invalid("currency", currency)
        if amount < SMALLEST_AMOUNT:
            raise Refusal("Amount is too small.", code="amount_too_small", is_kept=False)
        if "payment_method_types" in params:
            raise Refusal("Received unknown parameter: payment_method_types", is_kept=False)
        with self.lock:
            name = new_id("pi")
            intent = {
                "id": name,
                "object": "payment_intent",
                "amount": amount,
                "amount_received": 0,
                "amount_capturable": 0,
                "canceled_at": None,
                "cancellation_reason": None,
                "client_secret": f"{name}_secret_{new_id('x')[2:]}",
                "created": int(time.time()),
                "currency": currency,
                "last_payment_error": None,
                "latest_charge": None,
                "livemode": self.livemode,
                "metadata": dict(params.get("metadata") or {}),
                "next_action": None,
                "payment_method_types": ["card"],
                "status": "requires_payment_method",
            }
            self.intents[name] = intent
            self.tell("payment_intent.created", intent)
            return intent

    def retrieve_intent(self, name: str) -> Json:
        return _found(self.intents, "payment_intent", name)

    def update_intent(self, name: str, params: Json) -> Json:
        with self.lock:
            intent = self.retrieve_intent(name)
            if "amount" in params:
                if intent["status"] not in UNPAID:
                    raise _unexpected(intent, "updated")
                intent["amount"] = _amount(params)
            intent["metadata"].update(params.get("metadata") or {})
            return intent

    def cancel_intent(self, name: str, params: Json) -> Json:
        with self.lock:
            intent = self.retrieve_intent(name)
            if intent["status"] not in UNPAID:
                raise _unexpected(intent, "canceled")
            intent.update(
                status="canceled",
                canceled_at=int(time.time()),
                cancellation_reason=params.get("cancellation_reason"),
                next_action=None,
            )
            self.tell("payment_intent.canceled", intent)
            return intent

    def list_intents(self, params: Json) -> Json:
        return self._page("payment_intents", self.intents, params)

    # -- Charges

    def retrieve_charge(self, name: str) -> Json:
        return _found(self.charges, "charge", name)

    def list_charges(self, params: Json) -> Json:
        return self._page("charges", self.charges, params, _same("payment_intent", params))

    # -- Refunds

    def create_refund(self, params: Json) -> Json:
        """Give money back; refused as Stripe does it when too much, or while a bank disputes."""
        name = params.get("payment_intent")
        if not name:
            raise missing("payment_intent")
        with self.lock:
            intent = self.retrieve_intent(name)
            charge = self.charge_of(intent)
            if charge is None:
                raise Refusal(f"This PaymentIntent ({name}) does not have a successful charge.")
            left = charge["amount_captured"] - charge["amount_refunded"]
            amount = _amount(params) if "amount" in params else left
            if any(one["status"] in (*OPEN_DISPUTES, "lost") for one in self.disputes_of(name)):
                raise Refusal(f"Charge {charge['id']} is disputed.", code="charge_disputed")
            if left == 0:
                raise Refusal(
                    f"Charge {charge['id']} has already been refunded.",
                    code="charge_already_refunded",
                )
            if amount > left:
                raise Refusal("The refund is greater than the unrefunded amount of the charge.")
            return self.add_refund(
                intent, amount, status=self.refund_status, metadata=params.get("metadata") or {}
            )

    def retrieve_refund(self, name: str) -> Json:
        return _found(self.refunds, "refund", name)

    def list_refunds(self, params: Json) -> Json:
        return self._page("refunds", self.refunds, params, _same("payment_intent", params))

    def add_refund(self, intent: Json, amount: int, *, status: str, metadata: Json) -> Json:
        """Write a refund and take it off its charge; the caller holds the lock."""
        charge = self.charge_of(intent)
        assert charge is not None
        refund = {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": int(time.time()),
            "currency": intent["currency"],
            "failure_reason": None,
            "metadata": dict(metadata),
            "payment_intent": intent["id"],
            "reason": None,
            "status": status,
        }
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        return refund

    # -- Disputes

    def retrieve_dispute(self, name: str) -> Json:
        return _found(self.disputes, "dispute", name)

    def list_disputes(self, params: Json) -> Json:
        return self._page("disputes", self.disputes, params, _same("payment_intent", params))

    # -- what the books say

    def charge_of(self, intent: Json) -> Json | None:
        """Return the charge that collected the money of the intent."""
        charge = self.charges.get(intent["latest_charge"] or "")
        return charge if charge and charge["status"] == "succeeded" else None

    def refunds_of(self, intent_id: str) -> list[Json]:
        """Return all refunds of the intent."""
        return [one for one in self.refunds.values() if one["payment_intent"] == intent_id]

    def disputes_of(self, intent_id: str) -> list[Json]:
        """Return all disputes of the intent."""
        return [one for one in self.disputes.values() if one["payment_intent"] == intent_id]

    def net(self, intent_id: str) -> int:
        """Return what is left of the money: received, less settled refunds, less withdrawals."""
        with self.lock:
            received: int = self.intents[intent_id]["amount_received"]
            back = sum(
                one["amount"] for one in self.refunds_of(intent_id) if one["status"] == "succeeded"
            )
            return received - back - sum(withdrawn(one) for one in self.disputes_of(intent_id))

    def tell(self, kind: str, about: Json) -> None:
        """Write an event about an object; the caller holds the lock."""
        self.events.add(kind, about, created=int(time.time()), livemode=self.livemode)

    def saved(self) -> dict[str, Any]:
        """Return a copy of everything, for `load`."""
        with self.lock:
            tables = {name: getattr(self, name) for name in TABLES}
            return copy.deepcopy({**tables, "events": self.events.all})

    def load(self, saved: dict[str, Any]) -> None:
        """Be as another provider was when it was saved; its events were delivered."""
        with self.lock:
            self.events.all = saved["events"]
            for name in TABLES:
                setattr(self, name, saved[name])

    def age(self, seconds: int) -> None:
        """Let time pass: everything was made so much earlier."""
        with self.lock:
            for table in (self.intents, self.charges, self.refunds, self.disputes):
                for one in table.values():
                    one["created"] -= seconds

    def _page(
        self,
        name: str,
        table: dict[str, Json],
        params: Json,
        wanted: Callable[[Json], bool] | None = None,
    ) -> Json:
        """Return a page, newest first, with Stripe's parameters; `name` is that of its address."""
        limit = int(params.get("limit") or PAGE)
        if not 1 <= limit <= LARGEST_PAGE:
            raise invalid("limit", limit)
        created = params.get("created")
        since = int(created.get("gte") or 0) if isinstance(created, dict) else 0
        until = int(created.get("lte") or 2**40) if isinstance(created, dict) else 2**40
        with self.lock:
            found = [one for one in reversed(table.values()) if not wanted or wanted(one)]
            found = [one for one in found if since <= one["created"] <= until]
            after = params.get("starting_after")
            if after:
                names = [one["id"] for one in found]
                if after not in names:
                    raise unknown("object", after)
                found = found[names.index(after) + 1 :]
        return {
            "object": "list",
            "url": f"/v1/{name}",
            "data": found[:limit],
            "has_more": len(found) > limit,
        }

    def expanded(self, answer: Json, params: Json) -> Json:
        """Return the answer with the fields in full that the request named in `expand`."""
        for path in items(params.get("expand")):
            first, _, rest = path.partition(".")
            if first == "data" and "data" in answer:
                rows = [self.expanded(one, {"expand": {"0": rest}}) for one in answer["data"]]
                answer = {**answer, "data": rows}
                continue
            tables = {
                "latest_charge": self.charges,
                "charge": self.charges,
                "payment_intent": self.intents,
            }
            if first in tables and isinstance(answer.get(first), str):
                inner = self.expanded(
                    tables[first][answer[first]], {"expand": {"0": rest} if rest else None}
                )
                answer = {**answer, first: inner}
        return answer


def withdrawn(dispute: Json) -> int:
    """Return what the provider holds back for a dispute at present."""
    return -sum(one["amount"] for one in dispute["balance_transactions"])


def _amount(params: Json) -> int:
    text = params.get("amount")
    if text is None:
        raise missing("amount")
    if not str(text).isdigit() or int(text) < 1:
        raise invalid("amount", text)
    return int(text)


def _found(table: dict[str, Json], kind: str, name: str) -> Json:
    found = table.get(name)
    if found is None:
        raise unknown(kind, name)
    return found


def _same(name: str, params: Json) -> Callable[[Json], bool] | None:
    wanted = params.get(name)
    return (lambda one: bool(one[name] == wanted)) if wanted else None


def _unexpected(intent: Json, done: str) -> Refusal:
    return Refusal(
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )
