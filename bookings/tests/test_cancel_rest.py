"""Which parts may be cancelled: those that stand, when the rest may travel without them."""

import pytest

from bookings.errors import (
    AlreadyCancelled,
    AlreadyDeparted,
    InvalidSelection,
    NotCancellable,
    RestCannotTravel,
    WrongState,
)
from bookings.operations.cancel import Selection, quote_cancellation
from bookings.tests.cancel_worlds import Refunds, cancel, family, pools, ships, tickets
from bookings.tests.makers import CAR, confirmed, held, paid, people
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def test_the_vehicle_stays_where_too_few_places_on_foot_are_left(now):
    run = makers.sailing()
    makers.foot_limit(run, 1)
    booking = confirmed(run, now=now, travellers=people(2), vehicles=[CAR])

    with pytest.raises(RestCannotTravel, match="too few places left"):
        cancel(booking, "v0", now=now)

    assert pools(run) == {(1, "persons"): 2, (1, "deck:low"): 530}


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (("p0", "p1"), "needs a driver"),
        (("p0", "p1", "v0"), "Children and infants travel with an adult"),
        (("p0", "p1", "p2"), "Nobody would be left"),
    ],
)
def test_the_rest_must_be_a_party_that_may_travel(now, items, words):
    runs = ships()
    booking = family(*runs, now=now)

    with pytest.raises(RestCannotTravel, match=words):
        quote_cancellation(booking, selection=Selection((1,), items), now=now)


def test_a_pet_in_the_vehicle_or_cabin_does_not_stay_without_it(now):
    run = makers.sailing()
    makers.accommodation(run, "inside", units=5, places=4, pets_ok=True)
    makers.accommodation(run, "seat", kind="seat", units=5)
    for place in ("vehicle", "cabin"):
        makers.price(run, "pet", place, 300)
    booking = family(run, now=now, pets=("vehicle", "cabin"), cabins=("inside", "seat"))

    with pytest.raises(RestCannotTravel, match="in the vehicle"):
        quote_cancellation(booking, selection=Selection(items=("v0",)), now=now)
    with pytest.raises(RestCannotTravel, match="in the cabin"):
        quote_cancellation(booking, selection=Selection(items=("a0",)), now=now)

    assert quote_cancellation(booking, selection=Selection(items=("a1",)), now=now).refund == 1000
    both = Selection(items=("v0", "p0", "x0", "a0", "x1"))
    assert quote_cancellation(booking, selection=both, now=now).refund == 2500 + 1000 + 600


def test_where_everybody_needs_a_place_enough_are_kept(now):
    run = makers.sailing()
    makers.accommodation(run, "double", units=5, places=2)
    run.accommodation_required = True
    run.save()
    booking = family(run, now=now, pets=(), cabins=("double", "double"))

    with pytest.raises(RestCannotTravel, match="everybody needs a cabin or seat"):
        quote_cancellation(booking, selection=Selection(items=("a1",)), now=now)

    with_child = Selection(items=("a1", "p2"))
    assert quote_cancellation(booking, selection=with_child, now=now).refund == 1500


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (Selection((3,)), InvalidSelection),
        (Selection(items=("p9",)), InvalidSelection),
        (Selection(items=("b0",)), InvalidSelection),
        (Selection(items=("t0",)), InvalidSelection),
        (Selection(items=("p1", "nonsense")), InvalidSelection),
    ],
)
def test_what_is_not_in_the_booking_cannot_be_cancelled(now, selection, error):
    booking = family(*ships(), now=now)

    with pytest.raises(error):
        quote_cancellation(booking, selection=selection, now=now)


def test_what_is_cancelled_is_not_cancelled_again(now):
    booking = family(*ships(), now=now)
    cancel(booking, "p1", legs=[1], now=now)
    cancel(booking, legs=[2], now=now)

    for selection in (Selection((1,), ("p1",)), Selection((2,)), Selection((2,), ("p1",))):
        with pytest.raises(AlreadyCancelled):
            quote_cancellation(booking, selection=selection, now=now)


def test_on_all_crossings_means_where_it_still_stands(now):
    booking = family(*ships(), now=now)
    cancel(booking, "p1", legs=[1], now=now)

    quote = quote_cancellation(booking, selection=Selection(items=("p1",)), now=now)

    assert [(line.leg, line.refund) for line in quote.lines] == [(2, 1000)]


def test_a_departed_crossing_stands_and_the_rest_can_go(now):
    runs = ships()
    booking = family(*runs, now=now)
    later = runs[0].departs_at

    with pytest.raises(AlreadyDeparted):
        quote_cancellation(booking, selection=Selection((1,)), now=later)
    with Refunds() as refunds:
        after = cancel(booking, now=later)

    # 24 hours before the way back.
    assert refunds.due == [8500]
    assert (after.state, after.total) == ("confirmed", 8500)
    assert tickets(booking) == {(1, item) for item in ("p0", "p1", "p2", "v0")}
    with pytest.raises(NotCancellable):
        quote_cancellation(booking, now=runs[1].departs_at)


@pytest.mark.parametrize("make", [held, paid])
def test_before_confirmation_only_the_whole_can_go(now, make):
    booking = make(now=now, travellers=people(2))

    with pytest.raises(WrongState, match="once the booking is confirmed"):
        quote_cancellation(booking, selection=Selection(items=("p1",)), now=now)
