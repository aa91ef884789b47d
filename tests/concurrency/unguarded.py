"""The control of `test_last_places_http`: the web application with the guard taken out.

Space is checked when planned and added without a condition a moment later, as a system does that
reads, checks and writes. The test drops the table's CHECK as well, and must then see overselling.
"""

import time
from collections.abc import Mapping
from importlib import import_module

from django.db.models import F

from maritime.wsgi import application

__all__ = ("application",)

# Models can be imported once the application above is set up.
inventory = import_module("ferries.inventory")


def count_without_guard(amounts: Mapping[int, int]) -> None:
    time.sleep(0.05)
    for pool, amount in amounts.items():
        inventory.CapacityPool.objects.filter(pk=pool).update(used=F("used") + amount)


inventory._count = count_without_guard
