"""Writes a cancellation that was worked out: lines, fees, legs, tickets, and last the space."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, Sum

from bookings import states
from bookings.labels import kept_label
from bookings.models import Booking, JourneyLeg, OrderItem, Ticket
from bookings.operations.cancel_quote import Cancellation, CancellationLine
from bookings.operations.cancel_rest import foot_needs
from bookings.operations.cancel_selection import LegPart
from ferries import exchange
from ferries.inventory import Need
from maritime.lib.money import format_minor

LABEL_LENGTH = 150
RULE_LENGTH = 60
REASON_LENGTH = 200


def write_lines(booking: Booking, found: Cancellation, *, now: datetime) -> None:
    """Cancel the chosen lines, add a fee for what is kept of each item, and set the new total.

    The total is not saved yet. An unpaid booking keeps its total, by which money that arrives
    after all is known as its own.
    """
    chosen = [line.pk for part in found.chosen.parts for line in part.lines]
    booking.items.filter(pk__in=chosen).update(cancelled_at=now)
    if booking.state in states.UNPAID:
        return
    OrderItem.objects.bulk_create(
        OrderItem(booking=booking, leg=part.leg, **values)
        for part in found.chosen.parts
        for values in _kept(part, found.lines)
    )
    live = booking.items.filter(cancelled_at=None)
    booking.total = live.aggregate(sum=Sum("amount"))["sum"] or 0


def write_tickets(found: Cancellation, *, now: datetime) -> None:
    """Void the tickets of the chosen travellers and vehicles on the chosen legs."""
    for part in found.chosen.parts:
        tickets = Ticket.objects.filter(leg=part.leg, voided_at=None)
        if not part.is_whole:
            tickets = tickets.filter(
                Q(passenger__position__in=_numbers("p", part.items))
                | Q(vehicle__position__in=_numbers("v", part.items))
            )
        tickets.update(voided_at=now)


def write_legs(found: Cancellation) -> None:
    """Mark our own legs of which nothing is left; a remote one is marked when its operator knows."""
    whole = [part.leg.pk for part in found.chosen.parts if part.is_whole and part.leg.is_local]
    JourneyLeg.objects.filter(pk__in=whole).update(
        operator_state=JourneyLeg.OperatorState.CANCELLED
    )


def give_space_back(booking: Booking, found: Cancellation, *, now: datetime) -> None:
    """Release the claims of the chosen items, and take places on foot for those who need them.

    One count over all pools, so it is the last statement of the transaction. Raises CapacityTaken
    when the places on foot have just gone.
    """
    give_up = [pk for part in found.chosen.parts for pk in _claims(booking, part)]
    needs: list[Need] = []
    for part in found.chosen.parts:
        needs += foot_needs(part.after, group=booking.group, now=now)
    if give_up or needs:
        exchange.exchange(booking.public_id, give_up=give_up, needs=needs, now=now)


def reason_of(booking: Booking, found: Cancellation, reason: str) -> str:
    """Return the reason as the event keeps it: who or what is cancelled, and the sums."""
    what = "; ".join(
        f"crossing {part.leg.position + 1}" + ("" if part.is_whole else f" {' '.join(part.items)}")
        for part in found.chosen.parts
    )
    sums = {"refund": found.to_card, "voucher": found.voucher, "charge": found.charge}
    told = ", ".join(
        f"{name} {format_minor(amount, booking.currency)}"
        for name, amount in sums.items()
        if amount
    )
    ending = f": {what}{f' ({told})' if told else ''}"[: REASON_LENGTH // 2]
    return reason[: REASON_LENGTH - len(ending)] + ending


def _kept(part: LegPart, lines: Iterable[CancellationLine]) -> Iterable[dict[str, object]]:
    """Return the new lines of a leg: the fee on each item, and the fare of a driver who stays."""
    number = part.leg.position + 1
    own = [line for line in lines if line.leg == number]
    for item in part.items:
        charged = [line for line in own if line.item == item and not _is_new_fare(line)]
        fee = sum(line.charge for line in charged)
        if fee:
            told = max(charged, key=lambda line: line.charge)
            yield {
                "item": item,
                "kind": "fee",
                "label": kept_label(told.label, told.sentence)[:LABEL_LENGTH],
                "amount": fee,
                "rule": f"cancel:{told.rule}"[:RULE_LENGTH],
            }
    for line in own:
        if _is_new_fare(line):
            yield {
                "item": line.item,
                "kind": line.kind,
                "label": line.label,
                "amount": line.charge,
                "rule": line.rule,
            }


def _is_new_fare(line: CancellationLine) -> bool:
    """Tell a fare that begins with this cancellation from what is kept of one that ends."""
    return line.base == 0 and line.charge > 0


def _claims(booking: Booking, part: LegPart) -> list[int]:
    if part.leg.sailing_id is None:
        return []
    claims = exchange.claims_of(
        booking.public_id, sailing_id=part.leg.sailing_id, sectors=part.leg.sectors
    )
    if part.is_whole:
        return [claim.pk for claim in claims]
    return [claim.pk for claim in claims if claim.item in part.items]


def _numbers(prefix: str, items: Iterable[str]) -> list[int]:
    return [int(item[1:]) for item in items if item.startswith(prefix)]
