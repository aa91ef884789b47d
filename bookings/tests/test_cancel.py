from datetime import timedelta

import pytest

from bookings.errors import NotCancellable, QuoteOutdated, WrongState
from bookings.models import Ticket
from bookings.operations.cancel import (
    cancel_booking,
    cancel_by_conditions,
    cancel_in_full,
    quote_cancellation,
)
from bookings.operations.refunds import record_refund
from bookings.tests.makers import CAR, confirmed, events, held, people, used
from ferries.tests import makers
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db


def agree(booking, quote, *, now):
    """Cancel as a customer who has seen the quote."""
    return cancel_booking(
        booking.pk,
        token=quote.token,
        expected_refund=quote.refund,
        expected_charge=quote.charge,
        actor="customer",
        now=now,
    )


def before(sailing, hours):
    return sailing.departs_at - timedelta(hours=hours)


def test_quote_explains_each_item(now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now, travellers=people(2), vehicles=[CAR])

    quote = quote_cancellation(booking, now=before(sailing, 23))

    assert (quote.refund, quote.charge, quote.currency) == (1750, 1750, "USD")
    lines = {line.item: line for line in quote.lines}
    assert set(lines) == {"p0", "p1", "v0"}
    car = lines["v0"]
    assert (car.leg, car.rule, car.hours, car.base) == (1, "late", 23, 2500)
    assert (car.charge, car.refund) == (1250, 1250)
    assert car.sentence == "50 % from 0 h before departure"


