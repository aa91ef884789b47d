"""A test of the tests: bugs that are planted in the product must be seen by the stateful checks.

Without a mutant the same stories end well, so it is the bug that is seen. Each story is short and
always the same; `HYPOTHESIS_PROFILE=long` also lets the machine look for each bug by itself.
"""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from maritime.lib import clock
from tests.mutants.mutants import MUTANTS
from tests.mutants.stories import Steps
from tests.stateful.machine import CapacityMachine, in_world
from tests.stateful.profiles import LONG, STORIES
from tests.stateful.world import make_world

pytestmark = pytest.mark.django_db

BY_NAME = {"ids": [mutant.name for mutant in MUTANTS]}
# The first stories of the profile, without making the failing one shorter.
SEARCH = settings(STORIES, phases=[Phase.generate], max_examples=300, derandomize=True)


@pytest.fixture
def world():
    return make_world(clock.now())


def play(world, story):
    """Play one story; nothing of it stays."""
    machine = CapacityMachine(world)
    try:
        story(Steps(machine))
    finally:
        machine.teardown()


def test_all_stories_end_well_without_a_bug(world):
    for story in {mutant.story for mutant in MUTANTS}:
        play(world, story)


@pytest.mark.parametrize("mutant", MUTANTS, **BY_NAME)
def test_a_planted_bug_is_seen(world, mutant):
    with mutant.planted(), pytest.raises(AssertionError) as seen:
        play(world, mutant.story)

    assert mutant.fault in str(seen.value)


@pytest.mark.skipif(not LONG, reason="the machine searches in the long profile")
@pytest.mark.parametrize("mutant", MUTANTS, **BY_NAME)
def test_the_machine_finds_a_planted_bug(world, mutant):
    with mutant.planted(), pytest.raises(Exception):  # noqa: B017, PT011 - any red run counts
        run_state_machine_as_test(in_world(world), settings=SEARCH)
