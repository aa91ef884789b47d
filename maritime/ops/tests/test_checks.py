"""Deployments that would lose money, mails or privacy do not start."""

import pytest
from django.core.checks import run_checks

OURS = "maritime."


@pytest.fixture
def deployed(settings):
    """Settings as on a server."""
    settings.SECRET_KEY_IS_TEMPORARY = False
    settings.STRIPE_SECRET_KEY = "sk_live_x"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_live_x"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_x"]
    settings.PAYMENTS_DEMO = False
    settings.BASE_URL = "https://tickets.example"
    return settings


def errors() -> list[str]:
    found = run_checks(include_deployment_checks=True)
    return sorted(error.id for error in found if error.id.startswith(OURS))


def test_a_sound_deployment_has_none(deployed) -> None:
    assert errors() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("SECRET_KEY_IS_TEMPORARY", True, "maritime.E001"),
        ("STRIPE_WEBHOOK_SECRETS", [], "maritime.E002"),
        ("PAYMENTS_DEMO", True, "maritime.E003"),
        ("STRIPE_PUBLISHABLE_KEY", "", "maritime.E008"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_x", "maritime.E008"),
        ("STRIPE_SECRET_KEY", "rk_test_x", "maritime.E008"),
        ("STRIPE_WEBHOOK_SECRETS", ["whsec_x", "sk_live_x"], "maritime.E009"),
        ("BASE_URL", "http://tickets.example", "maritime.E004"),
        ("CELERY_TASK_SOFT_TIME_LIMIT", 60, "maritime.E005"),
        ("CELERY_BROKER_TRANSPORT_OPTIONS", {"visibility_timeout": 60}, "maritime.E005"),
    ],
)
def test_names_what_is_wrong(deployed, name: str, value: object, error: str) -> None:
    setattr(deployed, name, value)

    assert errors() == [error]


def test_the_order_of_time_limits_is_checked_at_every_start(deployed) -> None:
    deployed.CELERY_TASK_SOFT_TIME_LIMIT = 70

    found = [error for error in run_checks() if error.id == "maritime.E005"]

    assert len(found) == 1
    assert "70 s (soft), 60 s (hard) and 120 s" in found[0].msg
