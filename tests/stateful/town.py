"""Everybody who changes something, each by the product's own operation. `picks` choose of many.

Each method does one thing and returns how it ended: "done", "nothing" when there was nobody to do
it to, or the code of the domain error with which it was refused. Any other error goes through.
"""

import functools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bookings import queries
from bookings.models import Amendment, Booking
from bookings.operations import amend, cancel, disrupt
from bookings.operations.amend_request import AmendRequest, TravellerWish
from bookings.operations.cancel import Selection
from bookings.operations.confirm import begin_payment, confirm_with_operator, mark_paid
from bookings.operations.expire import expire_holds
from bookings.operations.hold import Contact, HoldRequest, Traveller, Wishes, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests.makers import offer_of
from ferries import inventory
from ferries.models import Allotment, CapacityPool, CustomerGroup, Sailing, VesselConfiguration
from ferries.operations import allot as allotments
from ferries.operations.swap_vessel import SwapPlan, apply_swap, plan_swap
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from maritime.lib.errors import MaritimeError
from maritime.ops.models import Job
from payments.models import Payment
from tests.stateful.world import BIKE, CAR, GROUP, LONG_CAR, PARTIES, ROOMS, TRIPS, VAN, World

ACTOR = "customer"
HOLD = timedelta(minutes=15)
UNPAID = ("held", "payment_pending")
PAYABLE = (*UNPAID, "expired")
STANDING = (*UNPAID, "paid", "confirmed")
# What of a booking is cancelled: numbers of legs, names of items.
PARTS = {
    "all": Selection(),
    "leg 1": Selection(legs=(1,)),
    "leg 2": Selection(legs=(2,)),
    "last traveller": Selection(items=("last",)),
    "driver": Selection(items=("p0",)),
    "vehicle": Selection(items=("v0",)),
    "vehicle on leg 1": Selection(legs=(1,), items=("v0",)),
    "cabin": Selection(items=("a0",)),
    "second cabin": Selection(items=("a1",)),
    "pet": Selection(items=("x0",)),
}
CHANGES = (
    "longer car", "shorter car", "van", "bike", "no vehicle", "one more", "an infant more",
    "one less", "later", "out", "suite", "inside", "correction",
)  # fmt: skip
SHARED = ("persons", "deck:low", "deck:tall", "acc:inside", "foot", "weight:tall")


@dataclass(frozen=True)
class Late:
    """Space that somebody without a booking has planned to take, and may take later."""

    holder: uuid.UUID
    sailing: str
    start: int
    end: int
    party: str
    rooms: tuple[str, ...]
    group: str
    needs: tuple[inventory.Need, ...]


def told(act: Callable[..., Any]) -> Callable[..., str]:
    """Turn a refusal into its code; a refusal has a sentence, and reasons when it promises them."""

    @functools.wraps(act)
    def wrapper(self: "Town", *args: Any, **values: Any) -> str:
        try:
            return act(self, *args, **values) or "done"
        except MaritimeError as error:
            return _code_of(error)

    return wrapper


def _code_of(error: MaritimeError) -> str:
    """Return the code of a refusal that says why it is one."""
    assert error.code != "error", error
    assert error.message
    for refusal in error.details.get("refusals", ()):
        assert refusal["code"], refusal
        assert refusal["message"], refusal
    return error.code


