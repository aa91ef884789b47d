"""A Hypothesis machine that plays stories in a town, with all checks after each step."""

from collections import Counter
from datetime import timedelta
from functools import partial

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bookings.operations.cancel_overrule import Overrule
from tests.stateful.checks import Story, faults, strangers_in_shares
from tests.stateful.town import CHANGES, PARTS, PAYABLE, SHARED, UNPAID, Town
from tests.stateful.world import PARTIES, ROOMS, SECTORS, SHIPS, TRIPS, World

PICK = st.integers(0, 5)
SAILING = st.sampled_from(["out", "out", "later", "back"])
TRIP = st.sampled_from(sorted(TRIPS))
PARTY = st.sampled_from(sorted(PARTIES))
LATER = st.sampled_from([False, False, True])
SALE = st.tuples(TRIP, PARTY, st.booleans())
# With more of them nothing would be left to sell.
MOST_CUTS = 2


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
        self.claims: set[int] = set()
        self.cuts = 0
        self.is_quiet = False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    def tell(self, name: str, outcome: str) -> str:
        """Remember how the act ended."""
        self.outcomes[f"{name}: {outcome}"] += 1
        self.is_quiet = outcome == "nothing"
        return outcome

    @initialize(share=st.integers(0, 2), sales=st.lists(SALE, min_size=1, max_size=3))
    def some_are_booked(self, share: int, sales: list[tuple[str, str, bool]]) -> None:
        if share:
            self.tell("allot", self.town.allot("out", "persons", share, hours=6))
        for trip, party, member in sales:
            self.sell(trip, party, member)

    @rule(
        trip=TRIP,
        party=PARTY,
        rooms=st.sampled_from(sorted(ROOMS)),
        pet=st.booleans(),
        member=st.booleans(),
    )
    def hold(self, trip: str, party: str, rooms: str, pet: bool, member: bool) -> None:
        must_fit = not pet and rooms == "none" and self._now().has_room(trip, party, member=member)
        outcome = self.tell("hold", self.town.hold(trip, party, rooms, pet, member))
        assert outcome == "done" or not must_fit, f"{party} on {trip} was refused: {outcome}"

    @rule(trip=TRIP, party=PARTY, member=st.booleans())
    def sell(self, trip: str, party: str, member: bool) -> None:
        """Hold, pay and confirm at once, so that there is somebody to be served."""
        if self.tell("sell", self.town.hold(trip, party, "none", False, member)) == "done":
            self.town.pay(-1)
            self.town.confirm()

    @rule(minutes=st.sampled_from([1, 14, 16, 16, 6 * 60]))
    def wait(self, minutes: int) -> None:
        self.town.now += timedelta(minutes=minutes)

    @standing(*UNPAID)
    @rule(pick=PICK)
    def begin(self, pick: int) -> None:
        self.tell("begin", self.town.begin(pick))

    @standing(*PAYABLE)
    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        must_be_welcome = self._now().is_firm(pick)
        outcome = self.tell("pay", self.town.pay(pick))
        assert outcome == "paid" or not must_be_welcome, f"money was sent back: {outcome}"

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

    @standing("held", "payment_pending", "awaiting_payment", "paid", "untold", "late")
    @rule(what=st.sampled_from(["sweep", "reap", "record", "confirm"]))
    def work(self, what: str) -> None:
        """Let a worker do what is due."""
        acts = {
            "sweep": self.town.sweep,
            "reap": self.town.reap,
            "record": self.town.record,
            "confirm": self.town.confirm,
        }
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
        amount=st.sampled_from([1, 2, 500]),
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
    )
    def cut(self, sailing: str, resource: str, sector: int, by: int) -> None:
        self.cuts += 1
        self.tell("cut", self.town.cut(sailing, resource, sector, by))

    @precondition(lambda self: self.cuts < MOST_CUTS)
    @rule(sailing=SAILING)
    def stop_sale(self, sailing: str) -> None:
        self.cuts += 1
        self.tell("stop sale", self.town.set_sale(sailing, False))

    @standing("stopped")
    @rule(sailing=SAILING)
    def resume_sale(self, sailing: str) -> None:
        self.tell("resume sale", self.town.set_sale(sailing, True))

    @invariant()
    def nothing_is_wrong(self) -> None:
        if self.is_quiet:
            self.is_quiet = False
            return
        story = Story(self.town)
        wrong = [*faults(story), *strangers_in_shares(story, self.claims)]
        self.claims = {claim.pk for claim in story.claims}
        self.counts = story.counts()
        assert not wrong, "\n".join(wrong)

    def _now(self) -> Story:
        return Story(self.town)

    def _overlook_new_claims(self) -> None:
        """A swap splits claims that were in a share already, so new rows are no strangers."""
        self.claims = {claim.pk for claim in self._now().claims}


def in_world(world: World) -> partial[CapacityMachine]:
    return partial(CapacityMachine, world)
