"""Stripe: the only file that imports the SDK.

Amounts leave and arrive here in our minor units; Stripe wants the currency in small letters and
ISK and UGX with two decimals (https://docs.stripe.com/currencies#special-cases).
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import stripe
from django.conf import settings

from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateways import Intent, ProviderRefund

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 3, 10
HUNDREDFOLD = frozenset({"ISK", "UGX"})
LIVE_PREFIXES = ("sk_live_", "rk_live_")


class StripeGateway:
    """Collects and gives back money by Stripe's PaymentIntents and Refunds."""

    code = "stripe"

    def __init__(self, client: stripe.StripeClient, *, livemode: bool) -> None:
        self._api = client.v1
        self.livemode = livemode

    def create_intent(
        self, *, amount: int, currency: str, key: str, metadata: Mapping[str, str]
    ) -> Intent:
        """Open an attempt; which methods a customer may choose is set in Stripe's dashboard."""
        with _errors():
            return _intent(
                self._api.payment_intents.create(
                    {
                        "amount": _to_stripe(amount, currency),
                        "currency": currency.lower(),
                        "automatic_payment_methods": {"enabled": True},
                        "metadata": dict(metadata),
                    },
                    {"idempotency_key": key},
                )
            )

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
                    "amount": _to_stripe(amount, currency),
                    "metadata": dict(metadata),
                },
                {"idempotency_key": key},
            )
            return _refund(made, intent_id)

    def list_refunds(self, intent_id: str) -> list[ProviderRefund]:
        """Return every refund of the intent, all pages, newest first."""
        with _errors():
            page = self._api.refunds.list({"payment_intent": intent_id, "limit": 100})
            return [_refund(found, intent_id) for found in page.auto_paging_iter()]


def connect() -> StripeGateway:
    """Return the gateway for the keys in the settings; one client and pool for each process."""
    return _connect(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _connect(key: str, base: str) -> StripeGateway:
    client = stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        max_network_retries=1,
    )
    return StripeGateway(client, livemode=key.startswith(LIVE_PREFIXES))


@contextmanager
def _errors() -> Iterator[None]:
    """Sort Stripe's errors into "no" and "nobody knows"."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        log.warning("stripe refused: code=%s request=%s", error.code, error.request_id)
        raise ProviderRefused(error.code or "invalid_request") from error
    except stripe.StripeError as error:
        # Also a bad key or a reused idempotency key: our fault, and no proof that nothing happened.
        kind = type(error).__name__
        level = logging.WARNING if _is_passing(error) else logging.ERROR
        log.log(level, "stripe did not answer: error=%s request=%s", kind, error.request_id)
        raise ProviderUnavailable from error


def _is_passing(error: stripe.StripeError) -> bool:
    passing = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
    return isinstance(error, passing)


def _intent(found: stripe.PaymentIntent) -> Intent:
    facts = found.to_dict()
    currency = facts["currency"].upper()
    failure = facts.get("last_payment_error") or {}
    return Intent(
        id=facts["id"],
        status=facts["status"],
        amount=_from_stripe(facts["amount"], currency),
        amount_received=_from_stripe(facts.get("amount_received") or 0, currency),
        currency=currency,
        client_secret=facts.get("client_secret") or "",
        metadata=facts.get("metadata") or {},
        # The bank's own word (insufficient_funds) says more than Stripe's (card_declined).
        last_error=failure.get("decline_code") or failure.get("code") or "",
    )


def _refund(found: stripe.Refund, intent_id: str) -> ProviderRefund:
    facts = found.to_dict()
    return ProviderRefund(
        id=facts["id"],
        intent_id=intent_id,
        amount=_from_stripe(facts["amount"], facts["currency"].upper()),
        status=facts.get("status") or "pending",
        metadata=facts.get("metadata") or {},
    )


def _to_stripe(amount: int, currency: str) -> int:
    return amount * 100 if currency in HUNDREDFOLD else amount


def _from_stripe(amount: int, currency: str) -> int:
    return amount // 100 if currency in HUNDREDFOLD else amount
