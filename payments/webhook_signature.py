"""Signatures of webhook events, in Stripe's scheme: `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`.

Written here and not taken from the SDK, which accepts stamps from the future, and fails with
TypeError when the header has a letter outside of ASCII.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings

from payments.errors import BadSignature

TOLERANCE_SECONDS = 300
HEADER_LIMIT = 2000
STAMP_DIGITS = 12


def secrets() -> list[str]:
    """Return the accepted secrets, newest first; the demo gateway has one derived from our key."""
    accepted = list(settings.STRIPE_WEBHOOK_SECRETS)
    return [*accepted, demo_secret()] if settings.PAYMENTS_DEMO else accepted


def demo_secret() -> str:
    """Return the secret with which the demo gateway signs."""
    key = hmac.new(settings.SECRET_KEY.encode(), b"demo webhook", sha256)
    return f"whsec_{key.hexdigest()}"


def sign(body: bytes, *, secret: str, at: datetime) -> str:
    """Return the value of the Stripe-Signature header."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_signature(stamp, body, secret)}"


def verify(body: bytes, header: str, *, secrets: Sequence[str], now: datetime) -> int:
    """Check the header against the raw body; return the number of the secret that matched.

    Numbers begin with 0, the newest. Any of the secrets and any of several `v1` values may match,
    as both exist while a secret is being changed. The stamp may be 300 s off in either direction.
    Raises BadSignature.
    """
    stamp, given = _parse(header)
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature
    for number, secret in enumerate(secrets):
        good = _signature(stamp, body, secret).encode() if secret else None
        if good and any(hmac.compare_digest(good, value) for value in given):
            return number
    raise BadSignature


def _parse(header: str) -> tuple[str, list[bytes]]:
    if len(header) > HEADER_LIMIT:
        raise BadSignature
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    given = [value.encode("utf-8", "replace") for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not given:
        raise BadSignature
    stamp = stamps[0]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= STAMP_DIGITS):
        raise BadSignature
    return stamp, given


def _signature(stamp: str, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
