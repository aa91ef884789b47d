"""Same Idempotency-Key and same body: same answer, and the work is done once."""

import hashlib
import json
from typing import Any

from maritime.lib.errors import MaritimeError
from maritime.ops.models import IdempotentRequest


class KeyReused(MaritimeError):
    """The key came before with another body."""

    code = "idempotency_key_reused"
    user_message = "This Idempotency-Key was used for another request. Send a new key."
    status = 422


def body_hash(body: Any) -> str:
    """Return the SHA-256 of a JSON body in canonical form."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def earlier_result(scope: str, key: str, digest: str) -> str | None:
    """Return the result stored under the key, or None; raises KeyReused for another body."""
    row = IdempotentRequest.objects.filter(scope=scope, key=key).first()
    if row is None:
        return None
    if row.body_hash != digest:
        raise KeyReused
    return row.result


def remember(scope: str, key: str, digest: str, result: str) -> None:
    """Store the result inside the caller's transaction.

    The unique constraint is the last word between two equal requests at the same moment: the
    second waits, then gets IntegrityError and the caller's transaction is rolled back.
    """
    IdempotentRequest.objects.create(
        scope=scope, key=key, body_hash=digest, status=201, result=result
    )
