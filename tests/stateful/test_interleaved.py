"""Four people do whatever comes to their minds at the same moment, each on a connection of its own.

A barrier stands before every act, so that the four overlap for real. Nobody meets an error but
refusals, PostgreSQL never has to break a deadlock, and afterwards everything adds up. Programmes
come from a seed, which is the name of the test; the order within an act is the machine's.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from django.db import connection

from ferries.models import Sailing
from ferries.tests import makers
from maritime.lib import clock
from tests.stateful.checks import Story, faults
from tests.stateful.profiles import LONG
from tests.stateful.town import CHANGES, PARTS, SHARED, Town
from tests.stateful.world import PARTIES, SECTORS, SHIPS, STANDARD, TRIPS, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 4
ACTS = 12
SEEDS = range(200 if LONG else 10)
TABLES = (
    "bookings_booking", "ferries_capacitypool", "ferries_allotment", "ops_job", "ops_idempotentrequest",
)  # fmt: skip
Act = tuple[str, tuple]

HOLDING, PAYING, CHANGING, STAFF = "holding", "paying", "changing", "staff"
# One phase for each act: most of the four want the same kind of thing at the same moment.
PHASES = (HOLDING, PAYING, HOLDING, CHANGING, PAYING, CHANGING, STAFF, CHANGING)


def act_of(chance: Random, phase: str) -> Act:
    """Return what one of the four does."""
    pick = chance.randrange(6)
    trip, party = chance.choice(sorted(TRIPS)), chance.choice(sorted(PARTIES))
    sailing, share = chance.choice(["out", "out", "back"]), chance.choice(SHARED)
    member = chance.random() < 0.3
    acts: dict[str, Sequence[Act]] = {
        HOLDING: [
            ("hold", (trip, party, "none", False, member)),
            ("hold", (trip, party, "inside", chance.random() < 0.3, member)),
            ("plan_late", (trip, party, "none", member)),
            ("take_late", (-1,)),
        ],
        PAYING: [
            ("pay", (pick,)),
            ("pay_change", (pick,)),
            ("take_late", (-1,)),
            ("confirm_late", (pick,)),
            ("confirm", ()),
            ("begin", (pick,)),
            ("sweep", ()),
        ],
        CHANGING: [
            ("amend", (pick, chance.choice(CHANGES))),
            ("amend", (pick, chance.choice(CHANGES))),
            ("cancel", (pick, chance.choice(sorted(PARTS)))),
            ("pay_change", (pick,)),
            ("withdraw_change", (pick,)),
            ("release_late", (pick,)),
        ],
        STAFF: [
            ("swap", (sailing, chance.choice(sorted(SHIPS)), True)),
            ("allot", (sailing, share, chance.choice([1, 2, 500]), chance.choice([1, 6]))),
            ("withdraw", (pick,)),
            ("cut", (sailing, share, chance.randrange(SECTORS), 1)),
            ("reap", ()),
            ("record", ()),
            ("cancel_in_full", (pick, "strike")),
        ],
    }
    # Now and then one of them does something else.
    return chance.choice(acts[phase if chance.random() < 0.7 else chance.choice(sorted(acts))])


def programmes(seed: int) -> list[tuple[int, list[Act]]]:
    """Return for each step the minutes that pass before it, and the act of each of the four."""
    chance = Random(seed)
    steps = []
    for number in range(ACTS):
        minutes = chance.choice([0, 0, 0, 1, 1, 16])
        phase = PHASES[number % len(PHASES)]
        steps.append((minutes, [act_of(chance, phase) for _ in range(PEOPLE)]))
    return steps


def begin_again(world: World) -> None:
    """Forget all bookings and give every sailing its first ship back, with nothing sold."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    for run in world.sailings.values():
        Sailing.objects.filter(pk=run.pk).update(
            configuration=world.configurations["standard"], version=1, status="on_sale"
        )
        for resource, amount in STANDARD.resources():
            makers.pools(run, resource, amount)


def play(world: World, seed: int) -> tuple[Town, Counter]:
    """Let the four do their programmes; return a town that knows of everything, and all outcomes."""
    steps = programmes(seed)
    barrier = threading.Barrier(PEOPLE, timeout=60)
    outcomes: Counter = Counter()

    def one(number: int) -> Town:
        # Beside the pool of the process, as in `tests/concurrency`.
        options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        town = Town(world)
        try:
            for minutes, acts in steps:
                name, values = acts[number]
                town.now += timedelta(minutes=minutes)
                barrier.wait()
                outcomes[name, getattr(town, name)(*values)] += 1
        except BaseException:
            barrier.abort()
            raise
        finally:
            connection.close()
        return town

    with ThreadPoolExecutor(PEOPLE) as people:
        futures = [people.submit(one, number) for number in range(PEOPLE)]
    errors = [future.exception() for future in futures if future.exception()]
    real = [each for each in errors if not isinstance(each, threading.BrokenBarrierError)]
    if real:
        raise real[0]
    towns = [future.result() for future in futures]
    town = towns[0]
    town.late = [late for each in towns for late in each.late]
    return town, outcomes


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_whatever_four_do_at_once_adds_up():
    world = make_world(clock.now())
    before = deadlocks()
    all_outcomes: Counter = Counter()

    for seed in SEEDS:
        begin_again(world)
        for trip, party in (("a-c", "driver"), ("a-b", "two"), ("return", "one")):
            town = Town(world)
            town.hold(trip, party, "none", False, False)
            town.pay(-1)
            town.confirm()

        town, outcomes = play(world, seed)

        wrong = faults(Story(town))
        assert not wrong, f"seed {seed}: " + "\n".join(wrong)
        all_outcomes += outcomes

    assert deadlocks() == before
    surprised = {name for name, outcome in all_outcomes if outcome == "capacity_taken"}
    assert surprised <= {"take_late"}
    acts = {"hold", "pay", "amend", "cancel", "swap", "allot", "take_late"}
    assert acts <= {name for name, outcome in all_outcomes if outcome in ("done", "paid")}
