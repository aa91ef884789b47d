"""The control of `test_returns_both_ways`: pools are locked in the booking's own order.

The condition stays, so nothing is oversold. A booking that has locked the first pool of its way
waits until one of the other way has done the same; from there each wants what the other has.
"""

import time
from collections.abc import Mapping
from importlib import import_module

from django.db import connection

from maritime.wsgi import application

__all__ = ("application",)

# Models can be imported once the application above is set up.
inventory = import_module("ferries.inventory")
CapacityTaken = import_module("ferries.errors").CapacityTaken

HALFWAY = 41_175  # an advisory lock's class: who holds it has locked this first pool, and no other
WAIT_SECONDS = 10
WAYS = (
    "SELECT count(DISTINCT objid) FROM pg_locks"
    " WHERE locktype = 'advisory' AND classid = %s AND granted"
)


def count_in_own_order(amounts: Mapping[int, int]) -> None:
    """Count pool by pool as the booking names them, and stop after the first."""
    for number, (pool, amount) in enumerate(amounts.items()):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ferries_capacitypool SET used = used + %s"
                " WHERE id = %s AND used + %s <= authorised",
                [amount, pool, amount],
            )
            if not cursor.rowcount:
                raise CapacityTaken
        if number == 0:
            _wait_for_the_other_way(pool)


def _wait_for_the_other_way(first: int) -> None:
    end = time.monotonic() + WAIT_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [HALFWAY, first])
        while time.monotonic() < end:
            cursor.execute(WAYS, [HALFWAY])
            if cursor.fetchone()[0] > 1:
                break
            time.sleep(0.02)


inventory.count = count_in_own_order
