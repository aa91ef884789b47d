"""Anything may happen in any order: no pool is oversold, nothing leaks, the money is right."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from maritime.lib import clock
from tests.stateful.machine import in_world
from tests.stateful.profiles import STORIES
from tests.stateful.world import make_world


@pytest.mark.django_db
def test_capacity_and_money_are_right_after_every_step_of_every_story():
    world = make_world(clock.now())

    run_state_machine_as_test(in_world(world), settings=STORIES)
