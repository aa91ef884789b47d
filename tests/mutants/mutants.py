"""Planted bugs: each replaces one function of the product by a wrong version for a while.

A mutant comes with a story that runs into it and with words of the fault that must be reported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest import mock

from django.db import connection, transaction

from bookings.operations import amend, cancel_commit, disrupt, expire
from ferries import deck, exchange, inventory
from ferries.models import CapacityClaim, CapacityPool, Leg
from ferries.operations import allot, swap_vessel
from ferries.party import Party
from ferries.spaces import PoolSpace
from tests.mutants import stories
from tests.mutants.stories import Steps

OVERSOLD = "capacity_pool_never_oversold"


@dataclass(frozen=True)
class Mutant:
    """A planted bug: how it is planted, the story that meets it, and the fault it must cause.

    In other stories the database's constraint `guard` may refuse what the bug writes.
    """

    plant: Callable[[], Iterator[None]]
    story: Callable[[Steps], None]
    fault: str
    guard: str = ""

    @property
    def name(self) -> str:
        return self.plant.__name__

    def planted(self):
        return contextmanager(self.plant)()


def count_without_its_condition() -> Iterator[None]:
    def count(amounts):
        for pool, amount in sorted(amounts.items()):
            row = CapacityPool.objects.get(pk=pool)
            CapacityPool.objects.filter(pk=pool).update(used=row.used + amount)

    with (
        _without_check(),
        mock.patch.object(inventory, "count", count),
        mock.patch.object(exchange, "count", count),
    ):
        yield


def release_that_does_not_count_back() -> Iterator[None]:
    def give_back(statement, parameters):
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return len(cursor.fetchall())

    with mock.patch.object(inventory, "_give_back", give_back):
        yield


def release_that_counts_back_twice() -> Iterator[None]:
    def release(holder, *, now):
        claims = CapacityClaim.objects.filter(holder=holder).order_by("pk")
        with transaction.atomic():
            inventory.count({claim.pool_id: -claim.amount for claim in claims})
            claims.update(state="released")

    with mock.patch.object(inventory, "release", release):
        yield


def late_money_that_takes_nothing_again() -> Iterator[None]:
    with mock.patch.object(inventory, "_retake", return_value=None):
        yield


def leg_that_misses_its_last_sector() -> Iterator[None]:
    def sectors(leg):
        return range(leg.from_sequence, max(leg.from_sequence + 1, leg.to_sequence - 1))

    with mock.patch.object(Leg, "sectors", property(sectors)):
        yield


def vehicle_without_its_gap() -> Iterator[None]:
    need = deck.need
    with mock.patch.object(deck, "need", lambda vehicle, area, gap_cm: need(vehicle, area, 0)):
        yield


def vehicle_without_its_weight() -> Iterator[None]:
    need = deck.need
    light = lambda *values: replace(need(*values), kg=0)  # noqa: E731
    with mock.patch.object(deck, "need", light):
        yield


def wide_vehicle_in_one_lane() -> Iterator[None]:
    with mock.patch.object(deck, "lanes", return_value=1):
        yield


def infant_that_is_nobody() -> Iterator[None]:
    with mock.patch.object(Party, "persons", property(lambda self: self.adults + self.children)):
        yield


def share_that_serves_everybody() -> Iterator[None]:
    with mock.patch.object(PoolSpace, "serves", return_value=True):
        yield


def share_that_is_never_released() -> Iterator[None]:
    def serves(self, group, now):
        return self.release_at is None or self.group == group

    with mock.patch.object(PoolSpace, "serves", serves):
        yield


def share_that_is_lost_when_withdrawn() -> Iterator[None]:
    def withdraw(allotment, *, now):
        CapacityPool.objects.filter(allotment=allotment).delete()
        allotment.delete()
        return 0

    with mock.patch.object(allot, "withdraw", withdraw):
        yield


def swap_that_drops_who_does_not_fit() -> Iterator[None]:
    end = swap_vessel._end_claims

    def end_claims(claims, state):
        end(claims, CapacityClaim.State.RELEASED)

    with mock.patch.object(swap_vessel, "_end_claims", end_claims):
        yield


def swap_that_tells_nobody() -> Iterator[None]:
    with mock.patch.object(disrupt, "open_disruptions", return_value=0):
        yield


def part_that_gives_the_whole_back() -> Iterator[None]:
    def claims(booking, part):
        found = exchange.claims_of(
            booking.public_id,
            sailing_id=part.leg.sailing_id,
            sectors=part.leg.sectors,
        )
        return [claim.pk for claim in found]

    with mock.patch.object(cancel_commit, "_claims", claims):
        yield


def part_that_costs_nothing() -> Iterator[None]:
    with mock.patch.object(cancel_commit, "_kept", return_value=()):
        yield


def part_that_leaves_its_ticket_valid() -> Iterator[None]:
    with mock.patch.object(cancel_commit, "write_tickets", return_value=None):
        yield


def driver_without_car_who_takes_no_foot_place() -> Iterator[None]:
    with mock.patch.object(cancel_commit, "foot_needs", return_value=[]):
        yield


def change_that_gives_the_old_up_first() -> Iterator[None]:
    hold_or_apply = amend._hold_or_apply

    def too_early(draft, *, now, **values):
        amendment = hold_or_apply(draft, now=now, **values)
        if amendment.state == "awaiting_payment":
            inventory.release(draft.booked.booking.public_id, now=now)
        return amendment

    with mock.patch.object(amend, "_hold_or_apply", too_early):
        yield


def change_that_holds_nothing() -> Iterator[None]:
    with mock.patch.object(exchange, "excess", return_value=[]):
        yield


def exchange_that_keeps_the_old_too() -> Iterator[None]:
    swap = exchange.exchange

    def keeping(holder, *, give_up, **values):
        swap(holder, give_up=[], **values)

    with mock.patch.object(exchange, "exchange", keeping):
        yield


def sweep_that_frees_nothing() -> Iterator[None]:
    def release(holder, *, now):
        return None

    with mock.patch.object(expire, "inventory", mock.Mock(release=release)):
        yield


def hold_that_blocks_after_its_end() -> Iterator[None]:
    """Count what others hold beyond their time as taken."""

    def spaces_of(sailing_ids, *, now):
        return original(sailing_ids, now=now.replace(year=2000))

    original = inventory.spaces_of
    with mock.patch.object(inventory, "spaces_of", spaces_of):
        yield


MUTANTS = (
    Mutant(count_without_its_condition, stories.two_plan_for_the_same_places, "is oversold"),
    Mutant(release_that_does_not_count_back, stories.a_booking_is_cancelled, "its claims are"),
    Mutant(
        release_that_counts_back_twice,
        stories.one_releases_again,
        "its claims are",
        guard=OVERSOLD,
    ),
    Mutant(late_money_that_takes_nothing_again, stories.money_comes_late, "its claims are"),
    Mutant(leg_that_misses_its_last_sector, stories.one_travels_two_sectors, "p0 on sector 1"),
    Mutant(vehicle_without_its_gap, stories.a_car_is_sold, "v0 on sector 0"),
    Mutant(vehicle_without_its_weight, stories.a_van_is_sold, "weight:tall"),
    Mutant(wide_vehicle_in_one_lane, stories.a_wide_camper_is_sold, "v0 on sector 0"),
    Mutant(infant_that_is_nobody, stories.a_mother_travels, "p1 on sector 0"),
    Mutant(share_that_serves_everybody, stories.strangers_want_a_share, "is in a share"),
    Mutant(share_that_is_never_released, stories.a_share_is_released, "was refused"),
    Mutant(share_that_is_lost_when_withdrawn, stories.a_share_is_withdrawn, "may be sold"),
    Mutant(swap_that_drops_who_does_not_fit, stories.a_smaller_ship_comes, "takes {}"),
    Mutant(swap_that_tells_nobody, stories.a_smaller_ship_comes, "nobody is told"),
    Mutant(part_that_gives_the_whole_back, stories.one_of_two_stays_at_home, "takes {}"),
    Mutant(part_that_costs_nothing, stories.one_of_two_cancels_late, "of its money"),
    Mutant(part_that_leaves_its_ticket_valid, stories.one_of_two_stays_at_home, "has tickets"),
    Mutant(driver_without_car_who_takes_no_foot_place, stories.a_driver_walks, "'foot': 1"),
    Mutant(change_that_gives_the_old_up_first, stories.a_longer_car_waits, "takes {}"),
    Mutant(change_that_holds_nothing, stories.a_longer_car_waits, "lacks"),
    Mutant(exchange_that_keeps_the_old_too, stories.a_second_one_comes_along, "takes {"),
    Mutant(sweep_that_frees_nothing, stories.a_hold_runs_out, "for nothing"),
    Mutant(hold_that_blocks_after_its_end, stories.a_hold_runs_out_unswept, "was refused"),
)


@contextmanager
def _without_check() -> Iterator[None]:
    """Drop the table's own guard inside the test's transaction, and put it back."""
    check = next(each for each in CapacityPool._meta.constraints if each.name == OVERSOLD)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.schema_editor() as editor:
            editor.remove_constraint(CapacityPool, check)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        try:
            yield
        finally:
            transaction.set_rollback(True)
