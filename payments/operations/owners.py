"""Whose money something at the provider is: a payment here, ours but not here, or others'."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from maritime.lib import rows
from payments import queries
from payments.errors import ProviderRefused, UnknownPayment
from payments.gateways import gateway
from payments.models import Payment

APP = "maritime"
NAME_LENGTH = 80


def is_name(value: object) -> bool:
    """Tell whether a value is a name as the provider writes them: up to 80 visible ASCII letters.

    Nothing else may reach the database, which refuses NUL and lone surrogates.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_LENGTH:
        return False
    return value.isascii() and value.isprintable()


def is_ours(metadata: object) -> bool:
    """Tell whether metadata say that this program, in this environment, made the object."""
    if not isinstance(metadata, Mapping):
        return False
    return metadata.get("app") == APP and metadata.get("environment") == settings.BASE_URL


def payment_of(about: Mapping[str, Any], *, is_intent: bool) -> Payment | None:
    """Return the payment that an object of the provider belongs to; None for others' money.

    A refund, charge or dispute may carry no metadata of ours (made in the dashboard), so the
    provider is asked for its intent. Never call it inside a transaction. Raises UnknownPayment when
    it is ours and not here, ProviderUnavailable.
    """
    intent_id = intent_of(about, is_intent=is_intent)
    if not intent_id:
        return None
    payment = rows.one(Payment, "intent_id", intent_id)
    if payment:
        return payment
    metadata = about.get("metadata")
    if not is_intent:
        metadata = _provider_metadata(intent_id)
    return _link(metadata, intent_id) if is_ours(metadata) else None


def metadata_of(payment: Payment, reference: str) -> dict[str, str]:
    """Return what the provider keeps beside the money, by which we know it as ours; no names."""
    return {
        "app": APP,
        "environment": settings.BASE_URL,
        "booking": reference,
        "payment": str(payment.public_id),
    }


def intent_of(about: Mapping[str, Any], *, is_intent: bool) -> str:
    """Return the id of the intent that an object of the provider is or belongs to; empty for none."""
    return _id(about.get("id") if is_intent else about.get("payment_intent"))


def _provider_metadata(intent_id: str) -> Mapping[str, str]:
    try:
        return gateway().retrieve_intent(intent_id).metadata
    except ProviderRefused as error:
        if not error.is_missing:
            raise
        return {}


@transaction.atomic(durable=True)
def _link(metadata: Any, intent_id: str) -> Payment:
    """Give a payment its intent when the answer to its creation was lost, or not stored yet."""
    found = Payment.objects.filter(public_id=_uuid(metadata.get("payment"))).first()
    if found is None or found.gateway != gateway().code:
        raise UnknownPayment
    payment = queries.lock_payment(found.pk)
    if payment.intent_id is None:
        payment.intent_id = intent_id
        payment.save(update_fields=["intent_id", "updated_at"])
    if payment.intent_id != intent_id:
        raise UnknownPayment
    return payment


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError as error:
        raise UnknownPayment from error


def _id(value: object) -> str:
    """Return the id of an object that may be expanded; empty for anything else."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return str(value) if is_name(value) else ""
