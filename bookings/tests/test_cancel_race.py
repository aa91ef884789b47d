"""Two clients cancel the same thing at the same moment: it is cancelled and refunded once."""

import threading
from collections import Counter

import pytest
from django.db import connection

from bookings.operations.cancel import Selection, quote_cancellation
from bookings.tests.cancel_worlds import Refunds, agree, family, pools, ships
from maritime.lib.errors import MaritimeError

pytestmark = pytest.mark.django_db(transaction=True)


def race(booking, quotes, *, now):
    """Agree to each quote from a client of its own; count how it ended."""
    barrier, ended = threading.Barrier(len(quotes)), Counter()

    def client(quote):
        barrier.wait()
        try:
            agree(booking, quote, now=now)
        except MaritimeError as error:
            ended[error.code] += 1
        else:
            ended["done"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=[quote]) for quote in quotes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_one_of_two_quotes_for_the_same_traveller_counts(now):
    runs = ships()
    booking = family(*runs, now=now)
    wanted = [Selection((1,), ("p1",)), Selection((1,), ("p1", "x0"))]
    quotes = [quote_cancellation(booking, selection=each, now=now) for each in wanted]

    with Refunds() as refunds:
        ended = race(booking, quotes, now=now)

    assert ended["done"] == 1
    assert ended["already_cancelled"] + ended["quote_outdated"] == 1
    assert len(refunds.due) == 1
    booking.refresh_from_db()
    assert booking.total == 17000 - sum(refunds.due)
    assert pools(runs[0])[1, "persons"] == 2


def test_one_request_sent_many_times_is_done_once(now):
    runs = ships()
    booking = family(*runs, now=now)
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1",)), now=now)

    with Refunds() as refunds:
        ended = race(booking, [quote] * 4, now=now)

    assert ended == {"done": 4}
    assert refunds.due == [1000]
    assert pools(runs[0])[1, "persons"] == 2


def test_different_parts_at_once_ask_one_of_them_to_look_again(now):
    runs = ships()
    booking = family(*runs, now=now)
    wanted = [Selection((1,), ("p1",)), Selection((2,), ("p2",))]
    quotes = [quote_cancellation(booking, selection=each, now=now) for each in wanted]

    ended = race(booking, quotes, now=now)

    assert ended == {"done": 1, "quote_outdated": 1}
