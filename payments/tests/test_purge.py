"""Settled events go when their time is over: their text names customers."""

from datetime import timedelta

import pytest

from maritime.lib import clock
from maritime.ops.purge import purge
from payments.models import WebhookEvent

pytestmark = pytest.mark.django_db


def test_settled_events_go_after_ninety_days_and_open_ones_never():
    now = clock.now()
    for state in WebhookEvent.State.values:
        for days in (89, 91):
            WebhookEvent.objects.create(
                event_id=f"{state}-{days}", type="t", body="{}", state=state
            )
            WebhookEvent.objects.filter(event_id=f"{state}-{days}").update(
                received_at=now - timedelta(days=days)
            )

    assert purge(now=now)["events"] == 2
    gone = {"done-91", "ignored-91"}
    assert not WebhookEvent.objects.filter(event_id__in=gone).exists()
    assert WebhookEvent.objects.count() == 2 * len(WebhookEvent.State.values) - len(gone)
