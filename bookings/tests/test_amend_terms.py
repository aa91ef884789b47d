"""The terms of an amendment: fees, differences, until when, and what cannot be changed."""

from datetime import timedelta

import pytest

from bookings.errors import NotAmendable, WrongState
from bookings.operations.amend_request import AmendRequest
from bookings.operations.cancel import quote_cancellation
from bookings.tests.amending import (
    amended,
    committed,
    confirmed_in,
    dearer,
    everybody,
    family,
    fresh,
    live_lines,
    moved_to,
    quoted,
)
from bookings.tests.makers import confirmed, held, people
from ferries.models import Operator
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def test_a_fee_of_the_fare_is_charged(now, pair):
    old, new = pair
    family("economy", adult=1000, bands=[{"charge": "flat", "amount": 2000, "per": "booking"}],
           amend_until_hours=4)  # fmt: skip
    booking = confirmed_in(old, "economy", now=now, travellers=people(3))

    quote = quoted(booking, moved_to(new, family="economy"), now=now)

    assert (quote.difference, quote.fee, quote.due) == (0, 2000, 2000)
    fee = [line for line in quote.after if line.kind == "fee"]
    assert [(line.item, line.label, line.amount) for line in fee] == [("b0", "Amendment fee", 2000)]
    assert "Change of economy" in quote.sentences


def test_the_first_amendment_is_free_and_the_second_is_not(now, pair):
    old, new = pair
    family("flexi", adult=1000, bands=[{"charge": "flat", "amount": 500, "per": "person"}],
           amend_until_hours=0, free_amendments=1)  # fmt: skip
    booking = confirmed_in(old, "flexi", now=now, travellers=people(2))

    first = amended(booking, moved_to(new, family="flexi"), now=now)
    second = quoted(booking, moved_to(old, family="flexi"), now=now)

    assert (first.fee, first.state) == (0, "applied")
    assert (second.fee, second.due) == (1000, 1000)


def test_a_lower_fare_is_kept_where_the_family_says_so(now, pair):
    old, new = pair
    family("saver", adult=1000, amend_until_hours=1, difference_refunded=False)
    booking = confirmed_in(old, "saver", now=now)
    dearer(old, 700)

    quote = quoted(booking, moved_to(new, family="saver"), now=now)
    committed(booking, quote, now=now)

    assert (quote.difference, quote.fee, quote.due, quote.refund) == (-300, 300, 0, 0)
    booking.refresh_from_db()
    assert (booking.total, booking.paid) == (1000, 1000)
    assert live_lines(booking) == [("b0", "fee", 300), ("p0", "passenger", 700)]


def test_another_family_brings_its_own_terms(now, pair):
    old, new = pair
    family("saver", adult=1000, amend_until_hours=1)
    family("flexi", adult=1600, amend_until_hours=0, free_amendments=9)
    booking = confirmed_in(old, "saver", now=now)

    amendment = amended(booking, moved_to(new, family="flexi"), now=now)

    assert amendment.difference == 600
    assert amendment.change["legs"][0]["facts"]["conditions"]["free_amendments"] == 9


def test_the_terms_of_the_sale_stay_when_the_family_stays(now, pair):
    old, new = pair
    fare = family("flexi", adult=1000, amend_until_hours=0, free_amendments=9)
    booking = confirmed_in(old, "flexi", now=now)
    fare.free_amendments = 0
    fare.save()

    amended(booking, moved_to(new, family="flexi"), now=now)

    assert booking.legs.get().conditions["free_amendments"] == 9


def test_amending_ends_so_many_hours_before_departure(now, pair):
    old, new = pair
    family("flexi", adult=1000, amend_until_hours=4)
    booking = confirmed_in(old, "flexi", now=now)
    last = old.departs_at - timedelta(hours=4)

    quote = quoted(booking, moved_to(new, family="flexi"), now=last)
    with pytest.raises(NotAmendable, match="until 4 hours before departure"):
        quoted(booking, moved_to(new, family="flexi"), now=last + timedelta(seconds=1))

    assert quote.expires_at == last + timedelta(microseconds=1)


def test_a_fare_that_cannot_be_changed_says_so(now, pair):
    old, new = pair
    family("fixed", adult=1000)
    booking = confirmed_in(old, "fixed", now=now)

    with pytest.raises(NotAmendable, match="The fare Fixed cannot be changed"):
        quoted(booking, moved_to(new, family="fixed"), now=now)


def test_a_departed_crossing_stays_as_it_is(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)

    with pytest.raises(NotAmendable, match="has departed"):
        quoted(booking, moved_to(new), now=old.departs_at)


def test_another_company_or_route_is_another_booking(now, pair):
    old, _ = pair
    other = makers.sailing(company=makers.operator("RED"))
    back = makers.sailing(makers.port("BBB"), makers.port("AAA"))
    booking = confirmed(old, now=now)

    with pytest.raises(NotAmendable, match="BLUE Ferries"):
        quoted(booking, moved_to(other), now=now)
    with pytest.raises(NotAmendable, match="stays Aaa to Bbb"):
        quoted(booking, moved_to(back), now=now)


def test_a_remote_operator_cannot_amend(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    Operator.objects.update(adapter=Operator.Adapter.HTTP)

    with pytest.raises(NotAmendable, match="cancel and book again"):
        quoted(booking, moved_to(new), now=now)


def test_only_confirmed_bookings_are_amended(now, pair):
    old, new = pair
    booking = held(old, now=now)

    with pytest.raises(WrongState):
        quoted(booking, moved_to(new), now=now)


def test_a_request_that_changes_nothing_is_refused(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now)

    with pytest.raises(NotAmendable, match="changes nothing"):
        quoted(booking, AmendRequest(travellers=tuple(everybody(booking))), now=now)


def test_moving_to_a_later_sailing_does_not_make_cancelling_cheaper(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    late = old.departs_at - timedelta(hours=2)
    assert quote_cancellation(fresh(booking), now=late).charge == 500

    amended(booking, moved_to(new), now=late)

    # The new departure is 26 hours off, where cancelling is free; the sold one is two.
    assert quote_cancellation(fresh(booking), now=late).charge == 500


def test_moving_to_an_earlier_sailing_counts_from_that_one(now, pair):
    later, sooner = pair[1], pair[0]
    booking = confirmed(later, now=now)

    amended(booking, moved_to(sooner), now=now)

    two_hours_before = sooner.departs_at - timedelta(hours=2)
    assert quote_cancellation(fresh(booking), now=two_hours_before).charge == 500
