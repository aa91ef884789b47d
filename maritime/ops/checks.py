"""System checks: what a deployment must not start with."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def check_secrets(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse a missing SECRET_KEY, and Stripe keys without a webhook secret."""
    errors = []
    if settings.SECRET_KEY_IS_TEMPORARY:
        errors.append(Error("SECRET_KEY is not set.", id="maritime.E001"))
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_WEBHOOK_SECRETS:
        errors.append(
            Error("STRIPE_SECRET_KEY is set and STRIPE_WEBHOOK_SECRET is not.", id="maritime.E002")
        )
    if settings.PAYMENTS_DEMO:
        errors.append(
            Error("The demo gateway is on: PAYMENTS_DEMO must be off.", id="maritime.E003")
        )
    return errors
