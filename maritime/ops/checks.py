"""System checks: what a deployment must not start with."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def check_secrets(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse a missing SECRET_KEY, Stripe keys without a webhook secret, and the demo gateway."""
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


@register(Tags.security, deploy=True)
def check_stripe_keys(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse Stripe keys that no payment can be made with: one is missing, or test beside live."""
    secret, publishable = settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY
    if not secret:
        return []
    errors = []
    if _mode(secret) != _mode(publishable):
        errors.append(
            Error(
                "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are not of the same mode.",
                hint="Both must be there, and both live or both test.",
                id="maritime.E008",
            )
        )
    if any(not each.startswith("whsec_") for each in settings.STRIPE_WEBHOOK_SECRETS):
        errors.append(
            Error("A secret of the webhook does not begin with whsec_.", id="maritime.E009")
        )
    return errors


def _mode(key: str) -> str:
    """Return live or test, as the second word of a key says; empty for what is no key."""
    words = key.split("_")
    return words[1] if len(words) > 2 else ""


@register(Tags.security, deploy=True)
def check_links(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse links in mails that would carry a booking's access token over plain HTTP."""
    if settings.BASE_URL.startswith("https://"):
        return []
    return [
        Error(
            f"BASE_URL is {settings.BASE_URL}: links in mails and tickets would not be private.",
            hint="Set BASE_URL to the public address, beginning with https://.",
            id="maritime.E004",
        )
    ]


@register()
def check_job_times(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse time limits in an order that lets one job run twice at the same time."""
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    soft, hard = settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT
    if soft < hard < visibility:
        return []
    return [
        Error(
            f"The time limits {soft} s (soft), {hard} s (hard) and {visibility} s (visibility "
            f"timeout) must grow in this order.",
            id="maritime.E005",
        )
    ]
