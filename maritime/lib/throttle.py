"""Request rates, counted in the cache: one round trip a request, however high the rate.

REST framework's own throttle keeps a list of moments for each client, reads and writes all of it
with every request and loses counts when two come at once. Counted here are windows that begin with
a client's first request, so a client may send twice its rate around the end of one.

Answers tell what is left in the fields RateLimit-Policy and RateLimit as
draft-ietf-httpapi-ratelimit-headers-10 has them.
"""

import logging
from typing import Any

from django_redis import get_redis_connection
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle
from rest_framework.views import APIView

log = logging.getLogger(__name__)

# Counts a request and returns the count and how many seconds its window still lasts.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class RateThrottle(ScopedRateThrottle):
    """Limits what one user or address may ask of the views of one `throttle_scope`."""

    cache_format = "maritime:throttle:%(scope)s:%(ident)s"

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; False above the rate. A cache that fails refuses nobody."""
        self.scope = getattr(view, self.scope_attr)
        allowed, seconds = self.parse_rate(self.get_rate())
        key = self.get_cache_key(request, view)
        if allowed is None or seconds is None or key is None:
            return True  # a rate of None, which means without limit
        try:
            self.count, self.seconds_left = _count(key, seconds)
        except (RedisError, OSError) as error:
            log.warning("request not counted: error=%s", type(error).__name__)
            return True
        self.allowed, self.window_seconds = allowed, seconds
        return self.count <= allowed

    def headers(self) -> dict[str, str]:
        """Return what clients are told after the count; nothing where none was made."""
        if not hasattr(self, "allowed"):
            return {}
        left = max(0, self.allowed - self.count)
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.allowed};w={self.window_seconds}',
            "RateLimit": f'"{self.scope}";r={left};t={max(0, self.seconds_left)}',
        }

    def wait(self) -> float:
        """Return after how many seconds a refused client may ask again."""
        return self.seconds_left


class RatedAPIView(APIView):
    """A view of one `throttle_scope` that tells with each answer what is left of the rate."""

    throttle_classes = [RateThrottle]
    throttle_scope: str
    _asked: tuple[BaseThrottle, ...] = ()

    def get_throttles(self) -> list[BaseThrottle]:
        """Return the throttles of this request, which are asked later what they counted."""
        self._asked = tuple(super().get_throttles())
        return list(self._asked)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the fields to the answer, refusals too."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for throttle in self._asked:
            if isinstance(throttle, RateThrottle):
                for name, value in throttle.headers().items():
                    response[name] = value
        return response


def _count(key: str, seconds: int) -> tuple[int, int]:
    count, left = get_redis_connection("default").eval(COUNT, 1, key, seconds)
    return count, left
