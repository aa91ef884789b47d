"""Cancel bookings and parts of them: the customer's button, the staff's two, and the operator.

What it costs is `cancel_quote`, what of the booking is meant `cancel_selection`.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bookings import queries, signals, states
from bookings.errors import QuoteOutdated, RestCannotTravel, WrongState
from bookings.models import Booking, JourneyLeg, OrderItem, Ticket
from bookings.operations import cancel_commit
from bookings.operations.cancel_overrule import Overrule, work_out_in_full
from bookings.operations.cancel_quote import (
    CANCELLABLE,
    Cancellation,
    CancellationQuote,
    quote_cancellation,
    quote_of,
    read,
    selection_in,
    still_true,
    work_out,
)
from bookings.operations.cancel_selection import FEE, WHOLE, Selection
from ferries import inventory, offer_codes
from ferries.errors import CapacityTaken, OperatorRefused, OperatorUnavailable
from ferries.models import Operator
from ferries.operators import calls
from maritime.ops import idempotency as requests

__all__ = (
    "CANCELLABLE", "WHOLE", "CancellationQuote", "Overrule", "Selection", "cancel_booking",
    "cancel_by_conditions", "cancel_in_full", "cancel_with_operator", "quote_cancellation",
    "release_booking",
)  # fmt: skip
SCOPE = "cancel"
State = Booking.State
OperatorState = JourneyLeg.OperatorState
ENDED = frozenset({State.CANCELLED, State.CANCELLED_BY_OPERATOR, State.EXPIRED})


def cancel_booking(
    booking_id: int,
    *,
    token: str,
    expected_refund: int,
    expected_charge: int,
    actor: str,
    now: datetime,
) -> Booking:
    """Cancel what a quote was for, on its terms, in one transaction, and return the booking.

    The sums (minor units) are what the customer agreed to. Locks the booking, then its claims.
    Releases the claims, voids the tickets, writes what is kept as fees and sends items_cancelled,
    or booking_cancelled when nothing is left, with the refund due. Repeating a request that has
    done its work returns the booking. Raises QuoteOutdated with a fresh quote if anything is
    another than promised, with nothing done; and what `quote_cancellation` raises.
    """
    promised = read(token)
    key = hashlib.sha256(token.encode()).hexdigest()
    with _places_on_foot(), transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        is_ours = promised.get("reference") == booking.reference
        if is_ours and (booking.state == State.CANCELLED or _done(key)):
            return booking
        selection = selection_in(promised, booking)
        found = work_out(booking, selection, now=now)
        agreed = (expected_refund, expected_charge) == (found.refund, found.charge)
        if not agreed or not still_true(promised, booking, found, now=now):
            raise QuoteOutdated(quote_of(booking, found, selection, now=now).as_dict())
        requests.remember(SCOPE, key, key, booking.reference)
        _make(booking, found, actor=actor, reason="customer", now=now)
        return booking


def cancel_by_conditions(
    booking_id: int, *, actor: str, reason: str, now: datetime, selection: Selection = WHOLE
) -> Booking:
    """Cancel for the customer on the terms of the conditions, whatever they say now.

    The same locks, signals and errors as `cancel_booking`, but for the quote.
    """
    with _places_on_foot(), transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        found = work_out(booking, selection, now=now)
        _make(booking, found, actor=actor, reason=reason, now=now)
        return booking


def cancel_in_full(
    booking_id: int,
    *,
    actor: str,
    reason: str,
    now: datetime,
    overrule: str = Overrule.OPERATOR_CANCELLED,
) -> Booking:
    """Cancel all that is not used, or everything, with its whole price, under an overrule code.

    `cancel_overrule` says which code gives what. Code and reason stand in the event. The same
    locks and signals as `cancel_booking`. Raises WrongState, InvalidOverrule, NotCancellable.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state_at(now) not in CANCELLABLE:
            raise WrongState(state=booking.state_at(now))
        found = work_out_in_full(booking, overrule=overrule, now=now)
        _make(booking, found, actor=actor, reason=reason, now=now, overrule=overrule)
        return booking