def test_quote_is_free_a_day_before(now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    quote = quote_cancellation(booking, now=before(sailing, 24))

    assert (quote.refund, quote.charge) == (1000, 0)


def test_quote_holds_for_ten_minutes(now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    quote = quote_cancellation(booking, now=before(sailing, 30))

    assert quote.expires_at == before(sailing, 30) + timedelta(minutes=10)


def test_quote_ends_when_the_next_band_begins(now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    asked_at = before(sailing, 24) - timedelta(minutes=3)

    quote = quote_cancellation(booking, now=asked_at)

    assert quote.expires_at == before(sailing, 24)


def test_quote_writes_nothing(now):
    booking = confirmed(now=now)

    quote_cancellation(booking, now=now)

    booking.refresh_from_db()
    assert (booking.state, booking.version) == ("confirmed", 4)


def test_a_held_booking_is_cancelled_for_nothing(now, heard):
    sailing = makers.sailing()
    booking = held(sailing, now=now)

    quote = quote_cancellation(booking, now=now)
    agree(booking, quote, now=now)

    assert (quote.refund, quote.charge) == (0, 0)
    assert [line.rule for line in quote.lines] == ["not_paid"]
    assert heard.cancelled == [(booking.reference, 0, "customer")]
    assert used(sailing) == 0


def test_cancelling_frees_space_voids_tickets_and_owes_the_refund(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now, travellers=people(2), vehicles=[CAR])
    quote = quote_cancellation(booking, now=now)

    cancelled = agree(booking, quote, now=now)

    assert (cancelled.state, cancelled.version) == ("cancelled", booking.version + 1)
    assert (used(sailing), used(sailing, "deck:low")) == (0, 0)
    assert set(Ticket.objects.values_list("voided_at", flat=True)) == {now}
    assert set(booking.items.values_list("cancelled_at", flat=True)) == {now}
    assert booking.legs.get().operator_state == "cancelled"
    assert heard.cancelled == [(booking.reference, 3500, "customer")]
    assert events(booking)[-1] == ("confirmed", "cancelled", "customer")


def test_our_own_legs_need_no_call_to_an_operator(now):
    booking = confirmed(now=now)

    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)

    assert not Job.objects.filter(task="bookings.cancel_booking_with_operator").exists()


def test_cancelling_twice_releases_and_refunds_once(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    held(sailing, now=now)
    quote = quote_cancellation(booking, now=now)

    for _ in range(2):
        answer = agree(booking, quote, now=now)
        assert answer.state == "cancelled"

    assert used(sailing) == 1
    assert len(heard.cancelled) == 1
    assert [to for _, to, _ in events(booking)].count("cancelled") == 1


def assert_refused_with_a_fresh_quote(booking, *, token, now, refund):
    with pytest.raises(QuoteOutdated) as outdated:
        cancel_booking(
            booking.pk,
            token=token,
            expected_refund=refund,
            expected_charge=booking.total - refund,
            actor="customer",
            now=now,
        )

    fresh = outdated.value.details["quote"]
    assert fresh["refund"] == refund
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert Ticket.objects.filter(voided_at=None).count() == 1
    return fresh


def test_an_old_quote_is_answered_with_a_fresh_one(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    quote = quote_cancellation(booking, now=before(sailing, 30))
    later = before(sailing, 30) + timedelta(minutes=10)

    fresh = assert_refused_with_a_fresh_quote(booking, token=quote.token, now=later, refund=1000)
    cancel_booking(
        booking.pk,
        token=fresh["token"],
        expected_refund=1000,
        expected_charge=0,
        actor="customer",
        now=later,
    )

    assert heard.cancelled == [(booking.reference, 1000, "customer")]


def test_a_quote_from_before_the_band_changed_does_not_count(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    asked_at = before(sailing, 24) - timedelta(minutes=1)
    quote = quote_cancellation(booking, now=asked_at)

    assert_refused_with_a_fresh_quote(
        booking, token=quote.token, now=asked_at + timedelta(minutes=2), refund=500
    )

    assert heard.cancelled == []


def test_a_quote_does_not_survive_a_change_of_the_booking(now):
    booking = confirmed(now=now)
    quote = quote_cancellation(booking, now=now)
    record_refund(booking.pk, amount_change=300)

    assert_refused_with_a_fresh_quote(booking, token=quote.token, now=now, refund=700)


def test_a_forged_or_foreign_token_does_not_count(now):
    booking = confirmed(now=now)
    other = held(makers.sailing(), now=now)
    foreign = quote_cancellation(other, now=now).token

    for token in ("", "nonsense", foreign, quote_cancellation(booking, now=now).token + "x"):
        assert_refused_with_a_fresh_quote(booking, token=token, now=now, refund=1000)


def test_what_went_back_already_is_not_refunded_again(now):
    booking = confirmed(now=now)
    record_refund(booking.pk, amount_change=300)
    booking.refresh_from_db()

    quote = quote_cancellation(booking, now=now)

    assert quote.refund == 700
    assert [(line.rule, line.refund) for line in quote.lines] == [
        ("free", 1000),
        ("already_refunded", -300),
    ]


def test_nothing_is_cancelled_after_the_last_departure(now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    with pytest.raises(NotCancellable):
        quote_cancellation(booking, now=sailing.departs_at)


def test_an_expired_hold_is_over_already(now):
    booking = held(now=now)

    with pytest.raises(WrongState):
        quote_cancellation(booking, now=now + timedelta(minutes=15))


def test_a_return_journey_is_charged_leg_by_leg(now):
    out = makers.sailing()
    home = makers.sailing(
        makers.port("BBB"), makers.port("AAA"), departs_at=out.departs_at + timedelta(hours=5)
    )
    booking = confirmed(out, home, now=now)

    quote = quote_cancellation(booking, now=before(home, 24))

    assert [(line.leg, line.rule, line.refund) for line in quote.lines] == [
        (1, "late", 500),
        (2, "free", 1000),
    ]


def test_staff_cancel_by_conditions(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    cancel_by_conditions(
        booking.pk, actor="staff:7", reason="asked by phone", now=before(sailing, 2)
    )

    assert heard.cancelled == [(booking.reference, 500, "asked by phone")]
    assert events(booking)[-1] == ("confirmed", "cancelled", "staff:7")


def test_staff_give_everything_back_even_after_departure(now, heard):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)
    record_refund(booking.pk, amount_change=200)

    cancel_in_full(booking.pk, actor="staff:7", reason="storm", now=sailing.departs_at)

    assert heard.cancelled == [(booking.reference, 800, "storm")]


@pytest.mark.parametrize("cancel", [cancel_by_conditions, cancel_in_full])
def test_staff_cannot_cancel_what_is_cancelled(now, heard, cancel):
    booking = confirmed(now=now)
    cancel(booking.pk, actor="staff:7", reason="once", now=now)

    with pytest.raises(WrongState):
        cancel(booking.pk, actor="staff:7", reason="twice", now=now)

    assert len(heard.cancelled) == 1
