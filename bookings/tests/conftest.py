"""The moment of a test, two sailings, clients of the API, and who listens."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from bookings import signals
from ferries.tests import makers
from maritime.lib import clock


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def pair():
    """Two sailings of one route, a day apart, at the same price."""
    first = makers.sailing()
    return first, makers.sailing(departs_at=first.departs_at + timedelta(days=1))


@pytest.fixture
def api():
    return APIClient()


class Heard:
    """What the signals of bookings said during a test."""

    def __init__(self) -> None:
        self.cancelled: list[tuple[str, int, str]] = []
        self.confirmed: list[str] = []
        self.expired: list[str] = []

    def hear_cancelled(self, sender, *, booking, refund_due, reason, **kwargs):
        self.cancelled.append((booking.reference, refund_due, reason))

    def hear_confirmed(self, sender, *, booking, **kwargs):
        self.confirmed.append(booking.reference)

    def hear_expired(self, sender, *, booking, **kwargs):
        self.expired.append(booking.reference)


@pytest.fixture
def heard():
    listener = Heard()
    signals.booking_cancelled.connect(listener.hear_cancelled)
    signals.booking_confirmed.connect(listener.hear_confirmed)
    signals.booking_expired.connect(listener.hear_expired)
    yield listener
    signals.booking_cancelled.disconnect(listener.hear_cancelled)
    signals.booking_confirmed.disconnect(listener.hear_confirmed)
    signals.booking_expired.disconnect(listener.hear_expired)
