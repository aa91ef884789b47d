"""A Hypothesis machine that plays stories in a town, with all checks after each step."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookings.operations.cancel_overrule import Overrule
from tests.stateful.beginnings import BEGINNINGS, Beginning
from tests.stateful.checks import Story, faults, judge, strangers_in_shares
from tests.stateful.town import CHANGES, PARTS, PAYABLE, SHARED, UNPAID, Town
from tests.stateful.world import ROOMS, SECTORS, SHIPS, World

PICK = st.integers(0, 5)
SAILING = st.sampled_from(["out", "out", "later", "back"])
# What is wanted in this story, by those who come later too.
TRIP = st.runner().flatmap(lambda machine: st.sampled_from(machine.beginning.trips))
PARTY = st.runner().flatmap(lambda machine: st.sampled_from(machine.beginning.parties))
LATER = st.sampled_from([False, False, True])
SELDOM = st.sampled_from([False, False, False, True])
# With more of them nothing would be left to sell.
MOST_CUTS = 2
# Statements after which everything is as before. What a rollback undoes has been noticed already.
HARMLESS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SET LOCAL")


def standing(*states: str):
    """Let a rule wait for a booking in one of the states."""
    return precondition(lambda self: any(self.counts[state] for state in states))


class CapacityMachine(RuleBasedStateMachine):
    """One story in a world that was made before; what it writes is rolled back at its end."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.story = transaction.atomic()
        self.story.__enter__()
        self.town = Town(world)
        self.outcomes: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.ends: list[datetime] = []
        self.claims: set[int] = set()
        self.last: Story | None = None
        self.is_known = False
        self.cuts = 0
        self.beginning = Beginning()
        self.watch = connection.execute_wrapper(self._watch)
        self.watch.__enter__()

    def teardown(self) -> None:
        self.watch.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    def tell(self, name: str, outcome: str) -> str:
        """Remember how the act ended."""
        self.outcomes[f"{name}: {outcome}"] += 1
        return outcome

    @initialize(beginning=BEGINNINGS)
    def some_are_booked(self, beginning: Beginning) -> None:
        self.beginning = beginning
        if beginning.share:
            self.tell("allot", self.town.allot("out", beginning.shared, beginning.share, hours=1))
        for sale in beginning.sales:
            if sale.is_paid:
                self.sell(sale.trip, sale.party, sale.member)
            else:
                self._hold(sale.trip, sale.party, "none", False, sale.member)
        self.town.now += timedelta(hours=beginning.hours)

    @rule(
        trip=TRIP,
        party=PARTY,
        rooms=st.sampled_from(["none"] * len(ROOMS) + sorted(ROOMS)),
        pet=SELDOM,
        member=SELDOM,
    )
    def hold(self, trip: str, party: str, rooms: str, pet: bool, member: bool) -> None:
        self.tell("hold", self._hold(trip, party, rooms, pet, member))

    @rule(trip=TRIP, party=PARTY, member=SELDOM)
    def sell(self, trip: str, party: str, member: bool) -> None:
        """Hold, pay and confirm at once, so that there is somebody to be served."""
        if self.tell("sell", self._hold(trip, party, "none", False, member)) == "done":
            self.town.pay(-1)
            self.town.confirm()

    @rule(minutes=st.sampled_from([1, 14, 16, 60, 6 * 60]))
    def wait(self, minutes: int) -> None:
        self.town.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.ends)
    @rule(pick=PICK)
    def wait_for(self, pick: int) -> None:
        """Let time pass until a hold ends or a share is released, to the moment."""
        self.town.now = self.ends[pick % len(self.ends)]

    @standing(*UNPAID)
    @rule(pick=PICK)
    def begin(self, pick: int) -> None:
        self.tell("begin", self.town.begin(pick))

    @standing(*PAYABLE)
    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        must_be_welcome = self._now().is_firm(pick)
        outcome = self.tell("pay", self.town.pay(pick))
        if outcome != "paid" and must_be_welcome:
            judge([f"money was sent back: {outcome}"])

    @standing("held", "payment_pending", "paid", "confirmed")
    @rule(pick=PICK, what=st.sampled_from(sorted(PARTS)), later=LATER)
    def cancel(self, pick: int, what: str, later: bool) -> None:
        """Ask what it costs and agree to it, at once or later."""
        act = self.town.ask_cancellation if later else self.town.cancel
        self.tell(f"cancel {what}", act(pick, what))

    @precondition(lambda self: self.town.cancellations)
    @rule()
    def agree_to_cancellation(self) -> None:
        self.tell("agree to cancellation", self.town.agree_to_cancellation())

    @precondition(lambda self: self.counts["confirmed"] > 1)
    @rule(pick=PICK, overrule=st.sampled_from(Overrule.values))
    def cancel_in_full(self, pick: int, overrule: str) -> None:
        self.tell("cancel in full", self.town.cancel_in_full(pick, overrule))

    @standing("confirmed")
    @rule(pick=PICK, change=st.sampled_from(CHANGES), later=LATER)
    def amend(self, pick: int, change: str, later: bool) -> None:
        act = self.town.ask_change if later else self.town.amend
        self.tell(f"amend {change}", act(pick, change))

    @precondition(lambda self: self.town.changes)
    @rule()
    def agree_to_change(self) -> None:
        self.tell("agree to change", self.town.agree_to_change())

    @standing("awaiting_payment")
    @rule(pick=PICK, how=st.sampled_from(["begin", "pay", "pay", "withdraw"]))
    def end_change(self, pick: int, how: str) -> None:
        acts = {
            "begin": self.town.begin_change_payment,
            "pay": self.town.pay_change,
            "withdraw": self.town.withdraw_change,
        }
        self.tell(f"change: {how}", acts[how](pick))

    @rule(
        trip=TRIP, party=PARTY, rooms=st.sampled_from(["none", "inside"]), member=st.booleans()
    )  # fmt: skip
    def plan_late(self, trip: str, party: str, rooms: str, member: bool) -> None:
        self.tell("plan late", self.town.plan_late(trip, party, rooms, member))

    @precondition(lambda self: self.town.late)
    @rule(pick=PICK, how=st.sampled_from(["take", "take", "confirm", "release"]))
    def act_late(self, pick: int, how: str) -> None:
        acts = {
            "take": self.town.take_late,
            "confirm": self.town.confirm_late,
            "release": self.town.release_late,
        }
        self.tell(f"late: {how}", acts[how](pick))

    @standing(*UNPAID, "awaiting_payment")
    @rule()
    def sweep(self) -> None:
        self.tell("sweep", self.town.sweep())

    @standing("paid", "untold", "late")
    @rule(what=st.sampled_from(["reap", "record", "confirm"]))
    def work(self, what: str) -> None:
        """Let another worker do what is due."""
        acts = {"reap": self.town.reap, "record": self.town.record, "confirm": self.town.confirm}
        self.tell(what, acts[what]())

    @rule(sailing=SAILING, ship=st.sampled_from(sorted(SHIPS)), displace=st.booleans(), later=LATER)
    def swap(self, sailing: str, ship: str, displace: bool, later: bool) -> None:
        """Look what a swap does and carry it out, at once or later."""
        if later:
            self.tell("plan swap", self.town.plan_swap(sailing, ship))
        else:
            self.tell(f"swap {ship}", self.town.swap(sailing, ship, displace))
            self._overlook_new_claims()

    @precondition(lambda self: self.town.swaps)
    @rule(displace=st.booleans())
    def apply_swap(self, displace: bool) -> None:
        self.tell("apply swap", self.town.apply_swap(displace))
        self._overlook_new_claims()

    @rule(
        sailing=SAILING,
        resource=st.sampled_from(SHARED),
        amount=st.sampled_from([1, 2, 4, 500]),
        hours=st.sampled_from([1, 6, 20]),
    )
    def allot(self, sailing: str, resource: str, amount: int, hours: int) -> None:
        self.tell("allot", self.town.allot(sailing, resource, amount, hours))

    @standing("share")
    @rule(pick=PICK)
    def withdraw(self, pick: int) -> None:
        self.tell("withdraw", self.town.withdraw(pick))

    @precondition(lambda self: self.cuts < MOST_CUTS)
    @rule(
        sailing=SAILING,
        resource=st.sampled_from(SHARED),
        sector=st.integers(0, SECTORS - 1),
        by=st.sampled_from([1, 1, 2, 400]),
        stop=SELDOM,
    )
    def cut(self, sailing: str, resource: str, sector: int, by: int, stop: bool) -> None:
        """Take some of a resource off a sailing, or stop its sale."""
        self.cuts += 1
        if stop:
            self.tell("stop sale", self.town.set_sale(sailing, False))
        else:
            self.tell("cut", self.town.cut(sailing, resource, sector, by))

    @standing("stopped")
    @rule(sailing=SAILING)
    def resume_sale(self, sailing: str) -> None:
        self.tell("resume sale", self.town.set_sale(sailing, True))

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Look at everything, unless nothing was written and no time has passed since the last look."""
        story = self._now()
        if self.is_known:
            return
        judge([*faults(story), *strangers_in_shares(story, self.claims)])
        self.claims = {claim.pk for claim in story.claims}
        self.counts, self.ends = story.counts(), story.ends()
        self.is_known = True

    def _hold(self, trip: str, party: str, rooms: str, pet: bool, member: bool) -> str:
        must_fit = not pet and rooms == "none" and self._now().has_room(trip, party, member=member)
        outcome = self.town.hold(trip, party, rooms, pet, member)
        if outcome != "done" and must_fit:
            judge([f"{party} on {trip} was refused: {outcome}"])
        return outcome

    def _now(self) -> Story:
        """Return the database as it stands; read again only what may have changed."""
        if self.last is None or self.last.now != self.town.now:
            self.last, self.is_known = Story(self.town), False
        return self.last

    def _watch(self, execute, sql, params, many, context):
        """Forget what was read when a statement may have written something."""
        if not sql.lstrip().startswith(HARMLESS):
            self.last, self.is_known = None, False
        return execute(sql, params, many, context)

    def _overlook_new_claims(self) -> None:
        """A swap splits claims that were in a share already, so new rows are no strangers."""
        self.claims = {claim.pk for claim in self._now().claims}


def tell_stories(world: World, *, seeds: Iterable[int], rules: settings) -> None:
    """Tell one story for each seed; a fault carries the seed of its story.

    Hypothesis begins with the simplest story and follows a new one by variants of it, so that two
    stories for each of many seeds show more than many stories for one seed.
    """
    for number in seeds:
        try:
            run_state_machine_as_test(
                seed(number)(partial(CapacityMachine, world)),
                settings=settings(rules, max_examples=2, derandomize=False),
            )
        except Exception as error:
            error.add_note(f"seed {number}")
            raise
