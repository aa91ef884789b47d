"""A test of the tests: bugs that are planted in the product must be seen by the stateful checks.

Without a mutant the same stories end well, so it is the bug that is seen. Each story is short and
always the same; `HYPOTHESIS_PROFILE=long` also lets the machine look for each bug by itself.
"""

import pytest
from django.db import IntegrityError
from hypothesis import Phase, settings

from maritime.lib import clock
from tests.mutants.mutants import MUTANTS
from tests.mutants.stories import Steps
from tests.stateful.checks import Wrong
from tests.stateful.machine import CapacityMachine, tell_stories
from tests.stateful.profiles import LONG, STORIES
from tests.stateful.world import make_world

pytestmark = pytest.mark.django_db

BY_NAME = {"ids": [mutant.name for mutant in MUTANTS]}
# The same stories in each run, without making the failing one shorter.
SEARCH = settings(STORIES, phases=[Phase.generate], stateful_step_count=25)
SEEDS = range(150)


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
    with mutant.planted(), pytest.raises(Wrong) as seen:
        play(world, mutant.story)

    assert mutant.fault in str(seen.value)


@pytest.mark.skipif(not LONG, reason="the machine searches in the long profile")
@pytest.mark.parametrize("mutant", MUTANTS, **BY_NAME)
def test_the_machine_finds_a_planted_bug(world, mutant):
    with mutant.planted(), pytest.raises((Wrong, IntegrityError)) as seen:
        tell_stories(world, seeds=SEEDS, rules=SEARCH)

    if not isinstance(seen.value, Wrong):
        assert mutant.guard
        assert f'"{mutant.guard}"' in str(seen.value)
