"""Rows of a model read and written by plain SQL, for what must not cost what the ORM takes.

`sql` makes the pieces of such statements; docs/benchmarks.md has the figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def column_names(model: type[Model]) -> list[str]:
    """Return the columns of a model's table, in the order in which `from_row` wants them."""
    return [str(field.column) for field in _fields(model)]


def from_row(model: type[M], values: Sequence[Any]) -> M:
    """Return the row whose columns a cursor has read; not for models with JSON or arrays."""
    return model.from_db(connection.alias, column_names(model), values)


def one(model: type[M], column: str, value: Any) -> M | None:
    """Return the row of which a unique column has the value; not for models with JSON or arrays."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_select(model)} WHERE {column} = %s", [value])
        row = cursor.fetchone()
    return from_row(model, row) if row else None


def from_json(model: type[M], rows: Iterable[Mapping[str, Any]]) -> list[M]:
    """Return rows that came as JSON objects with all columns (`row_to_json`)."""
    fields = _fields(model)
    return [
        model.from_db(
            connection.alias,
            column_names(model),
            [field.to_python(row[field.column]) for field in fields],
        )
        for row in rows
    ]


def attach(owner: Model, relation: str, rows: list[M]) -> None:
    """Make the rows the answer to `owner.relation.all()`, as `prefetch_related` does."""
    found = getattr(owner, relation).get_queryset()
    found._result_cache = rows  # noqa: SLF001 - what Django's own prefetch sets
    found._prefetch_done = True  # noqa: SLF001
    cache: dict[str, Any] = vars(owner).setdefault("_prefetched_objects_cache", {})
    cache[relation] = found


def update(row: Model, *names: str) -> None:
    """Write these columns of a stored row, and the moments that every change sets.

    Sends no signal of Django; not for models with JSON or arrays.
    """
    statement, fields = _update(type(row), names)
    values = [field.pre_save(row, add=False) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, row.pk])


def insert(row: Model) -> None:
    """Write a new row, which learns its primary key.

    Sends no signal of Django; not for models with JSON, arrays or defaults of the database.
    """
    statement, fields = _insert(type(row))
    with connection.cursor() as cursor:
        cursor.execute(statement, [field.pre_save(row, add=True) for field in fields])
        (row.pk,) = cursor.fetchone()
    row._state.adding = False  # noqa: SLF001 - Django documents it


@cache
def _select(model: type[Model]) -> str:
    names = ", ".join(f'"{name}"' for name in column_names(model))
    return f"SELECT {names} FROM {_table(model)}"  # noqa: S608 - our names


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields = [
        field
        for field in _fields(model)
        if field.name in names or getattr(field, "auto_now", False)
    ]
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)
    return f"UPDATE {_table(model)} SET {changes} WHERE id = %s", fields  # noqa: S608 - our names


@cache
def _insert(model: type[Model]) -> tuple[str, list[Any]]:
    fields = [field for field in _fields(model) if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_table(model)} ({names}) VALUES ({marks}) RETURNING id", fields  # noqa: S608


def _table(model: type[Model]) -> str:
    return str(model._meta.db_table)  # noqa: SLF001 - Django documents it


def _fields(model: type[Model]) -> list[Any]:
    return list(model._meta.concrete_fields)  # noqa: SLF001 - Django documents it
