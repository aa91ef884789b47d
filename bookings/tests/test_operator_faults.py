"""Every fault of an operator's system, in every order we give: nothing twice, nothing lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full, cancel_with_operator
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.expire import expire_holds
from bookings.operations.hold import hold_booking
from bookings.tests.remote_worlds import (
    crossing,
    misbehave,
    paid_at,
    saved_company,
    state_at_operator,
    wanted,
)
from ferries.errors import NotBookable, OperatorRefused, OperatorUnavailable
from ferries.operators import breaker, store
from ferries.tests.operators.conftest import serving, timetable  # noqa: F401
from ferries.tests.operators.scripted import ScriptedServer, says
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db(transaction=True)

# What was asked has happened, and we do not hear of it.
HAPPENED = ("lose_answers", "garbage", "slow_drip")
EVERY = ("error_rate", *HAPPENED)


@pytest.fixture
def simulator(timetable):  # noqa: F811
    store.resume()
    with serving(timetable) as server:
        yield server


@pytest.fixture
def company(simulator):
    return saved_company(simulator.url, timeout_seconds=0.6)


def calls_of(simulator, kind):
    return simulator.controls.counts().get(kind, 0)


class TestReserve:
    @pytest.mark.parametrize("fault", EVERY)
    def test_a_hold_without_an_answer_is_no_booking_and_may_be_tried_again(
        self, company, simulator, now, fault
    ):
        offer_id = crossing(company)
        misbehave(simulator, only=("reserve",), **{fault: 1.0})
        with pytest.raises(OperatorUnavailable):
            hold_booking(wanted(offer_id), now=now)
        assert Booking.objects.count() == 0
        misbehave(simulator)

        booking = hold_booking(wanted(offer_id), now=now)

        assert state_at_operator(company, booking) == "held"

    @pytest.mark.parametrize("fault", HAPPENED)
    def test_what_was_held_all_the_same_ends_by_itself(self, company, simulator, now, fault):
        offer_id = crossing(company)
        misbehave(simulator, only=("reserve",), **{fault: 1.0})

        with pytest.raises(OperatorUnavailable):
            hold_booking(wanted(offer_id), now=now)

        # Asked twice by one reference where it may be: one hold, with an end.
        assert simulator.company.reservations() == {"held": 1}

    def test_sold_out_in_between_is_told_with_its_reason(self, company, simulator, now):
        offer_id = crossing(company)
        misbehave(simulator, sold_out_between=1.0)

        with pytest.raises(NotBookable) as caught:
            hold_booking(wanted(offer_id), now=now)

        assert [each["code"] for each in caught.value.details["refusals"]] == ["persons_short"]
        assert (Booking.objects.count(), simulator.company.reservations()) == (0, {})

    def test_a_refusal_leaves_nothing(self, company, simulator, now):
        offer_id = crossing(company)
        misbehave(simulator)
        company.capabilities = ["search", "check", "confirm", "status", "cancel"]
        company.save()

        with pytest.raises(NotBookable, match="shown for information"):
            hold_booking(wanted(offer_id), now=now)

        assert (Booking.objects.count(), calls_of(simulator, "reserve")) == (0, 0)


class TestConfirm:
    @pytest.mark.parametrize("fault", HAPPENED)
    def test_a_confirmation_that_happened_is_found_by_its_reference(
        self, company, simulator, now, heard, fault
    ):
        booking = paid_at(company, now)
        misbehave(simulator, only=("confirm",), **{fault: 1.0})

        confirm_with_operator(booking.pk, now=now)

        booking.refresh_from_db()
        assert (booking.state, heard.confirmed) == ("confirmed", [booking.reference])
        assert calls_of(simulator, "confirm") == 1
        assert booking.legs.get().operator_ref.startswith("KOMP-")

    @pytest.mark.parametrize("fault", HAPPENED)
    def test_even_if_nobody_could_be_asked_at_once(
        self, company, simulator, now, heard, fault, monkeypatch
    ):
        booking = paid_at(company, now)
        misbehave(simulator, only=("confirm",), **{fault: 1.0})
        confirm = simulator.company.confirm
        monkeypatch.setattr(
            simulator.company,
            "confirm",
            # The whole system breaks down in the moment of the confirmation.
            lambda *args, **kwargs: broken(simulator, confirm, *args, **kwargs),
        )
        with pytest.raises(OperatorUnavailable):
            confirm_with_operator(booking.pk, now=now)
        assert calls_of(simulator, "confirm") == 1
        booking.refresh_from_db()
        assert booking.state == "paid"
        misbehave(simulator)

        confirm_with_operator(booking.pk, now=now)

        booking.refresh_from_db()
        assert (booking.state, heard.confirmed) == ("confirmed", [booking.reference])
        assert calls_of(simulator, "confirm") == 1

    def test_an_error_before_anything_happened_is_tried_again(self, company, simulator, now, heard):
        booking = paid_at(company, now)
        misbehave(simulator, only=("confirm",), error_rate=1.0)
        with pytest.raises(OperatorUnavailable):
            confirm_with_operator(booking.pk, now=now)
        assert state_at_operator(company, booking) == "held"
        misbehave(simulator)

        confirm_with_operator(booking.pk, now=now)

        assert state_at_operator(company, booking) == "confirmed"
        assert heard.confirmed == [booking.reference]

    @pytest.mark.parametrize("fault", ["error_rate", "garbage", "slow_drip"])
    def test_a_system_that_answers_nothing_is_never_sent_a_confirmation(
        self, company, simulator, now, fault
    ):
        booking = paid_at(company, now)
        misbehave(simulator, **{fault: 1.0})

        with pytest.raises(OperatorUnavailable):
            confirm_with_operator(booking.pk, now=now)

        assert calls_of(simulator, "confirm") == 0
        booking.refresh_from_db()
        assert booking.state == "paid"

    def test_a_refusal_gives_all_money_back(self, company, simulator, now, heard):
        booking = paid_at(company, now)
        misbehave(simulator, refuse_confirm=True)

        confirm_with_operator(booking.pk, now=now)

        booking.refresh_from_db()
        assert booking.state == "cancelled_by_operator"
        assert heard.cancelled == [(booking.reference, booking.paid, "operator_refused")]

    def test_sold_out_after_the_hold_ended_gives_all_money_back(
        self, company, simulator, now, heard
    ):
        booking = paid_at(company, now)
        books, reference = simulator.company._books, f"{booking.reference}-1"
        books.write(replace(books.find(reference), until=0.0))
        misbehave(simulator, sold_out=True)

        confirm_with_operator(booking.pk, now=now)

        booking.refresh_from_db()
        assert booking.state == "cancelled_by_operator"
        assert heard.cancelled == [(booking.reference, booking.paid, "operator_refused")]
        assert books.find(reference).state == "held"


class TestCancel:
    @pytest.fixture
    def cancelled(self, company, simulator, now):
        """Return a booking that is cancelled here and confirmed at its operator."""
        booking = paid_at(company, now)
        confirm_with_operator(booking.pk, now=now)
        cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)
        return booking

    @pytest.mark.parametrize("fault", HAPPENED)
    def test_a_cancellation_that_happened_is_found_by_its_reference(
        self, company, simulator, cancelled, fault
    ):
        misbehave(simulator, only=("cancel",), **{fault: 1.0})

        cancel_with_operator(cancelled.pk)
        cancel_with_operator(cancelled.pk)

        assert cancelled.legs.get().operator_state == "cancelled"
        assert calls_of(simulator, "cancel") == 1

    def test_an_error_before_anything_happened_is_tried_again(self, company, simulator, cancelled):
        misbehave(simulator, only=("cancel",), error_rate=1.0)
        with pytest.raises(OperatorUnavailable):
            cancel_with_operator(cancelled.pk)
        assert cancelled.legs.get().operator_state == "confirmed"
        misbehave(simulator)

        cancel_with_operator(cancelled.pk)

        assert cancelled.legs.get().operator_state == "cancelled"
        assert state_at_operator(company, cancelled) == "cancelled"

    @pytest.mark.parametrize("fault", ["error_rate", "garbage", "slow_drip"])
    def test_a_system_that_answers_nothing_is_asked_later(
        self, company, simulator, cancelled, fault
    ):
        misbehave(simulator, **{fault: 1.0})
        with pytest.raises(OperatorUnavailable):
            cancel_with_operator(cancelled.pk)
        assert calls_of(simulator, "cancel") == 0
        misbehave(simulator)

        cancel_with_operator(cancelled.pk)

        assert cancelled.legs.get().operator_state == "cancelled"

    def test_sold_out_is_no_hindrance(self, company, simulator, cancelled):
        misbehave(simulator, sold_out=True, sold_out_between=1.0)

        cancel_with_operator(cancelled.pk)

        assert state_at_operator(company, cancelled) == "cancelled"

    def test_a_refusal_is_not_taken_for_a_cancellation(self, company, cancelled):
        reference = f"{cancelled.reference}-1"
        known = {"reference": reference, "state": "confirmed", "operator_reference": "KOMP-1"}
        with ScriptedServer() as stubborn:
            stubborn.answers = [
                says(known),
                says({"code": "too_late", "message": "No."}, status=409),
            ]
            company.base_url = stubborn.url
            company.save()

            with pytest.raises(OperatorRefused):
                cancel_with_operator(cancelled.pk)

        assert cancelled.legs.get().operator_state == "confirmed"

    def test_one_operator_in_trouble_keeps_no_other_from_being_told(self, company, simulator, now):
        other = saved_company(simulator.url, code="OTHER")
        offers = crossing(company), crossing(other, days=31)
        booking = hold_booking(wanted(*offers), now=now)
        expire_holds(now=now + timedelta(minutes=20))
        company.base_url = "http://127.0.0.1:9"
        company.save()

        with pytest.raises(OperatorUnavailable):
            cancel_with_operator(booking.pk)

        states = [leg.operator_state for leg in booking.legs.order_by("position")]
        assert states == ["held", "cancelled"]
        assert state_at_operator(other, booking, leg=2) == "cancelled"


def test_the_breaker_does_not_count_refusals(company, simulator, now):
    booking = paid_at(company, now)
    misbehave(simulator, refuse_confirm=True)

    confirm_with_operator(booking.pk, now=now)

    assert breaker.states(["KOMP"])["KOMP"] == breaker.State("closed")
    assert Job.objects.filter(task="bookings.cancel_booking_with_operator").count() == 1


def broken(simulator, confirm, *args, **kwargs):
    """Confirm, and let the answer get lost and every later question fail."""
    answer = confirm(*args, **kwargs)
    faults = {name: getattr(simulator.controls.settings, name) for name in HAPPENED}
    misbehave(simulator, error_rate=1.0, **faults)
    return answer
