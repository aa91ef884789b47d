"""What we need of a payment provider, and which one is in use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from payments.errors import PaymentsNotConfigured

# In which the client speaks, and in which the webhook endpoint must be created.
API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Intent:
    """What the provider knows of one attempt to collect money; amounts in our minor units."""

    id: str
    status: str
    amount: int
    amount_received: int
    currency: str
    client_secret: str = field(repr=False)
    metadata: Mapping[str, str]
    last_error: str = ""


@dataclass(frozen=True)
class ProviderRefund:
    """What the provider knows of one refund; amount in our minor units."""

    id: str
    intent_id: str
    amount: int
    status: str
    metadata: Mapping[str, str]
    failure: str = ""


@dataclass(frozen=True)
class ProviderDispute:
    """What the provider knows of one dispute; amounts in our minor units.

    `withdrawn` is what it holds back at present: 0 for an inquiry and after a dispute was won.
    `refundable` tells whether the provider would still refund the payment.
    """

    id: str
    intent_id: str
    amount: int
    withdrawn: int
    currency: str
    status: str
    refundable: bool
    reason: str
    due_by: datetime | None
    created: datetime


class Gateway(Protocol):
    """A payment provider. Every method is a network call: never inside a transaction.

    All raise ProviderUnavailable when the outcome is unknown and ProviderRefused when the
    provider has definitely done nothing. Keys make repeated calls harmless.
    """

    code: str
    livemode: bool

    def create_intent(
        self,
        *,
        amount: int,
        currency: str,
        key: str,
        metadata: Mapping[str, str],
        methods: str = "all",
    ) -> Intent:
        """Open an attempt to collect the amount.

        `methods` is "all", or "instant" when no bank may take days (close to departure).
        """

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the present state of the intent."""

    def cancel_intent(self, intent_id: str) -> Intent:
        """Close the intent if that is still possible; return what it is now either way."""

    def create_refund(
        self, *, intent_id: str, amount: int, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give back a part of what the intent collected."""

    def list_refunds(self, intent_id: str) -> list[ProviderRefund]:
        """Return every refund of the intent, also those made in the provider's dashboard."""

    def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        """Return the present state of the dispute."""

    def intents_since(self, since: datetime) -> Iterator[Intent]:
        """Return the intents created since then, all pages, ours by their metadata or not."""

    def refunds_since(self, since: datetime) -> Iterator[ProviderRefund]:
        """Return the refunds created since then, all pages."""

    def disputes_since(self, since: datetime) -> Iterator[ProviderDispute]:
        """Return the disputes created since then, all pages."""


def gateway() -> Gateway:
    """Return the provider in use; raises PaymentsNotConfigured when there is none.

    The module is named, not imported: the Stripe package costs half a second of start-up that
    commands and the demo need not pay.
    """
    if settings.PAYMENTS_DEMO:
        return _named("payments.demo_gateway.connect")
    if settings.STRIPE_SECRET_KEY:
        return _named("payments.stripe_gateway.connect")
    raise PaymentsNotConfigured


def _named(path: str) -> Gateway:
    provider: Gateway = import_string(path)()
    return provider
