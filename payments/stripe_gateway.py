"""Stripe: the only file that imports the SDK.

Amounts leave and arrive here in our minor units; Stripe wants the currency in small letters and
counts a few currencies in its own way (`currencies.py`).
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from stripe.params import PaymentIntentCreateParams

from maritime.ops import staff
from payments import currencies
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateways import API_VERSION, Intent, ProviderDispute, ProviderRefund

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 3, 10
LIVE_PREFIXES = ("sk_live_", "rk_live_")
PAGE = 100
# Durations of our calls are nobody else's business.
stripe.enable_telemetry = False


class StripeGateway:
    """Collects and gives back money by Stripe's PaymentIntents and Refunds."""

    code = "stripe"

    def __init__(self, client: stripe.StripeClient, *, livemode: bool) -> None:
        self._api = client.v1
        self.livemode = livemode

    def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: Mapping[str, str],
        methods: str = "all",
    ) -> Intent:
        """Open an attempt; which methods a customer may choose is set in Stripe's dashboard."""
        wishes: PaymentIntentCreateParams = {
            "amount": currencies.to_provider(amount, currency),
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "metadata": dict(metadata),
        }
        configuration = _configuration(methods)
        if configuration:
            wishes["payment_method_configuration"] = configuration
        with _errors():
            return _intent(self._api.payment_intents.create(wishes, {"idempotency_key": key}))

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the present state of the intent."""
        with _errors():
            return _intent(self._api.payment_intents.retrieve(intent_id))

    def cancel_intent(self, intent_id: str) -> Intent:
        """Close the intent; one that has just succeeded or is processing comes back as it is."""
        try:
            with _errors():
                return _intent(self._api.payment_intents.cancel(intent_id))
        except ProviderRefused as error:
            if error.reason != "payment_intent_unexpected_state":
                raise
        return self.retrieve_intent(intent_id)

    def create_refund(
        self, *, intent_id: str, amount: int, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give back a part of what the intent collected."""
        currency = self.retrieve_intent(intent_id).currency
        with _errors():
            made = self._api.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": currencies.to_provider(amount, currency),
                    "metadata": dict(metadata),
                },
                {"idempotency_key": key},
            )
            return _refund(made)

    def list_refunds(self, intent_id: str) -> list[ProviderRefund]:
        """Return every refund of the intent, all pages, newest first."""
        with _errors():
            page = self._api.refunds.list({"payment_intent": intent_id, "limit": PAGE})
            return [_refund(found) for found in page.auto_paging_iter()]

    def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        """Return the present state of the dispute."""
        with _errors():
            return _dispute(self._api.disputes.retrieve(dispute_id))

    def intents_since(self, since: datetime) -> Iterator[Intent]:
        """Return the intents created since then, all pages, newest first."""
        with _errors():
            page = self._api.payment_intents.list(
                {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            yield from map(_intent, page.auto_paging_iter())

    def refunds_since(self, since: datetime) -> Iterator[ProviderRefund]:
        """Return the refunds created since then, all pages, newest first."""
        with _errors():
            page = self._api.refunds.list(
                {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            yield from map(_refund, page.auto_paging_iter())

    def disputes_since(self, since: datetime) -> Iterator[ProviderDispute]:
        """Return the disputes created since then, all pages, newest first."""
        with _errors():
            page = self._api.disputes.list(
                {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            yield from map(_dispute, page.auto_paging_iter())


def connect() -> StripeGateway:
    """Return the gateway for the keys in the settings; one client and pool for each process."""
    return _connect(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _connect(key: str, base: str) -> StripeGateway:
    client = stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else {},
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        max_network_retries=1,
    )
    return StripeGateway(client, livemode=key.startswith(LIVE_PREFIXES))


def _configuration(methods: str) -> str:
    if methods == "instant":
        return str(settings.STRIPE_INSTANT_METHOD_CONFIGURATION)
    return str(settings.STRIPE_METHOD_CONFIGURATION)


@contextmanager
def _errors() -> Iterator[None]:
    """Sort Stripe's errors into "no" and "nobody knows"."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        log.warning("stripe refused: code=%s request=%s", error.code, error.request_id)
        raise ProviderRefused(error.code or "invalid_request") from error
    except stripe.StripeError as error:
        kind = type(error).__name__
        log.warning("stripe did not answer: error=%s request=%s", kind, error.request_id)
        if not _is_passing(error):
            _alarm(kind)
        raise ProviderUnavailable from error


def _is_passing(error: stripe.StripeError) -> bool:
    """Tell whether waiting helps: no connection, 5xx, 409 (the key is in use), 429."""
    passing = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
    return isinstance(error, passing)


def _alarm(kind: str) -> None:
    """Tell staff of a bad key or a reused idempotency key.

    Ours to repair, and no proof that an earlier call with the key did nothing: so the callers keep
    trying, as they do while Stripe is away.
    """
    staff.open_task(
        f"stripe:{kind}",
        kind="stripe",
        title=f"Stripe refuses our calls: {kind}",
        detail=(
            "AuthenticationError and PermissionError: look at STRIPE_SECRET_KEY. IdempotencyError:"
            " the same key was sent with other values, which is a fault of this program."
        ),
    )


def _intent(found: stripe.PaymentIntent) -> Intent:
    facts = found.to_dict()
    currency = facts["currency"].upper()
    failure = facts.get("last_payment_error") or {}
    return Intent(
        id=facts["id"],
        status=facts["status"],
        amount=currencies.from_provider(facts["amount"], currency),
        amount_received=currencies.from_provider(facts.get("amount_received") or 0, currency),
        currency=currency,
        client_secret=facts.get("client_secret") or "",
        metadata=facts.get("metadata") or {},
        # The bank's own word (insufficient_funds) says more than Stripe's (card_declined).
        last_error=failure.get("decline_code") or failure.get("code") or "",
    )


def _refund(found: stripe.Refund) -> ProviderRefund:
    facts = found.to_dict()
    return ProviderRefund(
        id=facts["id"],
        intent_id=_id(facts.get("payment_intent")),
        amount=currencies.from_provider(facts["amount"], facts["currency"].upper()),
        status=facts.get("status") or "pending",
        metadata=facts.get("metadata") or {},
        failure=facts.get("failure_reason") or "",
    )


def _dispute(found: stripe.Dispute) -> ProviderDispute:
    facts = found.to_dict()
    currency = facts["currency"].upper()
    due_by = (facts.get("evidence_details") or {}).get("due_by")
    return ProviderDispute(
        id=facts["id"],
        intent_id=_id(facts.get("payment_intent")),
        amount=currencies.from_provider(facts["amount"], currency),
        withdrawn=currencies.from_provider(_withdrawn(facts), currency),
        currency=currency,
        status=facts["status"],
        refundable=facts.get("is_charge_refundable") is True,
        reason=facts.get("reason") or "",
        # 0 where the bank takes no answer.
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        created=datetime.fromtimestamp(facts["created"], UTC),
    )


def _withdrawn(facts: Mapping[str, Any]) -> int:
    """Return what Stripe holds back, in its minor units of the dispute's currency.

    Withdrawals are below zero, reinstatements above. Movements in the account's own, other currency
    tell only whether the whole is held back.
    """
    moved = facts.get("balance_transactions") or []
    net = sum(each.get("amount") or 0 for each in moved)
    if net >= 0:
        return 0
    amount: int = facts["amount"]
    is_same = all(each.get("currency") == facts["currency"] for each in moved)
    return min(-net, amount) if is_same else amount


def _id(value: object) -> str:
    """Return the id of an object that may be expanded or absent."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""
