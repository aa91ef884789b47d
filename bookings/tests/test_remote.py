"""Legs of a remote operator, over real HTTP; operators refuse to be called in a transaction."""

from datetime import timedelta

import pytest
from django.db import transaction

from bookings.errors import InvalidSelection
from bookings.models import Booking
from bookings.operations.cancel import (
    Selection,
    cancel_in_full,
    cancel_with_operator,
    quote_cancellation,
)
from bookings.operations.check import check_space
from bookings.operations.confirm import confirm_with_operator, mark_paid
from bookings.operations.expire import expire_holds
from bookings.operations.hold import hold_booking
from bookings.tasks import cancel_booking_with_operator
from bookings.tests.cancel_worlds import cancel
from bookings.tests.makers import offer_of, pay, used
from bookings.tests.remote_worlds import (
    crossing,
    held_at,
    misbehave,
    paid_at,
    saved_company,
    state_at_operator,
    wanted,
)
from ferries.errors import NotBookable, OperatorUnavailable
from ferries.gtfs.reader import read_feed
from ferries.management.commands.run_operator_simulator import FEED
from ferries.models import CapacityClaim, Operator
from ferries.operators import calls, store
from ferries.simulator.timetable import Timetable
from ferries.tests import makers
from ferries.tests.operators.conftest import serving
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
CANCEL = "bookings.cancel_booking_with_operator"


@pytest.fixture(scope="module")
def timetable():
    return Timetable(read_feed(FEED))


@pytest.fixture
def simulator(timetable):
    store.resume()
    with serving(timetable) as server:
        yield server


@pytest.fixture
def company(simulator) -> Operator:
    return saved_company(simulator.url)


def run_cancellation(booking: Booking) -> None:
    job = Job.objects.get(task=CANCEL)
    assert job.arguments == {"booking_id": booking.pk}
    cancel_booking_with_operator.apply(kwargs=job.arguments, headers={"job_id": job.pk})
    job.refresh_from_db()
    assert job.state == "done"


def test_hold_reserves_at_the_operator_under_our_reference(company, now):
    booking = held_at(company, now)

    leg = booking.legs.get()
    assert state_at_operator(company, booking) == "held"
    assert leg.operator_ref.startswith("KOMP-")
    assert (leg.sailing, booking.currency) == (None, "HUF")
    assert booking.total == sum(item.amount for item in booking.items.all()) > 0
    assert CapacityClaim.objects.count() == 0
    check_space(booking.pk, now=now)


def test_a_sold_out_operator_leaves_nothing_behind(company, simulator, now):
    offer_id = crossing(company)
    misbehave(simulator, sold_out=True)

    with pytest.raises(NotBookable):
        hold_booking(wanted(offer_id), now=now)

    assert Booking.objects.count() == 0
    assert simulator.controls.counts().get("reserve", 0) == 0


def test_an_operator_in_trouble_leaves_nothing_behind(company, simulator, now):
    offer_id = crossing(company)
    misbehave(simulator, error_rate=1.0)

    with pytest.raises(OperatorUnavailable):
        hold_booking(wanted(offer_id), now=now)

    assert Booking.objects.count() == 0


def test_a_full_ship_of_ours_keeps_us_from_asking_the_operator(company, simulator, now):
    home = makers.operator("HOME", currency="HUF")
    full = makers.sailing(company=home, persons=1)

    with pytest.raises(NotBookable):
        hold_booking(wanted(offer_of(full), crossing(company)), now=now)

    assert simulator.controls.counts().get("reserve", 0) == 0
    assert Booking.objects.count() == 0


def test_one_booking_joins_our_ship_and_a_remote_one(company, now, heard):
    home = makers.operator("HOME", currency="HUF")
    ours = makers.sailing(company=home)
    booking = hold_booking(wanted(offer_of(ours), crossing(company)), now=now)
    pay(booking, now=now)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert (booking.state, used(ours)) == ("confirmed", 2)
    first, second = booking.legs.order_by("position")
    assert first.operator_ref == f"{booking.reference}-1"
    assert second.operator_ref.startswith("KOMP-")
    assert calls.status(company, reference=second.reference).state == "confirmed"
    assert heard.confirmed == [booking.reference]