class Town:
    """Travellers, staff, workers and the clock of one story."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now: datetime = world.begins
        self.late: list[Late] = []
        self.cancellations: list[tuple[int, Any]] = []
        self.changes: list[tuple[int, Any]] = []
        self.swaps: list[SwapPlan] = []

    # -- travellers

    @told
    def hold(self, trip: str, party: str, rooms: str, pet: bool, member: bool) -> None:
        categories, vehicle = PARTIES[party]
        hold_booking(
            HoldRequest(
                legs=tuple(
                    LegWish(self._offer(*leg), ROOMS[rooms] if number == 0 else ())
                    for number, leg in enumerate(TRIPS[trip])
                ),
                travellers=tuple(
                    Traveller(category, f"{category} {number}", "Doe")
                    for number, category in enumerate(categories)
                ),
                vehicles=(vehicle,) if vehicle else (),
                contact=Contact("Jane", "Doe", "jane@example.com"),
                wishes=Wishes(pets=("kennel",) if pet else (), group=GROUP if member else ""),
            ),
            now=self.now,
        )

    @told
    def begin(self, pick: int) -> str:
        booking = self._one(UNPAID, pick)
        if booking is None:
            return "nothing"
        begin_payment(booking.pk, now=self.now)
        return "done"

    @told
    def pay(self, pick: int) -> str:
        """Let the money for a booking arrive, in time or late."""
        booking = self._one(PAYABLE, pick)
        return self._money(booking, booking.total) if booking else "nothing"

    @told
    def confirm(self) -> str:
        """Let the worker confirm what is paid."""
        paid = list(Booking.objects.filter(state="paid").order_by("pk"))
        for booking in paid:
            confirm_with_operator(booking.pk, now=self.now)
        return "done" if paid else "nothing"

    def cancel(self, pick: int, what: str) -> str:
        """Ask what a cancellation costs, and agree."""
        asked = self.ask_cancellation(pick, what)
        return self.agree_to_cancellation() if asked == "done" else asked

    @told
    def ask_cancellation(self, pick: int, what: str) -> str:
        booking = self._one(STANDING, pick)
        if booking is None:
            return "nothing"
        selection = PARTS[what]
        if selection.items == ("last",):
            last = booking.passengers.order_by("-position").first()
            selection = replace(selection, items=(last.item,))
        quote = cancel.quote_cancellation(booking, selection=selection, now=self.now)
        self.cancellations.append((booking.pk, quote))
        return "done"

    @told
    def agree_to_cancellation(self) -> str:
        """Agree to the last quote that nobody has agreed to, however old."""
        if not self.cancellations:
            return "nothing"
        pk, quote = self.cancellations.pop()
        cancel.cancel_booking(
            pk, token=quote.token, expected_refund=quote.refund, expected_charge=quote.charge,
            actor=ACTOR, now=self.now,
        )  # fmt: skip
        return "done"

    @told
    def cancel_in_full(self, pick: int, overrule: str) -> str:
        booking = self._one(STANDING, pick)
        if booking is None:
            return "nothing"
        cancel.cancel_in_full(
            booking.pk, actor="staff:1", reason="test", overrule=overrule, now=self.now
        )
        return "done"

    def amend(self, pick: int, change: str) -> str:
        """Ask what a change costs, and agree."""
        asked = self.ask_change(pick, change)
        return self.agree_to_change() if asked == "done" else asked

    @told
    def ask_change(self, pick: int, change: str) -> str:
        booking = self._one(("confirmed",), pick)
        if booking is None:
            return "nothing"
        quote = amend.quote_amendment(booking, self._change(booking, change), now=self.now)
        self.changes.append((booking.pk, quote))
        return "done"

    @told
    def agree_to_change(self) -> str:
        if not self.changes:
            return "nothing"
        pk, quote = self.changes.pop()
        amend.commit_amendment(
            pk, token=quote.token, due=quote.due, refund=quote.refund, actor=ACTOR, now=self.now
        )
        return "done"

    @told
    def begin_change_payment(self, pick: int) -> str:
        amendment = self._waiting(pick)
        if amendment is None:
            return "nothing"
        amend.begin_amendment_payment(amendment.booking_id, now=self.now)
        return "done"

    @told
    def pay_change(self, pick: int) -> str:
        """Let the money for a change arrive, in time or late."""
        amendment = self._waiting(pick)
        if amendment is None:
            return "nothing"
        return self._money(amendment.booking, queries.due_of(amendment))

    @told
    def withdraw_change(self, pick: int) -> str:
        amendment = self._waiting(pick)
        if amendment is None:
            return "nothing"
        amend.withdraw_amendment(amendment.booking_id, actor=ACTOR, now=self.now)
        return "done"

    # -- somebody who plans and takes at different times

    @told
    def plan_late(self, trip: str, party: str, rooms: str, member: bool) -> str:
        ((sailing, start, end), *_) = TRIPS[trip]
        categories, vehicle = PARTIES[party]
        size = vehicle and VehicleSize(
            vehicle.kind, vehicle.length_cm, vehicle.height_cm, vehicle.trailer_length_cm,
            vehicle.width_cm, vehicle.weight_kg,
        )  # fmt: skip
        counts = {name: categories.count(name) for name in ("adult", "child", "infant")}
        wanted = Party(
            adults=counts["adult"], children=counts["child"], infants=counts["infant"],
            vehicle=size, accommodation=ROOMS[rooms], group=GROUP if member else "",
        )  # fmt: skip
        leg = makers.leg(self.world.sailings[sailing], start=start, to=end)
        needs = inventory.plan(leg, wanted, now=self.now)
        one = Late(
            uuid.uuid4(), sailing, start, end, party, ROOMS[rooms], wanted.group, tuple(needs)
        )
        self.late.append(one)
        return "done"

    @told
    def take_late(self, pick: int) -> str:
        """Take what was planned, whatever has happened since."""
        if not self.late:
            return "nothing"
        one = self.late[pick % len(self.late)]
        if inventory.CapacityClaim.objects.filter(holder=one.holder).exists():
            return "nothing"
        with transaction.atomic():
            inventory.take(one.needs, holder=one.holder, expires_at=self.now + HOLD, now=self.now)
        return "done"

    @told
    def confirm_late(self, pick: int) -> str:
        if not self.late:
            return "nothing"
        inventory.confirm(self.late[pick % len(self.late)].holder, now=self.now)
        return "done"

    @told
    def release_late(self, pick: int) -> str:
        if not self.late:
            return "nothing"
        inventory.release(self.late[pick % len(self.late)].holder, now=self.now)
        return "done"

    # -- staff and workers

    @told
    def sweep(self) -> None:
        expire_holds(now=self.now)

    @told
    def reap(self) -> None:
        inventory.reap(list(CapacityPool.objects.values_list("pk", flat=True)), now=self.now)

    @told
    def plan_swap(self, sailing: str, ship: str) -> None:
        run = Sailing.objects.select_related("operator").get(pk=self.world.sailings[sailing].pk)
        configuration = VesselConfiguration.objects.select_related("vessel").get(
            pk=self.world.configurations[ship]
        )
        self.swaps.append(plan_swap(run, configuration, sizes=disrupt.sizes_of, now=self.now))

    @told
    def apply_swap(self, displace: bool) -> str:
        """Carry the last plan out that nobody has carried out, however old."""
        if not self.swaps:
            return "nothing"
        apply_swap(
            self.swaps.pop(), displace=displace, sizes=disrupt.sizes_of, actor="staff:1",
            now=self.now,
        )  # fmt: skip
        return "done"

    def swap(self, sailing: str, ship: str, displace: bool) -> str:
        planned = self.plan_swap(sailing, ship)
        return self.apply_swap(displace) if planned == "done" else planned

    @told
    def record(self) -> str:
        """Let the worker tell the bookings which ship they have now."""
        due = Job.objects.filter(task="bookings.record_vessel_change", state="pending")
        jobs = list(due.order_by("pk"))
        for job in jobs:
            disrupt.record_vessel_change(**job.arguments, now=self.now)
            Job.objects.filter(pk=job.pk).update(state="done")
        return "done" if jobs else "nothing"

    @told
    def allot(self, sailing: str, resource: str, amount: int, hours: int) -> None:
        allotments.allot(
            self.world.sailings[sailing], group=CustomerGroup.objects.get(code=GROUP),
            resource=resource, amount=amount, release_at=self.now + timedelta(hours=hours),
            now=self.now,
        )  # fmt: skip

    @told
    def withdraw(self, pick: int) -> str:
        shares = list(Allotment.objects.order_by("pk"))
        if not shares:
            return "nothing"
        allotments.withdraw(shares[pick % len(shares)], now=self.now)
        return "done"

    @told
    def cut(self, sailing: str, resource: str, sector: int, by: int) -> str:
        """Take some of what everybody may buy of the resource off the sailing for good."""
        pools = CapacityPool.objects.filter(
            sailing=self.world.sailings[sailing], resource=resource, sector=sector, allotment=None
        )
        with transaction.atomic():
            pool = pools.select_for_update(no_key=True).first()
            if pool is None or pool.authorised < by:
                return "nothing"
            inventory.authorise(
                pool.pk, physical=pool.physical - by, authorised=pool.authorised - by
            )
        return "done"

    @told
    def set_sale(self, sailing: str, open_: bool) -> None:
        status = Sailing.Status.ON_SALE if open_ else Sailing.Status.STOP_SALE
        Sailing.objects.filter(pk=self.world.sailings[sailing].pk).update(status=status)

    # -- helpers

    def _offer(self, sailing: str, start: int, end: int) -> str:
        return offer_of(self.world.sailings[sailing], start, end)

    def _one(self, states: Sequence[str], pick: int) -> Booking | None:
        found = list(Booking.objects.filter(state__in=states).order_by("pk"))
        return found[pick % len(found)] if found else None

    def _waiting(self, pick: int) -> Amendment | None:
        """Return a change that asked for money, open or ended for want of it."""
        found = list(
            Amendment.objects.filter(state__in=["awaiting_payment", "expired"])
            .select_related("booking")
            .order_by("pk")
        )
        return found[pick % len(found)] if found else None

    def _money(self, booking: Booking, amount: int) -> str:
        """Take money in as the payments app does: what pays for nothing goes straight back."""
        with transaction.atomic():
            queries.booking_for_update(booking.pk)
            outcome = mark_paid(booking.pk, amount=amount, now=self.now)
            counted = outcome == "paid"
            if amount:
                Payment.objects.create(
                    booking=booking, gateway="demo", state="succeeded", currency=booking.currency,
                    amount=amount, captured=amount, refunded=0 if counted else amount,
                    counted=counted,
                )  # fmt: skip
        return outcome

    def _change(self, booking: Booking, change: str) -> AmendRequest:
        vehicles = {
            "longer car": (LONG_CAR,), "shorter car": (CAR,), "van": (VAN,), "bike": (BIKE,),
            "no vehicle": (),
        }  # fmt: skip
        if change in vehicles:
            return AmendRequest(vehicles=vehicles[change])
        legs = list(booking.legs.order_by("position"))
        if change in ("later", "out"):
            start, end = legs[0].offer_id.split("~")[2].split("-")
            offer = self._offer(change, int(start), int(end))
            return AmendRequest(legs={1: LegWish(offer)})
        if change in ("suite", "inside"):
            return AmendRequest(legs={1: LegWish(legs[0].offer_id, (change,))})
        return AmendRequest(travellers=self._people(booking, change))

    def _people(self, booking: Booking, change: str) -> tuple[TravellerWish, ...]:
        live = {item.item for item in booking.items.filter(cancelled_at=None)}
        people = [
            TravellerWish(one.category, one.given_name, one.surname, one.age, item=one.item)
            for one in booking.passengers.order_by("position")
            if one.item in live
        ]
        if change == "one less":
            return tuple(people[:-1])
        if change == "one more":
            return (*people, TravellerWish("adult", "New", "Doe"))
        if change == "an infant more":
            return (*people, TravellerWish("infant", "New", "Doe"))
        return (replace(people[0], surname=people[0].surname + "x"), *people[1:])
