"""Makes a worked-out change: lines, people, legs, tickets, sums, and last the exchange of space."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from bookings import signals, states
from bookings.models import (
    Amendment,
    Booking,
    Disruption,
    JourneyLeg,
    OrderItem,
    Passenger,
    Ticket,
    Vehicle,
)
from bookings.operations.amend_draft import claims_of_leg
from bookings.operations.amend_request import traveller_from_json, without_list
from bookings.persons import facts_of
from ferries import exchange
from ferries.inventory import Need
from ferries.models import CapacityClaim, Sailing

VEHICLE_FACTS = (
    "kind", "length_cm", "height_cm", "trailer_length_cm", "registration", "width_cm", "weight_kg",
    "charges",
)  # fmt: skip
MOMENTS = ("departs_at", "arrives_at")
REASON_LENGTH = 200
LATEST = datetime.max.replace(tzinfo=UTC)


def apply(booking: Booking, amendment: Amendment, *, now: datetime) -> None:
    """Make the change of a locked booking, inside the caller's transaction or savepoint.

    The caller has added what was paid for it to `booking.paid`. Sends booking_amended with what
    goes back; its last statement counts the pools. Raises CapacityTaken, with which the caller
    rolls back: the space that was held for it is gone.
    """
    change = amendment.change
    give_up = _claims(booking, amendment)
    needs = [Need(*need) for leg in change["legs"] for need in leg["needs"]]
    _write_people(booking, change)
    _write_lines(booking, change, now)
    _write_legs(change, now)
    _write_tickets(booking, change, now)
    amendment.state, amendment.applied_at = Amendment.State.APPLIED, now
    amendment.expires_at = None
    amendment.change = without_list(change)
    amendment.save()
    refund = min(max(0, -amendment.difference - amendment.fee), booking.paid - booking.refunded)
    live = booking.items.filter(cancelled_at=None)
    booking.total = live.aggregate(sum=Sum("amount"))["sum"] or 0
    booking.save(update_fields=["paid"])
    reason = " ".join(change["sentences"])[:REASON_LENGTH]
    states.note(booking, name="amended", actor=amendment.actor, reason=reason, now=now)
    signals.booking_amended.send(
        sender=Booking, booking=booking, amendment=amendment, refund_due=refund
    )
    exchange.exchange(booking.public_id, give_up=give_up, needs=needs, now=now)


def is_current(booking: Booking, amendment: Amendment, *, now: datetime) -> bool:
    """Tell whether the change still fits: the booking's lines, the ships, and nothing has left."""
    live = booking.items.filter(cancelled_at=None).order_by("pk").values_list("pk", flat=True)
    legs = amendment.change["legs"]
    versions = dict(
        Sailing.objects.filter(
            pk__in=[leg["sailing"] for leg in legs], status=Sailing.Status.ON_SALE
        ).values_list("pk", "version")
    )
    ahead = {leg.pk for leg in booking.legs.all() if leg.departs_at > now}
    return list(live) == amendment.change["live"] and all(
        leg["leg"] in ahead
        and versions.get(leg["sailing"]) == leg["sailing_version"]
        and _departs(leg) > now
        for leg in legs
    )


def _departs(leg: Mapping[str, Any]) -> datetime:
    """Return the new departure of a leg; of one that stays, the last moment that is tested anyway."""
    at = leg["facts"].get("departs_at")
    return datetime.fromisoformat(at) if at else LATEST


def _claims(booking: Booking, amendment: Amendment) -> list[int]:
    """Return the keys of what the changed legs have, and of what was held beyond it."""
    changed = {leg["leg"] for leg in amendment.change["legs"]}
    own = [
        claim.pk
        for leg in booking.legs.all()
        if leg.pk in changed
        for claim in claims_of_leg(booking, leg.offer_id)
    ]
    held = CapacityClaim.objects.filter(holder=amendment.holder).order_by("pk")
    return [*own, *held.values_list("pk", flat=True)]


def _write_people(booking: Booking, change: Mapping[str, Any]) -> None:
    for values in change["passengers"]:
        one = traveller_from_json(values)
        names = ("category", "given_name", "surname", "age")
        Passenger.objects.update_or_create(
            booking=booking,
            position=int(one.item[1:]),
            defaults={**{name: values[name] for name in names}, **facts_of(one)},
        )
    if change["vehicle"]:
        values = {name: change["vehicle"][name] for name in VEHICLE_FACTS}
        Vehicle.objects.update_or_create(booking=booking, position=0, defaults=values)


def _write_lines(booking: Booking, change: Mapping[str, Any], now: datetime) -> None:
    booking.items.filter(pk__in=change["cancel"]).update(cancelled_at=now)
    OrderItem.objects.bulk_create(
        OrderItem(booking=booking, leg_id=line["leg"], **_without(line, "leg"))
        for line in change["insert"]
    )


def _write_legs(change: Mapping[str, Any], now: datetime) -> None:
    for leg in change["legs"]:
        facts = dict(leg["facts"])
        for name in MOMENTS:
            if name in facts:
                facts[name] = datetime.fromisoformat(facts[name])
        if "departs_at" in facts:
            facts["sold_departs_at"] = Coalesce("sold_departs_at", "departs_at")
        JourneyLeg.objects.filter(pk=leg["leg"]).update(sailing_id=leg["sailing"], **facts)
        # Its space is planned anew, so what a change of ship had put out is settled.
        Disruption.objects.filter(leg=leg["leg"], resolved_at=None).update(resolved_at=now)


def _write_tickets(booking: Booking, change: Mapping[str, Any], now: datetime) -> None:
    passengers = {one.item: one for one in booking.passengers.all()}
    vehicles = {one.item: one for one in booking.vehicles.all()}
    made = []
    for leg in change["tickets"]:
        held = Ticket.objects.filter(leg=leg["leg"], voided_at=None)
        held.filter(
            Q(passenger__position__in=_numbers("p", leg["void"]))
            | Q(vehicle__position__in=_numbers("v", leg["void"]))
        ).update(voided_at=now)
        made += [
            Ticket(
                leg_id=leg["leg"],
                passenger=passengers.get(item),
                vehicle=vehicles.get(item),
                issued_at=now,
            )
            for item in leg["issue"]
        ]
    Ticket.objects.bulk_create(made)


def _numbers(prefix: str, items: Iterable[str]) -> list[int]:
    return [int(item[1:]) for item in items if item.startswith(prefix)]


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