def test_a_refusal_after_payment_gives_everything_back(company, simulator, now, heard):
    home = makers.operator("HOME", currency="HUF")
    ours = makers.sailing(company=home)
    booking = hold_booking(wanted(offer_of(ours), crossing(company)), now=now)
    pay(booking, now=now)
    misbehave(simulator, refuse_confirm=True)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert (booking.state, used(ours)) == ("cancelled_by_operator", 0)
    assert heard.cancelled == [(booking.reference, booking.paid, "operator_refused")]
    legs = booking.legs.order_by("position")
    assert [leg.operator_state for leg in legs] == ["cancelled", "refused"]
    run_cancellation(booking)


def test_an_outage_is_tried_again(company, simulator, now, heard):
    booking = paid_at(company, now)
    misbehave(simulator, error_rate=1.0)
    with pytest.raises(OperatorUnavailable):
        confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    assert booking.state == "paid"
    misbehave(simulator)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert heard.confirmed == [booking.reference]


def test_a_lost_answer_confirms_once(company, simulator, now):
    booking = paid_at(company, now)
    misbehave(simulator, lose_answers=1.0)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert simulator.controls.counts()["confirm"] == 1


def test_cancelling_gives_the_space_back_to_the_operator(company, now):
    booking = paid_at(company, now)
    confirm_with_operator(booking.pk, now=now)
    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)
    assert state_at_operator(company, booking) == "confirmed"

    run_cancellation(booking)
    cancel_with_operator(booking.pk)

    assert state_at_operator(company, booking) == "cancelled"
    assert booking.legs.get().operator_state == "cancelled"


def test_a_booking_that_stands_is_never_cancelled_at_the_operator(company, now):
    booking = paid_at(company, now)

    cancel_with_operator(booking.pk)

    assert state_at_operator(company, booking) == "held"


def test_an_expired_hold_goes_back_and_late_money_too(company, now):
    booking = held_at(company, now)
    later = now + timedelta(minutes=20)
    expire_holds(now=later)

    run_cancellation(booking)

    assert state_at_operator(company, booking) == "cancelled"
    with transaction.atomic():
        assert mark_paid(booking.pk, amount=booking.total, now=later) == "no_space"


def test_a_reservation_that_the_operator_lost_cannot_be_paid(company, now):
    booking = held_at(company, now)
    calls.cancel(company, reference=f"{booking.reference}-1")

    with pytest.raises(NotBookable) as refused:
        check_space(booking.pk, now=now)

    assert [one["code"] for one in refused.value.details["refusals"]] == ["space_lost"]


def test_a_cancellation_during_the_call_undoes_the_confirmation(company, now, monkeypatch):
    booking = paid_at(company, now)
    confirm = calls.confirm

    def confirm_while_staff_cancel(operator, *, reference):
        answer = confirm(operator, reference=reference)
        cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)
        return answer

    monkeypatch.setattr(calls, "confirm", confirm_while_staff_cancel)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert booking.state == "cancelled"
    assert state_at_operator(company, booking) == "cancelled"


def test_a_remote_crossing_is_cancelled_as_a_whole(company, now, heard):
    home = makers.operator("HOME", currency="HUF")
    ours = makers.sailing(company=home)
    booking = hold_booking(wanted(offer_of(ours), crossing(company)), now=now)
    pay(booking, now=now)
    confirm_with_operator(booking.pk, now=now)
    booking.refresh_from_db()
    with pytest.raises(InvalidSelection, match="only as a whole"):
        quote_cancellation(booking, selection=Selection((2,), ("p1",)), now=now)

    cancel(booking, legs=[2], now=now)
    first, second = booking.legs.order_by("position")
    assert calls.status(company, reference=second.reference).state == "confirmed"
    run_cancellation(booking)

    booking.refresh_from_db()
    second.refresh_from_db()
    assert (booking.state, used(ours), first.operator_state) == ("confirmed", 2, "confirmed")
    assert second.operator_state == "cancelled"
    assert calls.status(company, reference=second.reference).state == "cancelled"
    assert heard.cancelled == []


def test_a_part_of_our_crossing_leaves_the_remote_one_alone(company, now):
    home = makers.operator("HOME", currency="HUF")
    ours = makers.sailing(company=home)
    booking = hold_booking(wanted(offer_of(ours), crossing(company)), now=now)
    pay(booking, now=now)
    confirm_with_operator(booking.pk, now=now)

    cancel(booking, "p1", legs=[1], now=now)
    run_cancellation(booking)

    assert used(ours) == 1
    assert calls.status(company, reference=f"{booking.reference}-2").state == "confirmed"
