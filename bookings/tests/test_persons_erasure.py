"""What the list of persons asked is forgotten when the voyage is over; all else stays."""

from datetime import timedelta

import pytest

from bookings.models import Booking, JourneyLeg
from bookings.tests.listing import BORN, listed, listed_sailing, told
from bookings.tests.makers import confirmed, held
from ferries.tests import makers
from maritime.ops.purge import purge

pytestmark = pytest.mark.django_db
GONE = (None, None, None)
ALL = ("F", "NO", BORN)
DAY = timedelta(hours=24)


def erased(now) -> int:
    return purge(now=now)["persons lists"]


def test_it_goes_a_day_after_the_arrival_and_the_traveller_stays(now):
    run = listed_sailing()
    booking = confirmed(run, now=now, travellers=listed(2, 1, 1))
    arrival = booking.legs.get().arrives_at

    assert erased(arrival + DAY - timedelta(seconds=1)) == 0
    assert told(booking) == [ALL] * 4
    assert erased(arrival + DAY) == 4
    assert told(booking) == [GONE] * 4
    assert erased(arrival + DAY) == 0
    assert booking.passengers.first().surname == "Doe"


def test_the_setting_says_when(now, settings):
    settings.PERSONS_LIST_KEPT_HOURS = 2
    booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
    arrival = booking.legs.get().arrives_at

    assert erased(arrival + timedelta(hours=2) - timedelta(seconds=1)) == 0
    assert erased(arrival + timedelta(hours=2)) == 1


def test_a_return_journey_keeps_it_for_the_way_back(now):
    out = makers.sailing()
    ports = makers.port("BBB"), makers.port("AAA")
    listed_sailing(*ports)
    back = makers.sailing(*ports, departs_at=out.departs_at + timedelta(days=9))
    booking = confirmed(out, back, now=now, travellers=listed(1))
    first, last = booking.legs.order_by("position")

    assert erased(first.arrives_at + 2 * DAY) == 0
    assert erased(last.arrives_at + DAY) == 1


def test_a_crossing_that_was_cancelled_keeps_nothing(now):
    out = listed_sailing()
    ports = makers.port("BBB"), makers.port("AAA")
    back = makers.sailing(*ports, departs_at=out.departs_at + timedelta(days=9))
    booking = confirmed(out, back, now=now, travellers=listed(1))
    first, last = booking.legs.order_by("position")
    booking.items.filter(leg=last).update(cancelled_at=now)

    assert erased(first.arrives_at + DAY) == 1


def test_a_delayed_arrival_counts(now):
    booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
    arrival = booking.legs.get().arrives_at
    JourneyLeg.objects.update(arrives_at=arrival + timedelta(hours=5))

    assert erased(arrival + DAY) == 0
    assert erased(arrival + DAY + timedelta(hours=5)) == 1


def test_a_booking_that_ended_without_a_voyage_keeps_it_a_day(now):
    booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
    Booking.objects.filter(pk=booking.pk).update(state="cancelled", updated_at=now)

    assert erased(now + DAY - timedelta(seconds=1)) == 0
    assert erased(now + DAY) == 1


def test_an_open_hold_keeps_it(now):
    booking = held(listed_sailing(), now=now, travellers=listed(1))

    assert erased(now) == 0
    assert told(booking) == [ALL]


def test_many_go_in_bounded_steps(now, monkeypatch):
    monkeypatch.setattr("maritime.ops.purge.BATCH", 2)
    monkeypatch.setattr("maritime.ops.purge.BATCHES", 2)
    booking = confirmed(listed_sailing(), now=now, travellers=listed(5))
    late = booking.legs.get().arrives_at + DAY

    assert [erased(late), erased(late), erased(late)] == [4, 1, 0]
