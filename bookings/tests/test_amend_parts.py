"""Amendments of cabins, of parts that were cancelled before, with discounts, groups and fees."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.errors import AmendmentOutstanding
from bookings.operations.amend_request import AmendRequest
from bookings.operations.cancel import cancel_booking
from bookings.operations.cancel_quote import quote_cancellation
from bookings.operations.cancel_selection import Selection
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import Wishes, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests.amending import (
    amended,
    committed,
    confirmed_in,
    everybody,
    family,
    fresh,
    live_lines,
    moved_to,
    new_adult,
    pools,
    quoted,
    valid_tickets,
)
from bookings.tests.makers import CAR, confirmed, offer_of, pay, people, request
from ferries.errors import NotBookable
from ferries.models import Discount, FareRule
from ferries.tests import makers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOLD = timedelta(minutes=15)


@pytest.fixture
def pair():
    first = makers.sailing()
    return first, makers.sailing(departs_at=first.departs_at + DAY)


@pytest.fixture(autouse=True)
def _quarter_of_an_hour(settings):
    settings.HOLD_MINUTES = 15


def back_of(sailing, days=1):
    ends = makers.port("BBB"), makers.port("AAA")
    return makers.sailing(*ends, departs_at=sailing.departs_at + days * DAY)


def with_wishes(sailing, *, now, accommodation=(), wishes=None, **more):
    """Return a confirmed booking with cabins or of a customer group."""
    wish = request(sailing, **more)
    legs = (LegWish(offer_of(sailing), accommodation),)
    booking = hold_booking(replace(wish, legs=legs, wishes=wishes or Wishes()), now=now)
    assert pay(booking, now=now) == "paid"
    confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    return booking


def cancelled(booking, *, now, legs=(), items=()):
    """Cancel a part of the booking on the terms of its conditions."""
    quote = quote_cancellation(fresh(booking), now=now, selection=Selection(legs, items))
    cancel_booking(
        booking.pk, token=quote.token, expected_refund=quote.refund,
        expected_charge=quote.charge, actor="customer", now=now,
    )  # fmt: skip


def test_another_cabin_takes_the_place_of_the_first(now):
    sailing = makers.sailing()
    makers.accommodation(sailing, "inside", units=1, places=2, amount=3000)
    makers.accommodation(sailing, "outside", units=1, places=2, amount=5000)
    booking = with_wishes(sailing, now=now, accommodation=("inside",))

    quote = quoted(
        booking, AmendRequest(legs={1: LegWish(offer_of(sailing), ("outside",))}), now=now
    )
    committed(booking, quote, now=now)

    assert [(line.item, line.amount) for line in quote.after] == [("p0", 1000), ("a0", 5000)]
    assert (quote.difference, quote.due) == (2000, 2000)
    assert pools(sailing) == {
        (0, "persons"): 1,
        (0, "acc:inside"): 1,
        (0, "acc:outside"): 1,
    }


def test_a_cabin_goes_along_to_the_other_sailing(now, pair):
    old, new = pair
    makers.accommodation(old, "inside", units=1, places=2, amount=3000)
    makers.accommodation(new, "inside", units=1, places=2, amount=None)
    booking = with_wishes(old, now=now, accommodation=("inside",))

    amended(booking, moved_to(new), now=now)

    assert pools(old, new) == {(1, "persons"): 1, (1, "acc:inside"): 1}
    assert booking.legs.get().accommodation == ["inside"]
    assert live_lines(booking) == [("a0", "accommodation", 3000), ("p0", "passenger", 1000)]


def test_a_cabin_that_the_other_ship_does_not_have_is_named(now, pair):
    old, new = pair
    makers.accommodation(old, "inside", units=1, places=2, amount=3000)
    booking = with_wishes(old, now=now, accommodation=("inside",))

    with pytest.raises(NotBookable) as refused:
        quoted(booking, moved_to(new), now=now)

    codes = [refusal["code"] for refusal in refused.value.details["refusals"]]
    assert codes == ["accommodation_unknown"]


def test_who_was_cancelled_stays_off(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(3))
    cancelled(booking, now=now, items=("p1",))

    amended(booking, moved_to(new), now=now)

    assert [line[0] for line in live_lines(booking)] == ["p0", "p2"]
    assert pools(old, new) == {(1, "persons"): 2}
    assert [name for _, name, _ in valid_tickets(booking)] == ["Adult 0 Doe", "Adult 2 Doe"]


def test_a_cancelled_crossing_is_left_alone(now):
    there = makers.sailing()
    back = back_of(there)
    booking = confirmed(there, back, now=now, travellers=people(2))
    cancelled(booking, now=now, legs=(2,))

    stay = tuple(everybody(booking)[:1])
    amended(booking, AmendRequest(travellers=stay), now=now)

    assert pools(there, back) == {(0, "persons"): 1}
    assert [(leg, name) for leg, name, _ in valid_tickets(booking)] == [(1, "Adult 0 Doe")]


def test_a_part_is_cancelled_only_when_no_change_waits(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(2))
    FareRule.objects.filter(code="adult").update(amount=1500)
    amendment = amended(booking, moved_to(new), now=now)

    with pytest.raises(AmendmentOutstanding):
        cancelled(booking, now=now, items=("p1",))
    cancelled(booking, now=now + HOLD, items=("p1",))

    amendment.refresh_from_db()
    assert amendment.state == "withdrawn"
    assert pools(old, new) == {(0, "persons"): 1}


def test_a_smaller_party_shrinks_on_all_crossings(now):
    there = makers.sailing()
    back = back_of(there)
    booking = confirmed(there, back, now=now, travellers=people(2), vehicles=[CAR])

    amended(booking, AmendRequest(travellers=tuple(everybody(booking)[:1])), now=now)

    assert pools(there, back) == {
        (0, "persons"): 1,
        (0, "deck:low"): 530,
        (1, "persons"): 1,
        (1, "deck:low"): 530,
    }
    booking.refresh_from_db()
    assert booking.total == 2 * 2500


def test_once_one_crossing_is_behind_only_the_other_changes(now):
    there = makers.sailing()
    back = back_of(there)
    booking = confirmed(there, back, now=now, travellers=people(2))
    under_way = there.departs_at + timedelta(hours=2)

    amended(booking, AmendRequest(travellers=tuple(everybody(booking)[:1])), now=under_way)

    assert pools(there, back) == {(0, "persons"): 2, (1, "persons"): 1}
    assert sorted((leg, name) for leg, name, _ in valid_tickets(booking)) == [
        (1, "Adult 0 Doe"),
        (1, "Adult 1 Doe"),
        (2, "Adult 0 Doe"),
    ]


def test_the_discount_of_a_return_journey_stays(now):
    there = makers.sailing()
    back, later = back_of(there), back_of(there, days=2)
    Discount.objects.create(
        operator=there.operator, kind="return", code="RETURN", label="Return", percent_bp=1000
    )
    booking = confirmed(there, back, now=now)
    assert booking.total == 1800

    amendment = amended(booking, moved_to(later, leg=2), now=now)

    assert (amendment.difference, amendment.state) == (0, "applied")
    booking.refresh_from_db()
    assert booking.total == 1800


def test_a_group_takes_from_its_share_again(now, pair):
    old, _ = pair
    full = makers.sailing(departs_at=old.departs_at + DAY, persons=1)
    makers.allotted(full, "persons", 1, release_at=full.departs_at - timedelta(hours=1))
    stranger = confirmed(old, now=now)
    member = with_wishes(old, now=now, wishes=Wishes(group="residents"))

    with pytest.raises(NotBookable):
        quoted(stranger, moved_to(full), now=now)
    amended(member, moved_to(full), now=now)

    assert full.pools.get(allotment__isnull=False).used == 1


def test_a_percentage_is_of_what_was_paid(now, pair):
    old, new = pair
    family("tenth", adult=1000, bands=[{"charge": "percent", "percent": 10}],
           amend_until_hours=1)  # fmt: skip
    booking = confirmed_in(old, "tenth", now=now, travellers=people(2))
    FareRule.objects.filter(code="adult").update(amount=1300)

    quote = quoted(booking, moved_to(new, family="tenth"), now=now)

    assert (quote.difference, quote.fee, quote.due) == (600, 200, 800)


def test_an_added_traveller_bears_flat_amounts_only(now, pair):
    old, _ = pair
    family("flat", adult=1000, bands=[{"charge": "flat", "amount": 150, "per": "person"}],
           amend_until_hours=1)  # fmt: skip
    family("tenth", adult=1000, bands=[{"charge": "percent", "percent": 10}],
           amend_until_hours=1)  # fmt: skip
    sold = {code: confirmed_in(old, code, now=now) for code in ("flat", "tenth")}

    quotes = {
        code: quoted(booking, AmendRequest(travellers=(*everybody(booking), new_adult())), now=now)
        for code, booking in sold.items()
    }

    assert {code: quote.fee for code, quote in quotes.items()} == {"flat": 150, "tenth": 0}


def test_a_band_may_charge_for_names(now, pair):
    old, _ = pair
    band = {"charge": "flat", "amount": 250, "components": ["name"]}
    family("named", adult=1000, bands=[band], amend_until_hours=1)
    booking = confirmed_in(old, "named", now=now, travellers=people(2))
    wish = everybody(booking)
    wish[0] = replace(wish[0], surname="Roe")

    quote = quoted(booking, AmendRequest(travellers=tuple(wish)), now=now)

    assert (quote.difference, quote.fee, quote.due) == (0, 250, 250)


def test_totals_stay_what_was_paid_less_what_went_back(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(3), vehicles=[CAR])
    back = []
    for wish in (
        moved_to(new),
        AmendRequest(travellers=tuple(everybody(booking)[:2])),
        AmendRequest(vehicles=()),
        moved_to(old),
    ):
        quote = quoted(booking, wish, now=now)
        committed(booking, quote, now=now)
        back.append(quote.refund)
        booking.refresh_from_db()
        assert booking.total == sum(amount for _, _, amount in live_lines(booking))
        assert booking.total == booking.paid - sum(back)

    assert (back, booking.total) == ([0, 1000, 1500, 0], 2000)
    assert pools(old, new) == {(0, "persons"): 2}
