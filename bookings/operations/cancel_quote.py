"""What a cancellation costs, line by line, and the token that commits to it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bookings import queries, states
from bookings.errors import AmendmentOutstanding, WrongState
from bookings.labels import RETURNED_LABEL, told_label
from bookings.models import Booking, OrderItem
from bookings.operations.cancel_selection import WHOLE, Chosen, LegPart, Selection, choose
from ferries import conditions
from ferries.condition_words import rule_sentence
from ferries.conditions import Charge, Departures, Line, Terms, terms_from_json

# What rows keep is English; `_told_lines` says it to the reader.
DRIVER_PAYS = _("The driver's place was included with the vehicle and is paid for now.")
RETURNED = _("Part of your money has already been returned.")
NOT_PAID = _("Nothing has been paid, so nothing is charged.")
OWN_SENTENCES = frozenset({DRIVER_PAYS, RETURNED, NOT_PAID})
QUOTE_LIFE = timedelta(minutes=10)
SALT = "cancellation-quote"
VOUCHER = "voucher"
State = Booking.State
CANCELLABLE = frozenset(state for state, moves in states.MOVES.items() if State.CANCELLED in moves)


@dataclass(frozen=True)
class CancellationLine:
    """What one price line's cancellation costs: rule, whole hours left, minor units, the reason.

    `base` is the line's price, `charge` what is kept of it and `refund` what goes back, by
    `medium`: "original" (card or account that paid) or "voucher".
    """

    leg: int
    item: str
    label: str
    rule: str
    hours: int
    base: int
    charge: int
    refund: int
    sentence: str
    medium: str = "original"
    kind: str = ""


@dataclass(frozen=True)
class Cancellation:
    """A cancellation worked out to the last unit, not yet made: what is chosen, and the sums.

    `refund` goes back in all, `voucher` of it as a voucher; `charge` is kept (minor units).
    """

    chosen: Chosen
    lines: tuple[CancellationLine, ...]
    refund: int
    charge: int
    voucher: int = 0

    @property
    def to_card(self) -> int:
        """Return what goes back to the means of payment, in minor units."""
        return self.refund - self.voucher


@dataclass(frozen=True)
class CancellationQuote:
    """What cancelling costs until `expires_at`; the token commits to exactly these sums.

    `refund` is the whole sum; `refund_original` and `refund_voucher` are its two parts.
    `ends_booking`: nothing is left afterwards.
    """

    token: str
    refund: int
    charge: int
    currency: str
    lines: tuple[CancellationLine, ...]
    expires_at: datetime
    selection: Selection = WHOLE
    refund_original: int = 0
    refund_voucher: int = 0
    ends_booking: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the form that the API shows."""
        return {
            **asdict(self),
            "lines": [asdict(line) for line in self.lines],
            "selection": {"legs": list(self.selection.legs), "items": list(self.selection.items)},
            "expires_at": self.expires_at.isoformat().replace("+00:00", "Z"),
        }


def quote_cancellation(
    booking: Booking, *, now: datetime, selection: Selection = WHOLE
) -> CancellationQuote:
    """Say what cancelling the selection costs now, line by line; writes nothing.

    The quote holds for 10 minutes, or until the next band of the conditions begins if that is
    sooner, so a promised sum never changes before `expires_at`. Raises what `work_out` raises.
    """
    return quote_of(booking, work_out(booking, selection, now=now), selection, now=now)


def work_out(booking: Booking, selection: Selection, *, now: datetime) -> Cancellation:
    """Return the cancellation of the selection on the terms of the conditions as they are now.

    A part is cancelled of a confirmed booking only: before, it is a price that may be being paid.
    Raises WrongState, AmendmentOutstanding, and what `cancel_selection.choose` raises.
    """
    state = booking.state_at(now)
    if state not in CANCELLABLE:
        raise WrongState(state=state)
    is_part = selection != WHOLE
    if is_part and state != State.CONFIRMED:
        raise WrongState(
            gettext(
                "A part can be cancelled once the booking is confirmed. Until then, cancel all of "
                "it."
            ),
            state=state,
        )
    if is_part and queries.outstanding_amendment(booking, now=now):
        raise AmendmentOutstanding
    chosen = choose(booking, selection, now=now)
    if booking.state in states.UNPAID:
        return Cancellation(chosen, tuple(_free_lines(chosen)), refund=0, charge=0)
    return _summed(booking, chosen, list(_charged_lines(chosen, now)))


def free_of_charge(booking: Booking, chosen: Chosen, *, rule: str, sentence: str) -> Cancellation:
    """Return the cancellation of what is chosen with all of its price going back."""
    lines = [
        CancellationLine(
            leg=part.leg.position + 1,
            item=line.item,
            label=line.label,
            rule=rule,
            hours=0,
            base=line.amount,
            charge=0,
            refund=line.amount,
            sentence=sentence,
            kind=line.kind,
        )
        for part in chosen.parts
        for line in part.lines
    ]
    return _summed(booking, chosen, lines)


def quote_of(
    booking: Booking, found: Cancellation, selection: Selection, *, now: datetime
) -> CancellationQuote:
    """Return the quote with its token for a cancellation that was just worked out."""
    expires_at = min([now + QUOTE_LIFE, *_changes(found.chosen, now)])
    token = signing.dumps(
        {
            **_promise(booking, found),
            "selection": [list(selection.legs), list(selection.items)],
            "expires": expires_at.timestamp(),
        },
        salt=SALT,
        compress=True,
    )
    return CancellationQuote(
        token=token,
        refund=found.refund,
        charge=found.charge,
        currency=booking.currency,
        lines=tuple(_told_lines(booking, found)),
        expires_at=expires_at,
        selection=selection,
        refund_original=found.to_card,
        refund_voucher=found.voucher,
        ends_booking=found.chosen.is_all,
    )


