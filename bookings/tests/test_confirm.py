from datetime import timedelta

import pytest

from bookings.errors import HoldExpired, WrongAmount, WrongState
from bookings.models import Ticket
from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import (
    begin_payment,
    confirm_with_operator,
    confirmation_failed,
    mark_paid,
)
from bookings.operations.expire import expire_holds
from bookings.tasks import confirm_booking_with_operator
from bookings.tests.makers import CAR, confirmed, events, held, paid, people, used
from ferries.models import CapacityClaim
from ferries.tests import makers
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def claim_states(booking):
    return set(
        CapacityClaim.objects.filter(holder=booking.public_id).values_list("state", flat=True)
    )


def test_payment_extends_the_hold_once(now):
    booking = held(now=now)

    begin_payment(booking.pk, now=now + 10 * MINUTE)
    again = begin_payment(booking.pk, now=now + 12 * MINUTE)

    assert (again.state, again.expires_at) == ("payment_pending", now + 25 * MINUTE)
    claim = CapacityClaim.objects.get(holder=booking.public_id)
    assert claim.expires_at == now + 25 * MINUTE


def test_payment_cannot_begin_after_the_hold(now):
    booking = held(now=now)

    with pytest.raises(HoldExpired):
        begin_payment(booking.pk, now=now + 15 * MINUTE)

    booking.refresh_from_db()
    assert (booking.state, booking.version) == ("held", 1)


def test_payment_cannot_begin_twice_for_a_paid_booking(now):
    booking = paid(now=now)

    with pytest.raises(WrongState):
        begin_payment(booking.pk, now=now)


def test_money_makes_the_claims_firm_and_asks_the_operator(now):
    sailing = makers.sailing()

    booking = paid(sailing, now=now)

    assert (booking.state, booking.paid, booking.expires_at) == ("paid", 1000, None)
    assert claim_states(booking) == {"confirmed"}
    job = Job.objects.get(task="bookings.confirm_booking_with_operator")
    assert (job.key, job.arguments) == (f"confirm:{booking.pk}", {"booking_id": booking.pk})


def test_money_counts_once(now):
    booking = paid(now=now)

    assert mark_paid(booking.pk, amount=1000, now=now) == "already"

    booking.refresh_from_db()
    assert (booking.paid, Job.objects.count()) == (1000, 1)


def test_the_wrong_amount_does_not_pay(now):
    booking = held(now=now)

    with pytest.raises(WrongAmount):
        mark_paid(booking.pk, amount=999, now=now)

    booking.refresh_from_db()
    assert (booking.state, booking.paid, claim_states(booking)) == ("held", 0, {"held"})


def test_late_money_is_good_while_the_space_is_there(now):
    sailing = makers.sailing(persons=1)
    booking = held(sailing, now=now)
    expire_holds(now=now + 16 * MINUTE)

    assert mark_paid(booking.pk, amount=1000, now=now + 17 * MINUTE) == "paid"

    booking.refresh_from_db()
    assert (booking.state, used(sailing)) == ("paid", 1)
    assert events(booking) == [
        ("", "held", "customer"),
        ("held", "expired", "system"),
        ("expired", "paid", "system"),
    ]


def test_late_money_goes_back_when_the_space_is_sold(now):
    sailing = makers.sailing(persons=1)
    late = held(sailing, now=now - 20 * MINUTE)
    held(sailing, now=now)

    assert mark_paid(late.pk, amount=1000, now=now) == "no_space"

    late.refresh_from_db()
    assert (late.state, late.paid, used(sailing)) == ("expired", 0, 1)
    assert Job.objects.count() == 0


def test_late_money_goes_back_when_the_ship_has_left(now):
    sailing = makers.sailing()
    booking = held(sailing, now=now)
    expire_holds(now=now + 16 * MINUTE)

    assert mark_paid(booking.pk, amount=1000, now=sailing.departs_at) == "no_space"

    assert used(sailing) == 0


def test_money_for_a_cancelled_booking_goes_back(now):
    booking = held(now=now)
    cancel_in_full(booking.pk, actor="staff:1", reason="asked by phone", now=now)

    assert mark_paid(booking.pk, amount=1000, now=now) == "no_space"

    booking.refresh_from_db()
    assert (booking.state, booking.paid) == ("cancelled", 0)


def test_a_journey_that_costs_nothing_is_paid_with_nothing(now):
    ports = makers.port("AAA"), makers.port("BBB")
    makers.tariff(makers.route(makers.operator(), *ports), adult=0)

    booking = held(makers.sailing(), now=now)
    begin_payment(booking.pk, now=now)

    assert mark_paid(booking.pk, amount=0, now=now) == "paid"


def test_confirmation_issues_a_ticket_for_each_person_and_vehicle_on_each_leg(now):
    ports = makers.port("BBB"), makers.port("AAA")
    out = makers.sailing()
    home = makers.sailing(*ports, departs_at=out.departs_at + timedelta(hours=5))

    booking = confirmed(out, home, now=now, travellers=people(2), vehicles=[CAR])

    tickets = Ticket.objects.filter(leg__booking=booking, voided_at=None)
    assert tickets.filter(passenger__isnull=False).count() == 4
    assert tickets.filter(vehicle__isnull=False).count() == 2
    assert [leg.operator_state for leg in booking.legs.all()] == ["confirmed"] * 2
    assert [leg.operator_ref for leg in booking.legs.order_by("position")] == [
        f"{booking.reference}-1",
        f"{booking.reference}-2",
    ]


def test_confirming_twice_is_confirming_once(now):
    booking = confirmed(now=now)

    confirm_with_operator(booking.pk, now=now)

    booking.refresh_from_db()
    assert Ticket.objects.count() == 1
    assert [to for _, to, _ in events(booking)] == [
        "held", "payment_pending", "paid", "confirmed",
    ]  # fmt: skip


def test_the_job_confirms_and_is_done(now):
    booking = paid(now=now)
    job = Job.objects.get(key=f"confirm:{booking.pk}")

    confirm_booking_with_operator.apply(kwargs=job.arguments, headers={"job_id": job.pk})

    booking.refresh_from_db()
    job.refresh_from_db()
    assert (booking.state, job.state) == ("confirmed", "done")


def test_a_refusal_gives_space_and_money_back(now, heard):
    sailing = makers.sailing()
    booking = paid(sailing, now=now)

    confirmation_failed(booking.pk, leg_id=booking.legs.get().pk, now=now)
    confirmation_failed(booking.pk, leg_id=booking.legs.get().pk, now=now)

    booking.refresh_from_db()
    assert (booking.state, used(sailing)) == ("cancelled_by_operator", 0)
    assert heard.cancelled == [(booking.reference, 1000, "operator_refused")]
    assert events(booking)[-1] == ("paid", "cancelled_by_operator", "system")
    assert Ticket.objects.count() == 0
