"""The control of `test_last_places_http`: the web application with the guard taken out.

Space is checked when planned and added without a condition a moment later, as a system does that
reads, checks and writes. The test drops the table's CHECK as well, and must then see overselling.
"""

import time
from collections.abc import Mapping
from importlib import import_module

from django.db import connection
from django.db.models import F

from maritime.wsgi import application

__all__ = ("application",)

# Models can be imported once the application above is set up.
inventory = import_module("ferries.inventory")


ENOUGH = 11
PLANNED = 41_174  # an advisory lock's key: who holds it has planned and not yet written
COUNTED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"


def count_without_guard(amounts: Mapping[int, int]) -> None:
    """Write once eleven clients have planned on what they read, or the first of them has written."""
    pools = inventory.CapacityPool.objects.filter(pk__in=amounts)
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PLANNED])
        while time.monotonic() < end and not pools.filter(used__gt=0).exists():
            cursor.execute(COUNTED, [PLANNED])
            if cursor.fetchone()[0] >= ENOUGH:
                break
            time.sleep(0.02)
    for pool, amount in amounts.items():
        inventory.CapacityPool.objects.filter(pk=pool).update(used=F("used") + amount)


inventory.count = count_without_guard
