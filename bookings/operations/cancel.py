"""Cancel bookings: what it costs, the customer's button, the staff's two, and the operator."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction

from bookings import queries, signals, states
from bookings.errors import NotCancellable, QuoteOutdated, WrongState
from bookings.models import Booking, JourneyLeg, OrderItem, Ticket
from ferries import conditions, inventory
from ferries.conditions import Band, Charge
from ferries.models import Operator
from ferries.operators import calls

QUOTE_LIFE = timedelta(minutes=10)
SALT = "cancellation-quote"
State = Booking.State
OperatorState = JourneyLeg.OperatorState
ENDED = frozenset({State.CANCELLED, State.CANCELLED_BY_OPERATOR, State.EXPIRED})
CANCELLABLE = frozenset(state for state, moves in states.MOVES.items() if State.CANCELLED in moves)


@dataclass(frozen=True)
class CancellationLine:
    """What one item's cancellation costs: rule, whole hours left, minor units and the reason."""

    leg: int
    item: str
    label: str
    rule: str
    hours: int
    base: int
    charge: int
    refund: int
    sentence: str


@dataclass(frozen=True)
class CancellationQuote:
    """What cancelling costs until `expires_at`; the token commits to exactly these sums."""

    token: str
    refund: int
    charge: int
    currency: str
    lines: tuple[CancellationLine, ...]
    expires_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the form that the API shows."""
        return {
            **asdict(self),
            "lines": [asdict(line) for line in self.lines],
            "expires_at": self.expires_at.isoformat().replace("+00:00", "Z"),
        }


def quote_cancellation(booking: Booking, *, now: datetime) -> CancellationQuote:
    """Say what cancelling the booking costs now, item by item; writes nothing.

    The quote holds for 10 minutes, or until the next band of the conditions begins if that is
    sooner, so a promised sum never changes before `expires_at`. Raises WrongState, NotCancellable.
    """
    if booking.state_at(now) not in CANCELLABLE:
        raise WrongState(state=booking.state_at(now))
    legs = list(booking.legs.all())
    is_paid = booking.state not in states.UNPAID
    if is_paid and all(leg.departs_at <= now for leg in legs):
        raise NotCancellable
    lines = tuple(_lines(booking, legs, now) if is_paid else _free_lines(booking))
    expires_at = min([now + QUOTE_LIFE, *_changes(legs, now)])
    refund, charge = sum(line.refund for line in lines), sum(line.charge for line in lines)
    token = signing.dumps(
        {
            "reference": booking.reference,
            "version": booking.version,
            "sums": [refund, charge, booking.currency],
            "expires": expires_at.timestamp(),
        },
        salt=SALT,
        compress=True,
    )
    return CancellationQuote(token, refund, charge, booking.currency, lines, expires_at)


def cancel_booking(booking_id: int, *, token: str, actor: str, now: datetime) -> Booking:
    """Cancel on the terms of a quote, in one transaction, and return the booking.

    Locks the booking, then its claims. Releases the claims, voids the tickets and sends
    booking_cancelled with the refund due. A repeated call with a token of ours for a booking that
    is cancelled already returns it. Raises QuoteOutdated, WrongState, NotCancellable.
    """
    promised = _read(token)
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state == State.CANCELLED and promised.get("reference") == booking.reference:
            return booking
        quote = quote_cancellation(booking, now=now)
        if not _still_true(promised, booking, quote, now):
            raise QuoteOutdated(quote.as_dict())
        release_booking(
            booking, State.CANCELLED, refund=quote.refund, actor=actor, reason="customer", now=now
        )
        return booking


def cancel_by_conditions(booking_id: int, *, actor: str, reason: str, now: datetime) -> Booking:
    """Cancel for the customer on the terms of the conditions, whatever they say now.

    The same locks and signal as `cancel_booking`. Raises WrongState, NotCancellable.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        refund = quote_cancellation(booking, now=now).refund
        release_booking(
            booking, State.CANCELLED, refund=refund, actor=actor, reason=reason, now=now
        )
        return booking


