"""Anything may happen in any order: no pool is oversold, nothing leaks, the money is right."""

import pytest

from maritime.lib import clock
from tests.stateful.machine import tell_stories
from tests.stateful.profiles import SEEDS, STORIES
from tests.stateful.world import make_world


@pytest.mark.django_db
def test_capacity_and_money_are_right_after_every_step_of_every_story():
    world = make_world(clock.now())

    tell_stories(world, seeds=SEEDS, rules=STORIES)