def release_booking(
    booking: Booking, to: State, *, refund: int, actor: str, reason: str, now: datetime
) -> None:
    """End a locked booking inside the caller's transaction and keep nothing of its price.

    Sends booking_cancelled, whose receivers open the refund and tell the operator.
    """
    booking.items.filter(cancelled_at=None).update(cancelled_at=now)
    if booking.state not in states.UNPAID:
        booking.total = 0
    _end(booking, to, actor=actor, note=reason, now=now)
    signals.booking_cancelled.send(
        sender=Booking, booking=booking, refund_due=refund, voucher_due=0, reason=reason
    )


def cancel_with_operator(booking_id: int) -> None:
    """Tell the operators of remote legs that ended; may run any number of times.

    A leg has ended with its booking, or when nothing of it is left. Talks to operators outside of
    any transaction. One that does not answer, or says no, keeps no other from being told; then
    raises its OperatorUnavailable, worth another try, or OperatorRefused.
    """
    failures: list[OperatorUnavailable | OperatorRefused] = []
    booking = queries.booking_with_legs(booking_id)
    standing = _standing(booking) if booking.state not in ENDED else frozenset()
    for leg in booking.legs.all():
        is_known = leg.operator_state in (OperatorState.HELD, OperatorState.CONFIRMED)
        if is_known and leg.pk not in standing:
            try:
                calls.cancel(leg.operator, reference=leg.reference)
            except (OperatorUnavailable, OperatorRefused) as error:
                failures.append(error)
                continue
            JourneyLeg.objects.filter(pk=leg.pk).update(operator_state=OperatorState.CANCELLED)
    if failures:
        # One that is worth another try first: a clear no would end the job.
        raise min(failures, key=lambda error: error.permanent)


def _make(
    booking: Booking,
    found: Cancellation,
    *,
    actor: str,
    reason: str,
    now: datetime,
    overrule: str = "",
) -> None:
    """Write the cancellation and announce it, inside the caller's transaction."""
    note = cancel_commit.reason_of(booking, found, f"{overrule}: {reason}" if overrule else reason)
    due = {"refund_due": found.to_card, "voucher_due": found.voucher, "reason": reason}
    cancel_commit.write_lines(booking, found, now=now)
    if found.chosen.is_all:
        _end(booking, State.CANCELLED, actor=actor, note=note, now=now)
        signals.booking_cancelled.send(sender=Booking, booking=booking, **due)
        return
    cancel_commit.write_tickets(found, now=now)
    cancel_commit.write_legs(found)
    event = states.note(booking, name="items_cancelled", actor=actor, reason=note, now=now)
    legs = tuple(part.leg.pk for part in found.chosen.parts)
    signals.items_cancelled.send(sender=Booking, booking=booking, event=event, legs=legs, **due)
    cancel_commit.give_space_back(booking, found, now=now)


def _end(booking: Booking, to: State, *, actor: str, note: str, now: datetime) -> None:
    """End a locked booking: claims, tickets, our legs, event."""
    inventory.release(booking.public_id, now=now)
    if booking.offer_code:
        offer_codes.release(booking.public_id, now=now)
    Ticket.objects.filter(leg__booking=booking, voided_at=None).update(voided_at=now)
    booking.legs.filter(operator__adapter=Operator.Adapter.LOCAL).update(
        operator_state=OperatorState.CANCELLED
    )
    booking.save(update_fields=["total"])
    states.move(booking, to, name="cancelled", actor=actor, reason=note, now=now)


def _done(key: str) -> bool:
    return requests.earlier_result(SCOPE, key, key) is not None


def _standing(booking: Booking) -> frozenset[int]:
    """Return the keys of the legs of which something is left, or nothing was ever cancelled."""
    items = OrderItem.objects.filter(booking=booking).exclude(kind=FEE)
    rows = items.values_list("leg_id", "cancelled_at")
    live = {leg for leg, cancelled_at in rows if cancelled_at is None}
    gone = {leg for leg, cancelled_at in rows if cancelled_at is not None}
    return frozenset(leg.pk for leg in booking.legs.all() if leg.pk in live or leg.pk not in gone)


@contextmanager
def _places_on_foot() -> Iterator[None]:
    """Say in a traveller's words that places on foot went between the quote and now."""
    try:
        yield
    except CapacityTaken as error:
        raise RestCannotTravel(
            _(
                "Without the vehicle you would be foot passengers, and somebody else has just taken "
                "those places. Keep the vehicle, or cancel the whole crossing."
            )
        ) from error
