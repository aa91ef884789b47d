import threading
from collections import Counter

import pytest
from django.db import connection

from bookings.models import Booking
from bookings.operations.hold import hold_booking
from bookings.tests.makers import CAR, request, used
from ferries.errors import NotBookable
from ferries.tests import makers

CLIENTS = 8


def race(wanted, *, now) -> Counter:
    """Send the same wish from all clients at once; count how it ended."""
    barrier, ended = threading.Barrier(CLIENTS), Counter()

    def hold() -> None:
        barrier.wait()
        try:
            hold_booking(wanted, now=now)
        except NotBookable:
            ended["sold out"] += 1
        else:
            ended["held"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=hold) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.django_db(transaction=True)
def test_sells_exactly_the_last_places(now):
    sailing = makers.sailing(persons=3)

    ended = race(request(sailing), now=now)

    assert ended == {"held": 3, "sold out": 5}
    assert (used(sailing), Booking.objects.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_sells_exactly_the_last_lane_metres(now):
    # Each car takes 4.80 m and 0.50 m to the next one.
    sailing = makers.sailing(lane_cm=2 * 530 + 529)

    ended = race(request(sailing, vehicles=[CAR]), now=now)

    assert ended == {"held": 2, "sold out": 6}
    assert (used(sailing, "deck:low"), used(sailing)) == (1060, 2)