def _told_lines(booking: Booking, found: Cancellation) -> Iterable[CancellationLine]:
    """Return the lines with label and sentence in the reader's language."""
    terms = {part.leg.position + 1: _terms(part) for part in found.chosen.parts}
    for line in found.lines:
        sentence = rule_sentence(
            line.rule, line.sentence, terms=terms.get(line.leg), currency=booking.currency
        )
        told = gettext(sentence) if sentence in OWN_SENTENCES else sentence
        yield replace(line, label=told_label(line.label), sentence=told)


def read(token: str) -> dict[str, Any]:
    """Return what a token of ours promises, valid still or not; nothing for any other text."""
    try:
        promised: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return {}
    return promised


def selection_in(promised: dict[str, Any], booking: Booking) -> Selection:
    """Return what the token's quote was for; the whole booking if it was for another one."""
    if promised.get("reference") != booking.reference:
        return WHOLE
    legs, items = promised["selection"]
    return Selection(tuple(legs), tuple(items))


def still_true(
    promised: dict[str, Any], booking: Booking, found: Cancellation, *, now: datetime
) -> bool:
    """Tell whether the promise holds: in time, same booking and version, same sums."""
    if not promised or now >= datetime.fromtimestamp(promised["expires"], UTC):
        return False
    return all(promised[name] == value for name, value in _promise(booking, found).items())


def _promise(booking: Booking, found: Cancellation) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "version": booking.version,
        "sums": [found.refund, found.charge, found.voucher, booking.currency],
    }


def _charged_lines(chosen: Chosen, now: datetime) -> Iterable[CancellationLine]:
    lines = [_priced(part, line) for part in chosen.parts for line in part.lines]
    terms = {part.leg.position + 1: _terms(part) for part in chosen.parts}
    departures = {part.leg.position + 1: _departures(part, chosen) for part in chosen.parts}
    charged = conditions.charges(lines, terms=terms, departures=departures, now=now)
    for part in chosen.parts:
        of_leg = [charge for charge in charged if charge.leg == part.leg.position + 1]
        yield from (_line(charge) for charge in of_leg)
        yield from _driver_line(part, of_leg)


def _driver_line(part: LegPart, charged: Sequence[Charge]) -> Iterable[CancellationLine]:
    """Take the fare of a driver who stays off the refund for the vehicle, which paid for him."""
    fare = part.after.driver_fare
    vehicle = [charge for charge in charged if charge.item in ("v0", "t0")]
    kept = min(fare.amount, max(0, sum(charge.refund for charge in vehicle))) if fare else 0
    if fare and kept:
        yield CancellationLine(
            leg=part.leg.position + 1,
            item=fare.item,
            label=fare.label,
            rule=fare.rule,
            hours=vehicle[0].hours,
            base=0,
            charge=kept,
            refund=-kept,
            sentence=DRIVER_PAYS,
            medium=vehicle[0].medium,
            kind="passenger",
        )


def _summed(booking: Booking, chosen: Chosen, lines: list[CancellationLine]) -> Cancellation:
    """Sum up; what staff gave back earlier beyond cancellations is not given again."""
    refund = sum(line.refund for line in lines)
    voucher = sum(line.refund for line in lines if line.medium == VOUCHER)
    # Refunds of earlier cancellations may still be on their way, but the total is without them.
    left = max(0, min(booking.paid - booking.refunded, booking.total))
    if refund > left:
        lines.append(_returned(left - refund))
        refund = left
    charge = sum(line.charge for line in lines)
    return Cancellation(chosen, tuple(lines), refund, charge, max(0, min(voucher, refund)))


def _returned(missing: int) -> CancellationLine:
    return CancellationLine(0, "", RETURNED_LABEL, "already_refunded", 0, 0, 0, missing, RETURNED)


def _free_lines(chosen: Chosen) -> Iterable[CancellationLine]:
    for part in chosen.parts:
        for line in part.lines:
            yield CancellationLine(
                leg=part.leg.position + 1,
                item=line.item,
                label=line.label,
                rule="not_paid",
                hours=0,
                base=0,
                charge=0,
                refund=0,
                sentence=NOT_PAID,
                kind=line.kind,
            )


def _priced(part: LegPart, line: OrderItem) -> Line:
    return Line(part.leg.position + 1, line.item, line.kind, line.label, line.amount)


def _line(charge: Charge) -> CancellationLine:
    return CancellationLine(
        leg=charge.leg,
        item=charge.item,
        label=charge.label,
        rule=charge.band,
        hours=charge.hours,
        base=charge.base,
        charge=charge.charge,
        refund=charge.refund,
        sentence=charge.sentence,
        medium=charge.medium,
        kind=charge.kind,
    )


def _terms(part: LegPart) -> Terms:
    return terms_from_json(part.leg.conditions or [])


def _departures(part: LegPart, chosen: Chosen) -> Departures:
    return Departures(
        own=part.leg.departs_at,
        first=chosen.first_at,
        outbound=chosen.outbound_at,
        sold=part.leg.sold_departs_at,
    )


def _changes(chosen: Chosen, now: datetime) -> Iterable[datetime]:
    """Return the moments to come at which the conditions charge differently."""
    for part in chosen.parts:
        moment = conditions.next_change(_terms(part), _departures(part, chosen), now)
        if moment is not None:
            yield moment
