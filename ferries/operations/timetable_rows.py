"""Writes planned sailings in bulk: the sailing, its calls, its legs and its capacity pools."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql

from ferries.fittings import resources_of
from ferries.gtfs.runs import DatedCall, DatedRide, Run
from ferries.models import CapacityPool, Leg, Operator, PortCall, Sailing, VesselConfiguration

BATCH = 2000
CALL_COLUMNS = ("sailing_id", "sequence", "port_id", "arrives_at", "departs_at")
LEG_COLUMNS = (
    "sailing_id",
    "from_sequence",
    "to_sequence",
    "origin_id",
    "destination_id",
    "departs_at",
    "arrives_at",
)
POOL_COLUMNS = ("sailing_id", "sector", "resource", "physical", "authorised", "used")
Resources = Mapping[int, Sequence[tuple[str, int]]]


@dataclass(frozen=True)
class PlannedSailing:
    """A run of the timetable with our ports (primary keys) and the ship that sails it.

    `timetable_hash` is empty for sailings that no timetable file may change or remove.
    """

    source_ref: str
    service_date: date
    configuration_id: int | None
    ports: tuple[int, ...]
    calls: tuple[DatedCall, ...]
    rides: tuple[DatedRide, ...]
    timetable_hash: str
    check_in_minutes: int | None = None
    accommodation_required: bool = False
    is_demo: bool = False

    @property
    def departs_at(self) -> datetime:
        """Return the departure from the first call."""
        return self.calls[0].departs_at

    @property
    def arrives_at(self) -> datetime:
        """Return the arrival at the last call."""
        return self.calls[-1].arrives_at


def planned(
    run: Run, *, ports: Mapping[str, int], ships: Mapping[tuple[int, int], int | None]
) -> PlannedSailing:
    """Return the run with our ports; its ship is that of the longest pair sold that has one."""
    called = tuple(ports[call.stop_id] for call in run.calls)
    rides = tuple(ride for ride in run.rides if called[ride.start] != called[ride.end])
    by_length = sorted(rides, key=lambda ride: (ride.start - ride.end, ride.start))
    found = (ships[called[ride.start], called[ride.end]] for ride in by_length)
    ship = next((configuration for configuration in found if configuration), None)
    return PlannedSailing(
        source_ref=run.ref,
        service_date=run.service_date,
        configuration_id=ship,
        ports=called,
        calls=run.calls,
        rides=rides,
        timetable_hash=_digest(ship, called, run.calls, rides),
    )


def create_sailings(
    operator: Operator, plans: Sequence[PlannedSailing], resources: Resources
) -> list[Sailing]:
    """Insert the sailings with all their parts and return them in the order of the plans."""
    created: list[Sailing] = []
    for batch in _batches(plans):
        sailings = Sailing.objects.bulk_create(
            Sailing(
                operator=operator,
                configuration_id=plan.configuration_id,
                service_date=plan.service_date,
                source_ref=plan.source_ref,
                departs_at=plan.departs_at,
                arrives_at=plan.arrives_at,
                timetable_hash=plan.timetable_hash,
                check_in_minutes=plan.check_in_minutes,
                accommodation_required=plan.accommodation_required,
                is_demo=plan.is_demo,
            )
            for plan in batch
        )
        create_parts(
            [(sailing.pk, plan) for sailing, plan in zip(sailings, batch, strict=True)], resources
        )
        created += sailings
    return created


def create_parts(plans: Sequence[tuple[int, PlannedSailing]], resources: Resources) -> None:
    """Insert calls, legs and pools of sailings (by primary key) that have none."""
    _copy(PortCall, CALL_COLUMNS, (row for pk, plan in plans for row in _calls(pk, plan)))
    _copy(Leg, LEG_COLUMNS, (row for pk, plan in plans for row in _legs(pk, plan)))
    _copy(
        CapacityPool,
        POOL_COLUMNS,
        (row for pk, plan in plans for row in _pools(pk, plan, resources)),
    )


def resources_of_ships(operator: Operator) -> Resources:
    """Return (resource, amount) of everything that the operator's ships can sell."""
    return resources_of(VesselConfiguration.objects.filter(vessel__operator=operator))


def _copy(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows by COPY: there are five for each sailing, and the ORM takes twice as long."""
    table = model._meta.db_table  # noqa: SLF001 - Django documents it
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    errors = connection.wrap_database_errors
    with connection.cursor() as cursor, errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _calls(pk: int, plan: PlannedSailing) -> Iterator[tuple[Any, ...]]:
    last = len(plan.calls) - 1
    for sequence, (call, port) in enumerate(zip(plan.calls, plan.ports, strict=True)):
        arrives_at = call.arrives_at if sequence else None
        departs_at = call.departs_at if sequence < last else None
        yield pk, sequence, port, arrives_at, departs_at


def _legs(pk: int, plan: PlannedSailing) -> Iterator[tuple[Any, ...]]:
    for ride in plan.rides:
        pair = plan.ports[ride.start], plan.ports[ride.end]
        yield pk, ride.start, ride.end, *pair, ride.departs_at, ride.arrives_at


def _pools(pk: int, plan: PlannedSailing, resources: Resources) -> Iterator[tuple[Any, ...]]:
    if plan.configuration_id is None:
        return
    for sector in range(len(plan.calls) - 1):
        for resource, amount in resources[plan.configuration_id]:
            yield pk, sector, resource, amount, amount, 0


def _digest(
    ship: int | None,
    ports: tuple[int, ...],
    calls: tuple[DatedCall, ...],
    rides: tuple[DatedRide, ...],
) -> str:
    facts = (
        ship,
        ports,
        [(call.arrives_at.timestamp(), call.departs_at.timestamp()) for call in calls],
        [
            (ride.start, ride.end, ride.departs_at.timestamp(), ride.arrives_at.timestamp())
            for ride in rides
        ],
    )
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()


def _batches(plans: Sequence[PlannedSailing]) -> Iterator[Sequence[PlannedSailing]]:
    for start in range(0, len(plans), BATCH):
        yield plans[start : start + BATCH]
