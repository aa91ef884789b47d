"""Stories around a change of ship in which somebody once lost more than the ship took from them."""

import pytest

from ferries.models import CapacityClaim
from maritime.lib import clock
from tests.mutants.stories import Steps
from tests.stateful.machine import CapacityMachine
from tests.stateful.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps():
    machine = CapacityMachine(make_world(clock.now()))
    yield Steps(machine)
    machine.teardown()


def test_a_hold_can_be_paid_after_a_swap_to_a_ship_that_counts_nobody_on_foot(steps):
    steps.hold("a-b", "one")
    steps.do("swap", "out", "bigger", False)

    steps.do("pay", 0, ends="paid")

    assert set(CapacityClaim.objects.values_list("state", flat=True)) == {"confirmed"}


def test_who_walks_on_one_of_two_legs_keeps_the_place_on_foot(steps):
    steps.sell("a-b-c", "driver")
    steps.do("cancel", 0, "vehicle on leg 1")

    steps.do("swap", "out", "bare", True)

    foot = CapacityClaim.objects.filter(pool__resource="foot", state="confirmed")
    assert [claim.item for claim in foot] == ["p0"]
