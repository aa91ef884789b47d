"""Gauges of this floor: e-mails that wait."""

from collections.abc import Iterable

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily

from maritime.lib import clock
from notifications.models import Message

WAITING = (Message.State.QUEUED, Message.State.SENDING)


def gauges() -> Iterable[GaugeMetricFamily]:
    """Return the number of e-mails that wait by kind, and the age in seconds of the oldest."""
    counts = GaugeMetricFamily("maritime_mail_waiting", "E-mails not sent yet.", labels=["kind"])
    rows = (
        Message.objects.filter(state__in=WAITING)
        .values("kind")
        .annotate(count=Count("pk"), oldest=Min("created_at"))
        .order_by("kind")
    )
    oldest = 0.0
    found = {row["kind"]: row for row in rows}
    for kind in Message.Kind.values:
        counts.add_metric([kind], found[kind]["count"] if kind in found else 0)
    for row in found.values():
        oldest = max(oldest, (clock.now() - row["oldest"]).total_seconds())
    yield counts
    yield GaugeMetricFamily(
        "maritime_mail_waiting_oldest_seconds", "Age of the oldest e-mail not sent.", value=oldest
    )
