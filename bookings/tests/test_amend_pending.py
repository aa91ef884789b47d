"""Amendments that wait for payment: what is held, what ends them, and who gets the last place."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bookings import queries, signals
from bookings.errors import AmendmentOutstanding, WrongState
from bookings.models import Amendment, Ticket
from bookings.operations import amend
from bookings.operations.amend_request import AmendRequest
from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import mark_paid
from bookings.operations.expire import expire_holds
from bookings.tests.amending import (
    amended,
    committed,
    everybody,
    live_lines,
    moved_to,
    new_adult,
    pools,
    quoted,
    valid_tickets,
)
from bookings.tests.makers import CAR, confirmed, held, people
from ferries.errors import NotBookable
from ferries.models import FareRule
from ferries.tests import makers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOLD = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _quarter_of_an_hour(settings):
    settings.HOLD_MINUTES = 15


@pytest.fixture
def pair():
    first = makers.sailing()
    return first, makers.sailing(departs_at=first.departs_at + DAY)


def dearer(amount=1500):
    FareRule.objects.filter(code="adult").update(amount=amount)


def pay(booking, amount, *, now):
    with transaction.atomic():
        outcome = mark_paid(booking.pk, amount=amount, now=now)
    booking.refresh_from_db()
    return outcome


def test_old_and_new_space_are_held_while_money_is_outstanding(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(2))
    dearer()

    amendment = amended(booking, moved_to(new), now=now)

    assert (amendment.state, amendment.expires_at) == ("awaiting_payment", now + HOLD)
    assert pools(old, new) == {(0, "persons"): 2, (1, "persons"): 2}
    assert queries.amount_due(booking, now=now) == 1000
    booking.refresh_from_db()
    assert (booking.state, booking.total) == ("confirmed", 2000)
    assert {ship for _, _, ship in valid_tickets(booking)} == {old.source_ref}


def test_growing_holds_only_what_is_more(now):
    sailing = makers.sailing(persons=3, lane_cm=1300)
    booking = confirmed(sailing, now=now, vehicles=[CAR])

    amended(
        booking,
        AmendRequest(
            travellers=(*everybody(booking), new_adult()), vehicles=(replace(CAR, length_cm=700),)
        ),
        now=now,
    )

    assert pools(sailing) == {(0, "persons"): 2, (0, "deck:low"): 750}


def test_payment_makes_the_change(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(2))
    tickets = list(Ticket.objects.values_list("pk", flat=True))
    dearer()
    amendment = amended(booking, moved_to(new), now=now)

    assert pay(booking, 1000, now=now) == "paid"

    amendment.refresh_from_db()
    assert (amendment.state, amendment.applied_at) == ("applied", now)
    assert pools(old, new) == {(1, "persons"): 2}
    assert (booking.total, booking.paid, booking.state) == (3000, 3000, "confirmed")
    assert live_lines(booking) == [("p0", "passenger", 1500), ("p1", "passenger", 1500)]
    assert {ship for _, _, ship in valid_tickets(booking)} == {new.source_ref}
    assert set(Ticket.objects.filter(pk__in=tickets).values_list("voided_at", flat=True)) == {now}
    assert queries.amount_due(booking, now=now) == 0


def test_payment_makes_room_for_what_grew(now):
    sailing = makers.sailing(persons=2, lane_cm=750)
    booking = confirmed(sailing, now=now, vehicles=[CAR])
    amended(
        booking,
        AmendRequest(
            travellers=(*everybody(booking), new_adult()), vehicles=(replace(CAR, length_cm=700),)
        ),
        now=now,
    )

    assert pay(booking, 2000, now=now) == "paid"

    assert pools(sailing) == {(0, "persons"): 2, (0, "deck:low"): 750}
    assert live_lines(booking) == [
        ("p0", "passenger", 0),
        ("p1", "passenger", 1000),
        ("v0", "vehicle", 3500),
    ]


def test_more_money_than_due_changes_nothing(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)

    assert pay(booking, 1500, now=now) == "already"

    assert (booking.paid, Amendment.objects.get().state) == (1000, "awaiting_payment")


def test_money_for_a_confirmed_booking_without_a_change_is_double(now, pair):
    booking = confirmed(pair[0], now=now)

    assert pay(booking, 1000, now=now) == "already"


def test_time_runs_out_without_any_worker(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)
    late = now + HOLD

    assert queries.amount_due(booking, now=late) == 0
    assert pay(booking, 500, now=late) == "no_space"

    assert (booking.paid, booking.total) == (1000, 1000)
    assert {ship for _, _, ship in valid_tickets(booking)} == {old.source_ref}


def test_the_sweep_gives_the_new_space_back(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)
    ended = []
    listener = lambda **news: ended.append(news["booking"].pk)  # noqa: E731
    signals.amendment_ended.connect(listener)

    assert expire_holds(now=now + HOLD - timedelta(seconds=1)) == 0
    assert expire_holds(now=now + HOLD) == 1
    assert expire_holds(now=now + HOLD) == 0

    assert pools(old, new) == {(0, "persons"): 1}
    assert (Amendment.objects.get().state, ended) == ("expired", [booking.pk])
    assert pay(booking, 500, now=now + HOLD) == "no_space"


def test_what_ran_out_does_not_hinder_a_new_change(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)

    again = amended(booking, moved_to(new), now=now + HOLD)

    states = Amendment.objects.order_by("pk").values_list("state", flat=True)
    assert (list(states), again.expires_at) == (["expired", "awaiting_payment"], now + 2 * HOLD)
    assert pools(old, new) == {(0, "persons"): 1, (1, "persons"): 1}


def test_one_change_waits_at_a_time(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    quoted_before = quoted(booking, moved_to(new), now=now - timedelta(seconds=1))
    quote = quoted(booking, moved_to(new), now=now)
    committed(booking, quote, now=now)

    with pytest.raises(AmendmentOutstanding):
        quoted(booking, moved_to(new), now=now)
    other = replace(quote, token=quoted_before.token)
    with pytest.raises(AmendmentOutstanding):
        committed(booking, other, now=now)

    assert Amendment.objects.count() == 1


def test_withdrawing_gives_the_new_space_back(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)

    assert amend.withdraw_amendment(booking.pk, actor="customer", now=now) is True
    assert amend.withdraw_amendment(booking.pk, actor="customer", now=now) is False

    assert pools(old, new) == {(0, "persons"): 1}
    assert Amendment.objects.get().state == "withdrawn"


def test_cancelling_the_booking_withdraws_its_change(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)

    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)

    assert pools(old, new) == {}
    assert Amendment.objects.get().state == "withdrawn"
    assert pay(booking, 500, now=now) == "no_space"


@pytest.mark.parametrize("fault", ["swapped", "stopped"])
def test_another_ship_since_gives_the_money_back(now, pair, fault):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amended(booking, moved_to(new), now=now)
    if fault == "swapped":
        new.version += 1
    else:
        new.status = "cancelled"
    new.save()

    assert pay(booking, 500, now=now) == "no_space"

    assert pools(old, new) == {(0, "persons"): 1}
    assert (Amendment.objects.get().state, booking.paid) == ("expired", 1000)


def test_starting_to_pay_extends_the_time_once(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer()
    amendment = amended(booking, moved_to(new), now=now)
    Amendment.objects.update(created_at=now)

    amend.begin_amendment_payment(booking.pk, now=now + HOLD / 2)
    amend.begin_amendment_payment(booking.pk, now=now + HOLD * 1.4)

    amendment.refresh_from_db()
    assert amendment.expires_at == now + 2 * HOLD
    with pytest.raises(WrongState):
        amend.begin_amendment_payment(booking.pk, now=now + 2 * HOLD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("price", [1000, 1500])
def test_of_eight_who_want_the_last_place_one_gets_it_and_the_others_keep_theirs(now, pair, price):
    old, _ = pair
    small = makers.sailing(departs_at=old.departs_at + DAY, persons=1)
    bookings = [confirmed(old, now=now) for _ in range(8)]
    dearer(price)
    quotes = [quoted(booking, moved_to(small), now=now) for booking in bookings]

    def alone(pair):
        try:
            return committed(*pair, now=now).state
        except NotBookable:
            return "full"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        answers = Counter(crowd.map(alone, zip(bookings, quotes, strict=True)))

    if price == 1000:
        assert answers == {"applied": 1, "full": 7}
        assert pools(old, small) == {(0, "persons"): 7, (1, "persons"): 1}
    else:
        assert answers == {"awaiting_payment": 1, "full": 7}
        assert pools(old, small) == {(0, "persons"): 8, (1, "persons"): 1}
    assert sum(len(valid_tickets(booking)) for booking in bookings) == 8


@pytest.mark.django_db(transaction=True)
def test_two_who_change_places_crosswise_never_wait_in_a_circle(now, pair):
    old, new = pair
    one = [confirmed(old, now=now) for _ in range(3)]
    two = [confirmed(new, now=now) for _ in range(3)]
    wishes = [(each, moved_to(new)) for each in one] + [(each, moved_to(old)) for each in two]

    def alone(wish):
        try:
            return amended(*wish, now=now).state
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as crowd:
        answers = Counter(crowd.map(alone, wishes))

    assert answers == {"applied": 6}
    assert pools(old, new) == {(0, "persons"): 3, (1, "persons"): 3}


def test_a_hold_of_others_that_ran_out_makes_room(now, pair):
    old, _ = pair
    small = makers.sailing(departs_at=old.departs_at + DAY, persons=1)
    booking = confirmed(old, now=now)
    held(small, now=now)

    amendment = amended(booking, moved_to(small), now=now + HOLD)

    assert amendment.state == "applied"
    assert pools(old, small) == {(1, "persons"): 1}
