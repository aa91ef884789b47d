"""From the start of payment to tickets: begin_payment, mark_paid, confirm_with_operator."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from bookings import queries, signals, states, tickets
from bookings.errors import HoldExpired, WrongAmount, WrongState
from bookings.models import Booking, JourneyLeg
from bookings.operations import amend
from bookings.operations.await_bank import hold_limit
from bookings.operations.cancel import cancel_with_operator, release_booking
from ferries import inventory, offer_codes
from ferries.errors import CapacityTaken, NotBookable, OperatorRefused
from ferries.operators import calls
from ferries.operators.base import Reservation

State = Booking.State
OperatorState = JourneyLeg.OperatorState

SELLABLE = """
SELECT bool_and(departs_at > %s AND operator_state = %s)
FROM bookings_journeyleg WHERE booking_id = %s
"""
# An operator without a reference of its own leaves the one that it gave before.
RECORD = """
UPDATE bookings_journeyleg leg
SET operator_state = %s, operator_ref = coalesce(nullif(answer.reference, ''), leg.operator_ref)
FROM unnest(%s::bigint[], %s::text[]) AS answer (id, reference) WHERE leg.id = answer.id
"""


def begin_payment(booking_id: int, *, now: datetime) -> Booking:
    """Move a held booking to payment pending and extend its hold, once, to HOLD_MINUTES from now.

    Never beyond the close of check-in of the first crossing, and never shorter than it was. Locks
    the booking, then its claims. Beginning again returns the booking as it is. Raises HoldExpired,
    or WrongState for a booking that is paid or cancelled.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state_at(now) == State.EXPIRED:
            raise HoldExpired
        if booking.state == State.PAYMENT_PENDING:
            return booking
        if booking.state != State.HELD:
            raise WrongState(state=booking.state)
        until = now + timedelta(minutes=settings.HOLD_MINUTES)
        until = min(until, hold_limit(booking) or until)
        booking.expires_at = max(until, booking.expires_at or until)
        states.move(
            booking, State.PAYMENT_PENDING, name="payment_started", actor="customer", now=now
        )
        inventory.extend(booking.public_id, expires_at=booking.expires_at)
        if booking.offer_code:
            offer_codes.extend(booking.public_id, expires_at=booking.expires_at)
        return booking


def mark_paid(booking_id: int, *, amount: int, now: datetime) -> str:
    """Take a captured payment (minor units) inside the caller's transaction.

    Locks the booking, then its claims. Returns "paid" (claims are firm, booking_paid is sent; or
    the outstanding change of a confirmed booking is made, booking_amended is sent), "already"
    (another payment was first) or "no_space" (cancelled, or expired with the space sold or the
    ship gone; or the change ended). After the last two the caller refunds the whole amount, which
    `paid` never counts. Raises WrongAmount when it is not the price.
    """
    return take_money(queries.booking_for_update(booking_id), amount=amount, now=now)


def take_money(booking: Booking, *, amount: int, now: datetime) -> str:
    """Do as `mark_paid` for a booking that the caller has locked already."""
    if booking.state == State.CONFIRMED:
        return amend.take_payment(booking, amount=amount, now=now)
    if booking.state == State.PAID:
        return "already"
    if State.PAID not in states.MOVES[booking.state]:
        return "no_space"
    if amount != booking.total:
        raise WrongAmount(expected=booking.total, received=amount)
    if not _make_firm(booking, now):
        if booking.state != State.EXPIRED:
            inventory.release(booking.public_id, now=now)
            states.move(booking, State.EXPIRED, name="expired", actor="system", now=now)
        return "no_space"
    if booking.offer_code:
        offer_codes.confirm(booking.public_id)
    booking.paid += amount
    booking.expires_at = None
    states.move(booking, State.PAID, name="paid", actor="system", now=now)
    signals.booking_paid.send(sender=Booking, booking=booking)
    return "paid"


def confirm_with_operator(booking_id: int, *, now: datetime) -> None:
    """Ask the operator of each leg, then confirm the booking and issue its tickets.

    Talks to operators outside of the transaction; running it again is harmless. A refusal ends in
    `confirmation_failed`. Sends booking_confirmed. Raises OperatorUnavailable, worth another try.
    """
    booking = queries.booking_with_legs(booking_id)
    if booking.state != State.PAID:
        return
    answers = {}
    for leg in booking.legs.all():
        try:
            answers[leg.pk] = _ask(leg)
        except OperatorRefused:
            confirmation_failed(booking_id, leg_id=leg.pk, now=now)
            return
    if not _confirm(booking_id, answers, now):
        # Cancelled while the operator was asked: what it has just confirmed goes back.
        cancel_with_operator(booking_id)


def confirmation_failed(booking_id: int, *, leg_id: int, now: datetime) -> None:
    """Cancel a paid booking of which the operator refused a leg: all money goes back.

    Locks the booking, then its claims. Sends booking_cancelled with the whole sum.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state != State.PAID:
            return
        booking.legs.filter(pk=leg_id).update(operator_state=OperatorState.REFUSED)
        release_booking(
            booking,
            State.CANCELLED_BY_OPERATOR,
            refund=booking.paid - booking.refunded,
            actor="system",
            reason="operator_refused",
            now=now,
        )


def _make_firm(booking: Booking, now: datetime) -> bool:
    """Make the claims permanent, or tell that the journey cannot be sold any more."""
    with connection.cursor() as cursor:
        cursor.execute(SELLABLE, [now, OperatorState.HELD, booking.pk])
        if cursor.fetchone() != (True,):
            return False
    try:
        inventory.confirm(booking.public_id, now=now)
    except (NotBookable, CapacityTaken):
        return False
    return True


def _ask(leg: JourneyLeg) -> Reservation:
    if leg.operator_state == OperatorState.CANCELLED:
        raise OperatorRefused
    answer = calls.confirm(leg.operator, reference=leg.reference)
    if answer.state != "confirmed":
        raise OperatorRefused
    return answer


def _confirm(booking_id: int, answers: dict[int, Reservation], now: datetime) -> bool:
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state == State.CONFIRMED:
            return True
        if booking.state != State.PAID:
            return False
        _record(answers)
        states.move(booking, State.CONFIRMED, name="confirmed", actor="system", now=now)
        tickets.issue(booking, now=now)
        signals.booking_confirmed.send(sender=Booking, booking=booking)
    return True


def _record(answers: dict[int, Reservation]) -> None:
    """Write what the operators answered for the legs of these primary keys; one query."""
    references = [answer.operator_reference for answer in answers.values()]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [OperatorState.CONFIRMED, list(answers), references])
