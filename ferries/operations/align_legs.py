"""Keeps what is sold on the times of the calls."""

from django.db import transaction

from ferries import cache
from ferries.models import Leg, PortCall, Sailing


def align_legs(sailing: Sailing) -> None:
    """Give the sailing and its legs the times of its calls, after somebody changed those.

    Legs whose calls are gone or have no time are left as they are.
    """
    calls = {call.sequence: call for call in PortCall.objects.filter(sailing=sailing)}
    legs = Leg.objects.filter(sailing=sailing)
    with transaction.atomic():
        Leg.objects.bulk_update(
            [leg for leg in legs if _align(leg, calls)], ["departs_at", "arrives_at"]
        )
        _align_sailing(sailing, calls)
    cache.invalidate_searches()


def _align(leg: Leg, calls: dict[int, PortCall]) -> bool:
    start, end = calls.get(leg.from_sequence), calls.get(leg.to_sequence)
    if not (start and end and start.departs_at and end.arrives_at):
        return False
    leg.departs_at, leg.arrives_at = start.departs_at, end.arrives_at
    return True


def _align_sailing(sailing: Sailing, calls: dict[int, PortCall]) -> None:
    if not calls:
        return
    first, last = calls[min(calls)], calls[max(calls)]
    if first.departs_at and last.arrives_at:
        Sailing.objects.filter(pk=sailing.pk).update(
            departs_at=first.departs_at, arrives_at=last.arrives_at
        )
