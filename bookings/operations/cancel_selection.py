"""What of a booking is cancelled: a selection of crossings and items, made exact."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bookings import states
from bookings.errors import AlreadyCancelled, AlreadyDeparted, InvalidSelection, NotCancellable
from bookings.models import Booking, JourneyLeg, OrderItem
from bookings.operations import cancel_rest
from bookings.operations.cancel_rest import NOTHING, Consequence

# What belongs to the crossing as a whole: it is cancelled with the last of everything else.
WITH_THE_LAST = ("b", "g")
FEE = "fee"


@dataclass(frozen=True)
class Selection:
    """Numbers of crossings (1, 2 ...) and names of items ("p0", "v0", "a0"); empty: all of them."""

    legs: tuple[int, ...] = ()
    items: tuple[str, ...] = ()


WHOLE = Selection()


@dataclass(frozen=True)
class LegPart:
    """What is chosen of one leg: its live price lines, and the names of its items.

    `after` is what follows for those who stay on it.
    """

    leg: JourneyLeg
    lines: tuple[OrderItem, ...]
    is_whole: bool
    after: Consequence = NOTHING

    @property
    def items(self) -> list[str]:
        """Return the names of the chosen items, each once."""
        return list(dict.fromkeys(line.item for line in self.lines))


@dataclass(frozen=True)
class Chosen:
    """The chosen parts in the order of legs, and the departures from which hours may count.

    `is_all`: nothing that travels or has travelled is left of the booking. `outbound_at` is the
    departure of leg 1, `first_at` the earliest of the booking; both count for every leg.
    """

    parts: tuple[LegPart, ...]
    is_all: bool
    outbound_at: datetime
    first_at: datetime


def choose(booking: Booking, selection: Selection, *, now: datetime) -> Chosen:
    """Return what the selection takes of the booking, which need not be locked.

    All crossings means those that are still to come. An item that is chosen on all crossings is
    cancelled where it still stands. Raises InvalidSelection, AlreadyCancelled, AlreadyDeparted,
    NotCancellable, and RestCannotTravel when the rest may not travel without what is chosen.
    """
    legs = legs_of(booking)
    known = [line for line in booking.items.order_by("pk") if line.kind != FEE]
    live = _by_leg(line for line in known if line.cancelled_at is None)
    is_paid = booking.state not in states.UNPAID
    if is_paid and all(leg.departs_at <= now for leg in legs):
        raise NotCancellable
    chosen_legs = _legs(legs, selection.legs, live, now=now if is_paid else None)
    wanted = _items(selection.items, known, live, chosen_legs)
    parts = tuple(_parts(booking, chosen_legs, live, wanted, now=now))
    if not parts:
        raise AlreadyCancelled
    return _chosen(parts, legs, live)


def choose_everything(booking: Booking, *, after: datetime | None) -> Chosen:
    """Return all that is live on the legs departing after a moment; None: of all legs, fees too.

    For staff: nothing is asked of the rest. Raises NotCancellable when that is nothing.
    """
    legs = legs_of(booking)
    lines = list(booking.items.filter(cancelled_at=None).order_by("pk"))
    live = _by_leg(line for line in lines if after is None or line.kind != FEE)
    parts = tuple(
        LegPart(leg, tuple(live[leg.pk]), is_whole=True)
        for leg in legs
        if live[leg.pk] and (after is None or leg.departs_at > after)
    )
    if not parts:
        raise NotCancellable
    return _chosen(parts, legs, live)


def legs_of(booking: Booking) -> list[JourneyLeg]:
    """Return the booking's legs in order, with operator and sailing; one query."""
    return list(booking.legs.select_related("operator", "sailing").order_by("position"))


def _legs(
    legs: Sequence[JourneyLeg],
    numbers: Sequence[int],
    live: Mapping[int, list[OrderItem]],
    *,
    now: datetime | None,
) -> list[JourneyLeg]:
    """Return the legs that are meant; `now` is None where departures do not matter."""
    if not numbers:
        return [leg for leg in legs if live[leg.pk] and (now is None or leg.departs_at > now)]
    by_number = {leg.position + 1: leg for leg in legs}
    unknown = sorted(set(numbers) - set(by_number))
    if unknown:
        raise InvalidSelection(
            _("This booking has no crossing %(number)d.") % {"number": unknown[0]}
        )
    chosen = [by_number[number] for number in sorted(set(numbers))]
    for leg in chosen:
        if not live[leg.pk]:
            sentence = _("Crossing %(number)d is cancelled already.")
            raise AlreadyCancelled(sentence % {"number": leg.position + 1})
        if now is not None and leg.departs_at <= now:
            raise AlreadyDeparted(leg=leg.position + 1)
    return chosen


def _items(
    wanted: Sequence[str],
    known: Sequence[OrderItem],
    live: Mapping[int, list[OrderItem]],
    legs: Sequence[JourneyLeg],
) -> frozenset[str]:
    """Return the names of the items that are meant, a vehicle with its trailer; none for all."""
    if "t0" in wanted and "v0" not in wanted:
        raise InvalidSelection(_("A trailer is cancelled together with its vehicle only."))
    chosen = {leg.pk for leg in legs}
    of_legs = {line.item for line in known if line.leg_id in chosen}
    standing = {line.item for pk in chosen for line in live[pk]}
    for item in wanted:
        if item not in of_legs or item.startswith("b"):
            sentence = _("There is no %(item)s to cancel on these crossings.")
            raise InvalidSelection(sentence % {"item": item[:10]})
        if item not in standing:
            raise AlreadyCancelled(item=item)
    return frozenset(wanted) | ({"t0"} if "v0" in wanted else frozenset())


def _parts(
    booking: Booking,
    legs: Sequence[JourneyLeg],
    live: Mapping[int, list[OrderItem]],
    wanted: frozenset[str],
    *,
    now: datetime,
) -> Iterable[LegPart]:
    party = cancel_rest.party_of(booking) if wanted else None
    for leg in legs:
        lines = live[leg.pk]
        present = {line.item for line in lines}
        chosen = present & wanted
        rest = {item for item in present - chosen if not item.startswith(WITH_THE_LAST)}
        if party is None or (chosen and not rest):
            yield LegPart(leg, tuple(lines), is_whole=True)
        elif chosen:
            after = cancel_rest.check(
                leg, booking, party, chosen=chosen, rest=rest, lines=lines, now=now
            )
            mine = tuple(line for line in lines if line.item in chosen)
            yield LegPart(leg, mine, is_whole=False, after=after)


def _chosen(
    parts: tuple[LegPart, ...], legs: Sequence[JourneyLeg], live: Mapping[int, list[OrderItem]]
) -> Chosen:
    first_at = min(leg.departs_at for leg in legs)
    return Chosen(parts, _is_all(live, parts), legs[0].departs_at, first_at)


def _is_all(live: Mapping[int, list[OrderItem]], parts: Sequence[LegPart]) -> bool:
    taken = {line.pk for part in parts for line in part.lines}
    return all(line.pk in taken for lines in live.values() for line in lines)


def _by_leg(lines: Iterable[OrderItem]) -> dict[int, list[OrderItem]]:
    found: dict[int, list[OrderItem]] = defaultdict(list)
    for line in lines:
        found[line.leg_id].append(line)
    return found
