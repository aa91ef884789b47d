"""Brings sailings that are already there in line with a timetable, and never loses a booking.

A sailing with a claim, released or not, is never deleted and keeps its pools. When the timetable
only moves its times, they are moved; when it is gone or calls elsewhere, its sale is stopped and
it is marked `WITHDRAWN`, until a timetable brings it back as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ferries.models import CapacityClaim, CapacityPool, Leg, PortCall, Sailing
from ferries.operations import allot
from ferries.operations.timetable_rows import BATCH, PlannedSailing, Resources, create_parts
from ferries.signals import sailings_rescheduled

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ExistingSailing:
    """What a comparison with the timetable needs to know of a sailing."""

    pk: int
    source_ref: str
    service_date: date
    timetable_hash: str
    departs_at: datetime

    def __str__(self) -> str:
        return f"{self.source_ref} on {self.service_date}"


@dataclass
class Changes:
    """What to do, and afterwards what was done."""

    changed: list[tuple[ExistingSailing, PlannedSailing]]
    vanished: list[ExistingSailing]
    updated: int = 0
    removed: int = 0
    rescheduled: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def touched(self) -> list[int]:
        """Return the primary keys of all sailings concerned."""
        return [old.pk for old, _ in self.changed] + [old.pk for old in self.vanished]


def apply_changes(changes: Changes, resources: Resources) -> None:
    """Update, move, keep or delete the sailings; fills in the outcome.

    Locks their pools, so that nobody can claim space on a sailing that goes. Must run inside the
    caller's transaction. Sends sailings_rescheduled.
    """
    claimed = _lock_and_find_claimed(changes.touched)
    free = [(old, plan) for old, plan in changes.changed if old.pk not in claimed]
    _rewrite(free, resources)
    changes.updated = len(free)
    withdrawn = [old for old in changes.vanished if old.pk in claimed]
    rescheduled = []
    for old, plan in changes.changed:
        if old.pk not in claimed:
            continue
        if _has_shape_of(old.pk, plan):
            _reschedule(old, plan)
            changes.updated += 1
            changes.rescheduled.append(str(old))
            rescheduled.append(old.pk)
        else:
            withdrawn.append(old)
    if rescheduled:
        sailings_rescheduled.send(sender=Sailing, sailing_ids=rescheduled)
    _withdraw(withdrawn)
    changes.kept = sorted(map(str, withdrawn))
    gone = [old.pk for old in changes.vanished if old.pk not in claimed]
    _delete_parts(gone)
    Sailing.objects.filter(pk__in=gone).delete()
    changes.removed = len(gone)


def _lock_and_find_claimed(sailing_ids: Sequence[int]) -> set[int]:
    pools = CapacityPool.objects.filter(sailing_id__in=sailing_ids).order_by("pk")
    list(pools.select_for_update().values_list("pk", flat=True))
    claims = CapacityClaim.objects.filter(pool__sailing_id__in=sailing_ids)
    return set(claims.values_list("pool__sailing_id", flat=True))


def _rewrite(
    changed: Sequence[tuple[ExistingSailing, PlannedSailing]], resources: Resources
) -> None:
    _delete_parts([old.pk for old, _ in changed])
    Sailing.objects.bulk_update(
        [
            Sailing(
                pk=old.pk,
                configuration_id=plan.configuration_id,
                departs_at=plan.departs_at,
                arrives_at=plan.arrives_at,
                timetable_hash=plan.timetable_hash,
            )
            for old, plan in changed
        ],
        ["configuration", "departs_at", "arrives_at", "timetable_hash"],
        batch_size=BATCH,
    )
    create_parts([(old.pk, plan) for old, plan in changed], resources)
    rewritten = [old.pk for old, _ in changed]
    allot.restore(rewritten)
    allot.apply_rules(Sailing.objects.filter(pk__in=rewritten))


def _delete_parts(sailing_ids: Sequence[int]) -> None:
    for model in (CapacityPool, Leg, PortCall):
        model.objects.filter(sailing_id__in=sailing_ids).delete()


def _has_shape_of(sailing_id: int, plan: PlannedSailing) -> bool:
    """Tell whether the sailing makes the planned calls and sells the planned pairs."""
    calls = PortCall.objects.filter(sailing_id=sailing_id).order_by("sequence")
    legs = Leg.objects.filter(sailing_id=sailing_id)
    pairs = {(ride.start, ride.end) for ride in plan.rides}
    return (
        tuple(calls.values_list("port_id", flat=True)) == plan.ports
        and set(legs.values_list("from_sequence", "to_sequence")) == pairs
    )


def _reschedule(old: ExistingSailing, plan: PlannedSailing) -> None:
    """Move the times of a booked sailing; its ship, pools and claims stay."""
    last = len(plan.calls) - 1
    for sequence, call in enumerate(plan.calls):
        PortCall.objects.filter(sailing_id=old.pk, sequence=sequence).update(
            arrives_at=call.arrives_at if sequence else None,
            departs_at=call.departs_at if sequence < last else None,
        )
    for ride in plan.rides:
        Leg.objects.filter(
            sailing_id=old.pk, from_sequence=ride.start, to_sequence=ride.end
        ).update(departs_at=ride.departs_at, arrives_at=ride.arrives_at)
    sailing = Sailing.objects.filter(pk=old.pk)
    sailing.update(
        departs_at=plan.departs_at,
        arrives_at=plan.arrives_at,
        timetable_hash=plan.timetable_hash,
    )
    if old.timetable_hash == WITHDRAWN:
        sailing.filter(status=Sailing.Status.STOP_SALE).update(status=Sailing.Status.ON_SALE)


def _withdraw(sailings: Sequence[ExistingSailing]) -> None:
    fresh = [old.pk for old in sailings if old.timetable_hash != WITHDRAWN]
    withdrawn = Sailing.objects.filter(pk__in=fresh)
    withdrawn.filter(status=Sailing.Status.ON_SALE).update(status=Sailing.Status.STOP_SALE)
    withdrawn.update(timetable_hash=WITHDRAWN)