def cancel_in_full(booking_id: int, *, actor: str, reason: str, now: datetime) -> Booking:
    """Cancel and give back everything that is still ours to give, even after departure.

    The same locks and signal as `cancel_booking`. Raises WrongState.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        if booking.state_at(now) not in CANCELLABLE:
            raise WrongState(state=booking.state_at(now))
        release_booking(
            booking,
            State.CANCELLED,
            refund=booking.paid - booking.refunded,
            actor=actor,
            reason=reason,
            now=now,
        )
        return booking


def release_booking(
    booking: Booking, to: State, *, refund: int, actor: str, reason: str, now: datetime
) -> None:
    """End a locked booking inside the caller's transaction: claims, tickets, items, event, signal.

    Sends booking_cancelled, whose receivers open the refund and tell the operator.
    """
    inventory.release(booking.public_id, now=now)
    Ticket.objects.filter(leg__booking=booking, voided_at=None).update(voided_at=now)
    booking.items.filter(cancelled_at=None).update(cancelled_at=now)
    booking.legs.filter(operator__adapter=Operator.Adapter.LOCAL).update(
        operator_state=OperatorState.CANCELLED
    )
    states.move(booking, to, name="cancelled", actor=actor, reason=reason, now=now)
    signals.booking_cancelled.send(
        sender=Booking, booking=booking, refund_due=refund, reason=reason
    )


def cancel_with_operator(booking_id: int) -> None:
    """Tell the operators of a cancelled or expired booking's remote legs; may run any number of times.

    Talks to operators outside of any transaction. Raises OperatorUnavailable, worth another try.
    """
    booking = queries.booking_with_legs(booking_id)
    if booking.state not in ENDED:
        return
    for leg in booking.legs.all():
        if leg.operator_state in (OperatorState.HELD, OperatorState.CONFIRMED):
            calls.cancel(leg.operator, reference=leg.reference)
            JourneyLeg.objects.filter(pk=leg.pk).update(operator_state=OperatorState.CANCELLED)


def _lines(booking: Booking, legs: list[JourneyLeg], now: datetime) -> Iterable[CancellationLine]:
    by_id = {leg.pk: leg for leg in legs}
    left = booking.paid - booking.refunded
    for item in booking.items.all():
        leg = by_id[item.leg_id]
        bands = [Band(**band) for band in leg.conditions]
        charge = conditions.charge(bands, base=item.amount, departs_at=leg.departs_at, now=now)
        left -= charge.refund
        yield _line(item, leg, charge)
    if left < 0:
        sentence = "Part of your money has already been returned."
        yield CancellationLine(
            0, "", "Already returned", "already_refunded", 0, 0, 0, left, sentence
        )


def _free_lines(booking: Booking) -> Iterable[CancellationLine]:
    free = Charge("not_paid", 0, 0, 0, 0, "Nothing has been paid, so nothing is charged.")
    for item in booking.items.select_related("leg"):
        yield _line(item, item.leg, free)


def _line(item: OrderItem, leg: JourneyLeg, charge: Charge) -> CancellationLine:
    return CancellationLine(
        leg=leg.position + 1,
        item=item.item,
        label=item.label,
        rule=charge.band,
        hours=charge.hours,
        base=charge.base,
        charge=charge.charge,
        refund=charge.refund,
        sentence=charge.sentence,
    )


def _changes(legs: list[JourneyLeg], now: datetime) -> Iterable[datetime]:
    """Return the moments to come at which the conditions charge differently."""
    for leg in legs:
        hours = {0} | {band["from_hours"] for band in leg.conditions}
        moments = (leg.departs_at - timedelta(hours=each) for each in hours)
        yield from (moment for moment in moments if moment > now)


def _read(token: str) -> dict[str, Any]:
    try:
        promised: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return {}
    return promised


def _still_true(
    promised: dict[str, Any], booking: Booking, quote: CancellationQuote, now: datetime
) -> bool:
    if not promised or now >= datetime.fromtimestamp(promised["expires"], UTC):
        return False
    return (promised["reference"], promised["version"], promised["sums"]) == (
        booking.reference,
        booking.version,
        [quote.refund, quote.charge, quote.currency],
    )
