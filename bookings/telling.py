"""How a booking is told to its traveller: what happened and what is next, its price, its party."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from bookings.models import Booking, BookingEvent, JourneyLeg, OrderItem, Vehicle
from bookings.states import UNPAID
from ferries.vehicle_aids import KIND_CHOICES

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

SENTENCES: dict[str, "Promise"] = {
    "held": gettext_lazy("Places held for you"),
    "payment_started": gettext_lazy("Payment started"),
    "paid": gettext_lazy("Paid"),
    "bank_awaited": gettext_lazy("Your bank works on the payment; your places stay held"),
    "bank_refused": gettext_lazy("Your bank did not make the payment"),
    "confirmed": gettext_lazy("Confirmed by the ferry company, tickets issued"),
    "amendment_requested": gettext_lazy("A change was asked for and waits for payment"),
    "amendment_bank_awaited": gettext_lazy("Your bank works on the payment of the change"),
    "amendment_bank_refused": gettext_lazy("Your bank did not pay the change"),
    "amended": gettext_lazy("Changed, new tickets issued"),
    "amendment_expired": gettext_lazy(
        "The change was not paid in time; the booking stays as it was"
    ),
    "amendment_withdrawn": gettext_lazy("The change was withdrawn; the booking stays as it was"),
    "vessel_changed": gettext_lazy("The ferry company sends another ship"),
    "times_changed": gettext_lazy("The ferry company has changed the times of a crossing"),
    "expired": gettext_lazy("The time to pay ended and the places went back on sale"),
}
PARTLY_CANCELLED_BY = {"customer": gettext_lazy("Partly cancelled by you")}
CANCELLED_BY = {
    "customer": gettext_lazy("Cancelled by you"),
    "system": gettext_lazy("Cancelled because of the ferry company"),
}
CATEGORIES: dict[str, "Promise"] = {
    "adult": pgettext_lazy("traveller", "adult"),
    "child": pgettext_lazy("traveller", "child"),
    "infant": pgettext_lazy("traveller", "infant"),
}
PET_PLACES: dict[str, "Promise"] = {
    "kennel": gettext_lazy("in a kennel"),
    "cabin": gettext_lazy("in the cabin"),
    "vehicle": gettext_lazy("in the vehicle"),
    "deck": gettext_lazy("on deck"),
}


@dataclass(frozen=True)
class Moment:
    """One thing that happened, or will if nothing changes; `key` ties news of other floors to it."""

    at: datetime
    text: str
    is_next: bool = False
    key: str = ""


@dataclass(frozen=True)
class PriceLine:
    """Lines of one crossing that read the same, as one; minor units."""

    label: str
    amount: int
    is_cancelled: bool


@dataclass(frozen=True)
class CrossingPrice:
    """A crossing with its price lines, those that still stand first."""

    leg: JourneyLeg
    lines: list[PriceLine]


def past_moments(events: Iterable[BookingEvent]) -> Iterator[Moment]:
    """Tell of each event; staff are not named."""
    for event in events:
        yield Moment(event.at, event_text(event), key=f"event:{event.pk}")


def next_moments(booking: Booking, *, now: datetime) -> Iterator[Moment]:
    """Tell until when to pay, and when each crossing that still stands will depart."""
    state = booking.state_at(now)
    if state in UNPAID and booking.expires_at:
        yield Moment(booking.expires_at, _("Pay by then, or the places go back"), is_next=True)
    if state not in (Booking.State.PAID, Booking.State.CONFIRMED):
        return
    standing = {item.leg_id for item in standing_items(booking)}
    for leg in booking.legs.all():
        if leg.departs_at > now and leg.pk in standing:
            text = _("Departure from %(port)s") % {"port": leg.origin_name}
            yield Moment(leg.departs_at, text, is_next=True)


def event_text(event: BookingEvent) -> str:
    """Write one event as a traveller reads it."""
    if event.name == "cancelled":
        return str(CANCELLED_BY.get(event.actor, _("Cancelled by our staff")))
    if event.name == "items_cancelled":
        return str(PARTLY_CANCELLED_BY.get(event.actor, _("Partly cancelled by our staff")))
    return str(SENTENCES.get(event.name, event.name.replace("_", " ").capitalize()))


def standing_items(booking: Booking) -> list[OrderItem]:
    """Return the price lines that are neither cancelled nor a fee."""
    return [item for item in booking.items.all() if not item.cancelled_at and item.kind != "fee"]


def crossing_prices(booking: Booking) -> list[CrossingPrice]:
    """Return the price by crossing; lines with one label become one, "Adult (2)"."""
    return [
        CrossingPrice(leg, _lines([one for one in booking.items.all() if one.leg_id == leg.pk]))
        for leg in booking.legs.all()
    ]


def cabins_of(booking: Booking, leg: JourneyLeg) -> list[str]:
    """Return the cabins and seats of a crossing that still stand, counted: "Seat (2)"."""
    return _counted(
        item.told
        for item in standing_items(booking)
        if item.leg_id == leg.pk and item.kind == "accommodation"
    )


def vehicle_text(vehicle: Vehicle) -> str:
    """Return a vehicle by its kind and number plate: "Car AB 123"."""
    kind = str(KIND_CHOICES.get(vehicle.kind, vehicle.kind))
    return f"{kind} {vehicle.registration}".strip()


def pets_of(booking: Booking) -> list[str]:
    """Return the animals that still travel, by the way in which they do."""
    standing = {item.item for item in standing_items(booking)}
    places = Counter(pet.place for pet in booking.pets.all() if pet.item in standing)
    words = [
        ngettext("%(count)d pet %(where)s", "%(count)d pets %(where)s", count)
        % {"count": count, "where": PET_PLACES.get(place, place)}
        for place, count in places.items()
    ]
    dogs = booking.assistance_dogs
    if dogs:
        text = ngettext("%(count)d assistance dog", "%(count)d assistance dogs", dogs)
        words.append(text % {"count": dogs})
    return words


def _lines(items: Iterable[OrderItem]) -> list[PriceLine]:
    sums: dict[tuple[bool, str], list[int]] = {}
    for item in items:
        sums.setdefault((item.cancelled_at is not None, item.told), []).append(item.amount)
    return [
        PriceLine(
            label=f"{label} ({len(amounts)})" if len(amounts) > 1 else label,
            amount=sum(amounts),
            is_cancelled=is_cancelled,
        )
        for (is_cancelled, label), amounts in sorted(sums.items(), key=lambda each: each[0][0])
    ]


def _counted(labels: Iterable[str]) -> list[str]:
    return [
        f"{label} ({count})" if count > 1 else label for label, count in Counter(labels).items()
    ]
