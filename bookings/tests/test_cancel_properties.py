"""Any sequence of cancellations keeps the books: lines, total, refunds, space, tickets."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Q, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.tests.cancel_worlds import Refunds, before, cancel, family, live_sum, ships, tickets
from ferries.conditions import Band, Terms
from ferries.models import CapacityPool
from maritime.lib.errors import MaritimeError

pytestmark = pytest.mark.django_db
STANDING = Q(claims__state__in=["held", "confirmed"])
ITEMS = ("p0", "p1", "p2", "v0", "a0", "x0")
CHANCE = st.tuples(
    st.sampled_from([(), (1,), (2,)]),
    st.sets(st.sampled_from(ITEMS), max_size=4),
    st.integers(0, 30),
)
CONDITIONS = (
    (Band("free", from_hours=24), Band("late", to_hours=24, percent=33)),
    (Band("flat", charge="flat", amount=777, per="booking"),),
    (Band("least", percent=15, minimum=901, maximum=3100, per="sailing"),),
    (
        Band("fare", percent=50, per="person", minimum=250, components=("passenger",)),
        Band("rest", percent=10, medium="voucher"),
    ),
)  # fmt: skip


def assert_books_are_right(booking, refunds, runs):
    booking.refresh_from_db()
    given_back = sum(refunds.due) + sum(refunds.vouchers)
    assert booking.total == live_sum(booking) == booking.paid - given_back >= 0
    claimed = CapacityPool.objects.filter(sailing__in=runs).annotate(
        claimed=Sum("claims__amount", default=0, filter=STANDING)
    )
    assert [pool.used for pool in claimed] == [pool.claimed for pool in claimed]
    live = booking.items.filter(cancelled_at=None).exclude(kind="fee").select_related("leg")
    stand = {(line.leg.position, line.item) for line in live}
    used = Counter(leg for leg, item in stand if item.startswith("p"))
    assert [CapacityPool.objects.get(sailing=run, resource="persons").used for run in runs] == [
        used[0],
        used[1],
    ]
    assert tickets(booking) == {
        (leg + 1, item) for leg, item in stand if item.startswith(("p", "v"))
    }


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chances=st.lists(CHANCE, min_size=1, max_size=7), bands=st.sampled_from(CONDITIONS))
def test_any_sequence_keeps_the_books(now, chances, bands):
    with transaction.atomic(), Refunds() as refunds:
        runs = ships()
        booking = family(*runs, now=now)
        booking.legs.update(conditions=Terms(bands=bands).as_json())
        hours = sorted((hours for _, _, hours in chances), reverse=True)
        for (legs, items, _), left in zip(chances, hours, strict=True):
            try:
                cancel(booking, *sorted(items), legs=legs, now=before(runs[0], left))
            except MaritimeError:
                continue
            finally:
                assert_books_are_right(booking, refunds, runs)
        if booking.state == "confirmed":
            cancel(booking, now=before(runs[0], 0) - timedelta(minutes=1))
            assert_books_are_right(booking, refunds, runs)
        assert booking.state == "cancelled"
        assert not tickets(booking)
        transaction.set_rollback(True)
