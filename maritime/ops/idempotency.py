"""Same Idempotency-Key and same body: same answer, and the work is done once.

How an operation uses it: ask `earlier_result` first; do the work and `remember` in one
transaction; when that fails with IntegrityError, an equal request was quicker: roll back and ask
`earlier_result` again.
"""

import hashlib
import json
import re
from typing import Any

from maritime.lib.errors import MaritimeError
from maritime.lib.texts import gettext_noop
from maritime.ops.models import IdempotentRequest

# What an HTTP header can carry safely, at a length that the column has.
KEY = re.compile(r"[ -~]{1,255}")


class KeyReused(MaritimeError):
    """The key came before with another body."""

    code = "idempotency_key_reused"
    user_message = gettext_noop(
        "This Idempotency-Key was used for another request. Send a new key."
    )
    status = 422


class KeyUnusable(MaritimeError):
    """The key is too long or has letters outside of printable ASCII."""

    code = "idempotency_key_unusable"
    user_message = gettext_noop("The Idempotency-Key must be 1 to 255 printable ASCII characters.")
    status = 422


def body_hash(body: Any) -> str:
    """Return the SHA-256 of a JSON body in canonical form."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def earlier_result(scope: str, key: str, digest: str) -> str | None:
    """Return the result stored under the key, or None.

    Raises KeyUnusable, and KeyReused for another body.
    """
    if not KEY.fullmatch(key):
        raise KeyUnusable
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
