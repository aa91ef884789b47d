"""Stripe's error answers."""

from typing import Any


class Refusal(Exception):
    """An error answer; `is_kept` tells whether its idempotency key remembers it.

    Stripe keeps what an endpoint answered once it had begun to act; a request that fails its
    validation has not begun (https://docs.stripe.com/api/idempotent_requests).
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 400,
        kind: str = "invalid_request_error",
        is_kept: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_kept = is_kept
        facts = {"type": kind, "code": code or None, "message": message, **more}
        self.body = {"error": {name: value for name, value in facts.items() if value is not None}}


def missing(param: str) -> Refusal:
    """Return the answer to a request without a parameter that it needs."""
    return Refusal(
        f"Missing required param: {param}.", code="parameter_missing", param=param, is_kept=False
    )


def invalid(param: str, value: object) -> Refusal:
    """Return the answer to a parameter that makes no sense."""
    return Refusal(
        f"Invalid {param}: {value}", code="parameter_invalid", param=param, is_kept=False
    )


def unknown(kind: str, name: str) -> Refusal:
    """Return the answer about an object that does not exist."""
    return Refusal(f"No such {kind}: '{name}'", code="resource_missing", status=404, is_kept=False)
