"""Counts refused requests to the webhook address for each client, and says when to stop answering.

Only what carries no valid signature is counted, after verification, which is cheaper than a look
into Valkey. A Valkey that fails counts nothing: the door never depends on it.
"""

import hashlib
import hmac
import logging
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django_redis import get_redis_connection
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

log = logging.getLogger(__name__)

KEY = "maritime:1:refused:"
WINDOW_SECONDS = 60
QUIET_SECONDS = 5.0
# So many clients that are over their limit are known without asking; then the list begins anew.
KNOWN = 1000


@dataclass
class _Memory:
    """Of this process, by its monotonic clock: until when a client waits and Valkey is left alone."""

    blocked: dict[str, float] = field(default_factory=dict)
    quiet_until: float = 0.0


_memory = _Memory()


def count_refusal(request: HttpRequest) -> int:
    """Count a refused request; return the seconds its client should wait, 0 below the limit.

    The minute begins with the first refusal.
    """
    client = _client(request)
    left = _memory.blocked.get(client, 0.0) - time.monotonic()
    if left > 0:
        return int(left) + 1
    count, seconds = _count(client)
    if count <= settings.WEBHOOK_REFUSALS_PER_MINUTE:
        return 0
    if len(_memory.blocked) >= KNOWN:
        _memory.blocked.clear()
    _memory.blocked[client] = time.monotonic() + seconds
    return seconds


def forget() -> None:
    """Know no client and use Valkey again at once; tests begin with it."""
    _memory.blocked.clear()
    _memory.quiet_until = 0.0


def _client(request: HttpRequest) -> str:
    """Return a name for the client's address that does not show it."""
    address: str = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META only
    return hmac.new(settings.SECRET_KEY.encode(), address.encode(), hashlib.sha256).hexdigest()[:32]


def _count(client: str) -> tuple[int, int]:
    """Add one in Valkey; return the sum and the seconds it lives. No sum while Valkey is away."""
    if time.monotonic() < _memory.quiet_until:
        return 0, 0
    try:
        pipe = get_redis_connection("default").pipeline(transaction=False)
        pipe.incr(KEY + client)
        pipe.expire(KEY + client, WINDOW_SECONDS, nx=True)
        pipe.ttl(KEY + client)
        count, _, seconds = pipe.execute()
    except (RedisError, OSError) as error:
        _memory.quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("refusals are not counted: error=%s", type(error).__name__)
        return 0, 0
    return int(count), max(1, int(seconds))
