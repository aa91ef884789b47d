"""Copies of one sailing in any number, made by SQL inside the database of the bench.

Every column of a copied row is the template's, so that new columns need no change here; what
differs is given as SQL over `i`, the number of the copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Model

from ferries.models import CapacityPool, Leg, PortCall, Sailing

BATCH = 100_000


@dataclass(frozen=True)
class Plan:
    """How the copies of a sailing differ: SQL over `i`, from 1 up.

    `departs` is the moment of the copy's departure; `origin` and `destination` are port keys.
    """

    departs: str
    origin: str
    destination: str


def copy_sailing(template: Sailing, *, first: int, last: int, plan: Plan, calls: bool) -> int:
    """Store the copies `first` to `last` of a sailing; return what to add to `i` for their keys.

    With `calls` the port calls are copied too, which a search never reads.
    """
    base = (Sailing.objects.aggregate(top=Max("pk"))["top"] or 0) - first + 1
    shift = f"({plan.departs}) - timestamptz '{template.departs_at.isoformat()}'"
    moments = {name: f"row.{name} + ({shift})" for name in ("departs_at", "arrives_at")}
    owned = {"sailing_id": f"{base} + i", "id": None}
    for start in range(first, last + 1, BATCH):
        numbers = (start, min(start + BATCH - 1, last))
        _copy(Sailing, f"row.id = {template.pk}", numbers, {
            "id": f"{base} + i",
            "public_id": "gen_random_uuid()",
            "service_date": f"(({plan.departs}) AT TIME ZONE 'America/Los_Angeles')::date",
            "source_ref": "'copy-' || i",
            **moments,
        })  # fmt: skip
        mine = f"row.sailing_id = {template.pk}"
        ends = {"origin_id": plan.origin, "destination_id": plan.destination}
        _copy(Leg, mine, numbers, {**owned, **moments, **ends})
        _copy(CapacityPool, mine, numbers, {**owned, "used": "0"})
        if calls:
            _copy(PortCall, mine, numbers, {**owned, **moments})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('ferries_sailing', 'id'),"
            " (SELECT max(id) FROM ferries_sailing))"
        )
    return base


def settle() -> None:
    """Vacuum and write everything out, so that the next figure does not pay for the copies."""
    with connection.cursor() as cursor:
        for model in (Sailing, Leg, CapacityPool, PortCall):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")  # noqa: SLF001
        cursor.execute("CHECKPOINT")


def _copy(
    model: type[Model], where: str, numbers: tuple[int, int], changes: Mapping[str, str | None]
) -> None:
    """Copy the template's rows once for each number; a column that is None gets its default."""
    table = model._meta.db_table  # noqa: SLF001
    columns = [
        field.column
        for field in model._meta.concrete_fields  # noqa: SLF001
        if changes.get(field.column, "") is not None
    ]
    values = [changes.get(column, f"row.{column}") for column in columns]
    with connection.cursor() as cursor:
        # The template's foreign keys are right, so they are not checked a million times.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608 - our own names and numbers
            f" SELECT {', '.join(map(str, values))}"
            f" FROM {table} row, generate_series({numbers[0]}, {numbers[1]}) i WHERE {where}"
        )
        cursor.execute("SET session_replication_role = origin")
