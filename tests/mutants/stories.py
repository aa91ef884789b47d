"""Short stories that run into the planted bugs; with the product as it is they end well.

Each act is followed by all checks of the machine. An act that does not end as told is an error of
the story itself and no fault of the product.
"""

from datetime import timedelta

from tests.stateful.machine import CapacityMachine


class StoryIsWrong(Exception):
    """An act ended otherwise than the story says, so the story shows nothing."""


class Steps:
    """Plays acts of a town one by one and looks at everything after each."""

    def __init__(self, machine: CapacityMachine) -> None:
        self.machine, self.town = machine, machine.town

    def do(self, act: str, *values, ends: str = "done") -> None:
        outcome = getattr(self.town, act)(*values)
        self.machine.nothing_is_wrong()
        if outcome != ends:
            raise StoryIsWrong(f"{act} ended as {outcome}, not as {ends}")

    def hold(self, trip: str, party: str, *, member: bool = False, ends: str = "done") -> None:
        self.machine.hold(trip, party, "none", False, member)
        self.machine.nothing_is_wrong()
        if self.machine.outcomes[f"hold: {ends}"] == 0:
            raise StoryIsWrong(f"{dict(self.machine.outcomes)}, not {ends}")
        self.machine.outcomes.clear()

    def sell(self, trip: str, party: str) -> None:
        self.hold(trip, party)
        self.do("pay", -1, ends="paid")
        self.do("confirm")

    def wait(self, minutes: int) -> None:
        self.town.now += timedelta(minutes=minutes)
        self.machine.nothing_is_wrong()


def two_plan_for_the_same_places(steps: Steps) -> None:
    steps.do("plan_late", "a-c", "two", "none", False)
    steps.sell("a-c", "family")
    steps.sell("a-c", "two")
    steps.do("take_late", 0, ends="capacity_taken")


def a_booking_is_cancelled(steps: Steps) -> None:
    steps.sell("a-c", "family")
    steps.do("cancel", 0, "all")


def one_releases_again(steps: Steps) -> None:
    steps.sell("a-c", "family")
    steps.do("plan_late", "a-c", "driver", "none", False)
    steps.do("take_late", 0)
    steps.do("release_late", 0)
    steps.do("release_late", 0)


def money_comes_late(steps: Steps) -> None:
    steps.hold("a-c", "two")
    steps.wait(16)
    steps.do("sweep")
    steps.do("pay", 0, ends="paid")


def one_travels_two_sectors(steps: Steps) -> None:
    steps.sell("a-c", "one")


def a_car_is_sold(steps: Steps) -> None:
    steps.sell("a-b", "driver")


def a_van_is_sold(steps: Steps) -> None:
    steps.sell("a-b", "van")


def a_wide_camper_is_sold(steps: Steps) -> None:
    steps.sell("a-b", "camper")


def a_mother_travels(steps: Steps) -> None:
    steps.sell("a-b", "mother")


def strangers_want_a_share(steps: Steps) -> None:
    steps.do("allot", "out", "persons", 2, 6)
    steps.sell("a-c", "family")
    steps.hold("a-c", "two", ends="not_bookable")
    steps.hold("a-c", "two", member=True)


def a_share_is_released(steps: Steps) -> None:
    steps.do("allot", "out", "persons", 4, 1)
    steps.sell("a-c", "two")
    steps.hold("a-b", "one", ends="not_bookable")
    steps.wait(60)
    steps.hold("a-b", "two")


def a_share_is_withdrawn(steps: Steps) -> None:
    steps.do("allot", "out", "persons", 2, 6)
    steps.do("withdraw", 0)


def a_smaller_ship_comes(steps: Steps) -> None:
    steps.sell("a-c", "family")
    steps.sell("a-c", "two")
    steps.do("swap", "out", "smaller", True)


def one_of_two_stays_at_home(steps: Steps) -> None:
    steps.sell("a-c", "two")
    steps.do("cancel", 0, "last traveller")


def one_of_two_cancels_late(steps: Steps) -> None:
    steps.sell("a-c", "two")
    steps.wait(7 * 60)
    steps.do("cancel", 0, "last traveller")


def a_driver_walks(steps: Steps) -> None:
    steps.sell("a-c", "driver")
    steps.do("cancel", 0, "vehicle")


def a_longer_car_waits(steps: Steps) -> None:
    steps.sell("a-c", "driver")
    steps.do("amend", 0, "longer car")


def a_second_one_comes_along(steps: Steps) -> None:
    steps.sell("a-c", "one")
    steps.do("amend", 0, "one more")
    steps.do("pay_change", 0, ends="paid")


def a_hold_runs_out(steps: Steps) -> None:
    steps.hold("a-c", "two")
    steps.wait(16)
    steps.do("sweep")


def a_hold_runs_out_unswept(steps: Steps) -> None:
    steps.hold("a-c", "two")
    steps.hold("a-c", "two")
    steps.wait(16)
    steps.hold("a-c", "two")
